//! Which web pages may call the server. <https://fetch.spec.whatwg.org/#http-cors-protocol>

use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE,
    ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method};

use crate::config::Config;

/// The rules for pages of other origins.
pub(crate) struct Cors {
    origins: Vec<HeaderValue>,
    any: bool,
    methods: HeaderValue,
    credentials: bool,
}

impl Cors {
    /// The rules of the settings; none where they are off.
    pub(crate) fn new(config: &Config) -> Option<Self> {
        let security = &config.security;
        config.features.cors.then(|| Self {
            origins: security
                .cors_allowed_origins
                .iter()
                .filter_map(|origin| HeaderValue::from_str(origin).ok())
                .collect(),
            any: security
                .cors_allowed_origins
                .iter()
                .any(|origin| origin == "*"),
            methods: HeaderValue::from_str(&security.cors_allowed_methods.join(", "))
                .unwrap_or(HeaderValue::from_static("GET, POST")),
            credentials: security.cors_allow_credentials,
        })
    }

    /// Whether a browser asks what it may do, before it does it.
    pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
        *method == Method::OPTIONS
            && headers.contains_key(ORIGIN)
            && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
    }

    /// Adds what a browser wants to read on an answer to a page of `request`'s origin.
    pub(crate) fn mark(&self, request: &HeaderMap, answer: &mut HeaderMap) {
        let Some(origin) = request.get(ORIGIN) else {
            return;
        };
        if !self.any && !self.origins.contains(origin) {
            return;
        }
        // With credentials a browser takes no star.
        let allowed = if self.any && !self.credentials {
            HeaderValue::from_static("*")
        } else {
            answer.append(VARY, HeaderValue::from_static("origin"));
            origin.clone()
        };
        answer.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        answer.insert(
            ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static(
                "x-request-id, openai-processing-ms, openai-version, openai-organization, \
                 retry-after",
            ),
        );
        if self.credentials {
            answer.insert(
                ACCESS_CONTROL_ALLOW_CREDENTIALS,
                HeaderValue::from_static("true"),
            );
        }
    }

    /// Adds what the answer to a preflight says besides.
    pub(crate) fn permit(&self, request: &HeaderMap, answer: &mut HeaderMap) {
        answer.insert(ACCESS_CONTROL_ALLOW_METHODS, self.methods.clone());
        let any = HeaderValue::from_static("*");
        let headers = request
            .get(ACCESS_CONTROL_REQUEST_HEADERS)
            .cloned()
            .unwrap_or(any);
        answer.insert(ACCESS_CONTROL_ALLOW_HEADERS, headers);
        answer.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    }
}
