//! The signature of an event: HMAC-SHA256 over its id, the time of sending and its body, as the
//! Standard Webhooks specification has it and the official clients verify it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

use crate::config::signing_key;

/// Signs with one secret.
#[derive(Clone)]
pub(super) struct Signer(hmac::Key);

impl Signer {
    /// The signer of a secret; none where it can't sign.
    pub(super) fn of(secret: &str) -> Option<Self> {
        let key = signing_key(secret)?;
        Some(Self(hmac::Key::new(hmac::HMAC_SHA256, &key)))
    }

    /// The signature, with its version.
    pub(super) fn sign(&self, id: &str, timestamp: u64, body: &[u8]) -> String {
        let mut signed = hmac::Context::with_key(&self.0);
        signed.update(format!("{id}.{timestamp}.").as_bytes());
        signed.update(body);
        format!("v1,{}", STANDARD.encode(signed.sign()))
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signer")
    }
}
