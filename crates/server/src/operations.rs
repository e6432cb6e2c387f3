//! What stands behind each operation of the contract, for the reference and its test.

use fakeai_contract::Operation;
use fakeai_dialects::ENDPOINTS;

use crate::views;

/// What stands behind an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// Something is generated.
    Inference,
    /// Stored objects.
    Objects,
    /// A page over what the house knows.
    View,
    /// A WebSocket.
    Socket,
    /// Nothing yet: made up in mock mode, refused with 501 otherwise.
    MadeUp,
    /// Nothing yet, in no mode: a WebSocket can't be made up.
    Unserved,
}

impl Support {
    /// How the reference says it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Inference => "inference",
            Self::Objects => "stored objects",
            Self::View => "view",
            Self::Socket => "WebSocket",
            Self::MadeUp => "mock mode only; else 501",
            Self::Unserved => "501",
        }
    }
}

/// What stands behind an operation.
pub fn support(operation: &Operation) -> Support {
    let id = &*operation.id;
    if id == "connectResponses" {
        Support::Socket
    } else if ENDPOINTS
        .iter()
        .copied()
        .flatten()
        .any(|endpoint| endpoint.operation == id)
    {
        Support::Inference
    } else if views::serves(id) {
        Support::View
    } else if fakeai_resources::serves(id) {
        Support::Objects
    } else if operation.upgrade {
        Support::Unserved
    } else {
        Support::MadeUp
    }
}
