//! Azure's errors: those of its gateway are `{"error":{"code":"404","message":"…"}}`, that of its content
//! filter tells what was found, and all others are OpenAI's.

use bytes::BytesMut;
use fakeai_canon::{ApiError, ErrorKind, Finding};

use super::screening;
use crate::JsonWriter;
use crate::openai::error as openai;

const NO_KEY: &str = "Unauthorized. Access token is missing, invalid, audience is incorrect \
    (https://cognitiveservices.azure.com), or have expired.";
const WRONG_KEY: &str = "Access denied due to invalid subscription key or wrong API endpoint. Make \
    sure to provide a valid key for an active subscription and use a correct regional API endpoint \
    for your resource.";
const NO_DEPLOYMENT: &str = "The API deployment for this resource does not exist. If you created \
    the deployment within the last 5 minutes, please wait a moment and try again.";
const FILTERED: &str = "The response was filtered due to the prompt triggering Azure OpenAI's \
    content management policy. Please modify your prompt and retry. To learn more about our content \
    filtering policies please read our documentation: https://go.microsoft.com/fwlink/?linkid=2198766";

/// Appends the error's body.
pub(crate) fn write(error: &ApiError, out: &mut BytesMut) {
    let code = error.code.as_deref();
    let is_unplaced = code.is_none() && error.param.is_none();
    match &error.kind {
        ErrorKind::ContentFilter(findings) => filtered(findings, out),
        ErrorKind::Authentication if code.is_none() => plain("401", NO_KEY, out),
        ErrorKind::Authentication => plain("401", WRONG_KEY, out),
        ErrorKind::NotFound if matches!(code, Some("DeploymentNotFound" | "model_not_found")) => {
            plain("DeploymentNotFound", NO_DEPLOYMENT, out);
        }
        ErrorKind::NotFound if is_unplaced => plain("404", "Resource not found", out),
        ErrorKind::RateLimit
        | ErrorKind::TokenLimit
        | ErrorKind::Quota
        | ErrorKind::Injected(429) => {
            plain("429", &error.message, out);
        }
        ErrorKind::InvalidRequest
        | ErrorKind::Permission
        | ErrorKind::NotFound
        | ErrorKind::MethodNotAllowed(_)
        | ErrorKind::Conflict
        | ErrorKind::PayloadTooLarge
        | ErrorKind::UnsupportedMediaType
        | ErrorKind::Unprocessable
        | ErrorKind::Server
        | ErrorKind::NotImplemented
        | ErrorKind::Overloaded
        | ErrorKind::Timeout
        | ErrorKind::Injected(_) => openai::write(error, out),
    }
}

fn plain(code: &str, message: &str, out: &mut BytesMut) {
    out.raw("{\"error\":{\"code\":");
    out.string(code);
    out.raw(",\"message\":");
    out.string(message);
    out.raw("}}");
}

fn filtered(findings: &[Finding], out: &mut BytesMut) {
    out.raw("{\"error\":{\"message\":");
    out.string(FILTERED);
    out.raw(",\"type\":null,\"param\":\"prompt\",\"code\":\"content_filter\",\"status\":400,");
    out.raw("\"innererror\":{\"code\":\"ResponsibleAIPolicyViolation\",\"content_filter_result\":");
    screening::write(findings, out);
    out.raw("}}}");
}
