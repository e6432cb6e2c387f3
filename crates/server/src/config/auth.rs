//! The section `auth`: API keys.

use std::fmt;

use super::raw::Raw;
use super::setting::Shape;
use super::value::Value;

section! {
    /// Who may call.
    auth: Auth {
        /// The keys that open the server, as `Authorization: Bearer KEY`. On a command line and
        /// in the environment an entry may also be the path of a file with one key a line; blank
        /// lines and lines that start with `#` are skipped.
        api_keys: ApiKeys = ApiKeys::default(), also ["api_key"];
        /// The admin keys: what the operations of the organisation's administration want, and what
        /// opens nothing else. Read like `api_keys`. Where keys are needed and the organisation has
        /// no admin key, neither here nor made by a call, the administration takes ordinary keys.
        admin_api_keys: ApiKeys = ApiKeys::default();
        /// Whether a call needs a key. Left open, it does where there are any `api_keys` or
        /// `admin_api_keys`. Turned on without any, every key that is not empty is good.
        require_api_key: Option<bool> = None;
        /// The organisation that the header `openai-organization` names.
        organization: String = "fakeai".to_owned();
    }
}

impl Auth {
    /// Whether a call needs a key.
    pub fn is_required(&self) -> bool {
        let any = !self.api_keys.0.is_empty() || !self.admin_api_keys.0.is_empty();
        self.require_api_key.unwrap_or(any)
    }
}

/// Secrets that open the server. Shown with all but their ends hidden.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ApiKeys(pub Vec<String>);

/// A key of at least this many characters shows some of them.
const LONG: usize = 12;

impl ApiKeys {
    /// Each key with all but its ends hidden.
    pub fn masked(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|key| {
            let characters: Vec<char> = key.chars().collect();
            if characters.len() < LONG {
                return "…".to_owned();
            }
            let start: String = characters[..3].iter().collect();
            let end: String = characters[characters.len() - 2..].iter().collect();
            format!("{start}…{end}")
        })
    }
}

impl fmt::Debug for ApiKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.masked()).finish()
    }
}

impl Value for ApiKeys {
    const SHAPE: Shape = Shape::Secrets;

    fn read(raw: &Raw) -> Option<Self> {
        Vec::read(raw).map(Self)
    }

    fn show(&self) -> Raw {
        Raw::List(self.masked().map(Raw::Text).collect())
    }

    fn accepts(_: Option<(f64, f64)>) -> String {
        "a list of keys, none of them empty".to_owned()
    }
}
