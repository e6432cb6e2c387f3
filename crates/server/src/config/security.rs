//! The section `security`: what a client may send, and from which pages.

use std::time::Duration;

use super::value::ByteCount;

section! {
    /// Bounds of what a client may send, and which web pages may call.
    security: Security {
        /// Bytes of a request's body at most; more is refused with status 413. By default forms can
        /// carry the provider's largest files; their bytes go to the store as they come. Other
        /// bodies have a cap of 32 MiB besides, as the contract's overlay has it.
        max_request_size: ByteCount = ByteCount(513 << 20), from 1024 to 1073741824, also ["max_body_bytes"];
        /// Bytes of a request's head at most.
        max_header_bytes: ByteCount = ByteCount(64 << 10), from 8192 to 16777216;
        /// Header lines of a request at most.
        max_headers: u16 = 100, from 10 to 10000;
        /// Seconds in which a request's head has to arrive.
        header_timeout: Duration = Duration::from_secs(30), from 1 to 3600;
        /// Seconds in which a request's body has to arrive.
        body_timeout: Duration = Duration::from_secs(300), from 1 to 86400;
        /// Origins whose pages may call the server; `*` means any.
        cors_allowed_origins: Vec<String> = vec!["*".to_owned()], also ["cors_allowed_origin"];
        /// Methods that those pages may use.
        cors_allowed_methods: Vec<String> = ["GET", "POST", "DELETE", "OPTIONS", "PUT", "PATCH"].map(str::to_owned).to_vec(), also ["cors_allowed_method"];
        /// Whether those pages may send cookies and credentials.
        cors_allow_credentials: bool = false;
    }
}
