//! The section `features`: what can be turned on and off, and faults.

section! {
    /// What is served beside the API, and what goes wrong on purpose.
    features: Features {
        /// Whether web pages may call the server, by the settings `security.cors_…`.
        cors: bool = true;
        /// Whether `/docs` and `/openapi.json` are served.
        docs: bool = true;
        /// Whether every answer is held against its contract before it leaves; one that breaks it
        /// becomes an error that says so. Left open, debug builds check and release builds don't.
        check_responses: Option<bool> = None;
        /// Worlds that may exist at once beside the default one. A further one replaces the one
        /// that was not used for longest.
        max_worlds: u32 = 64, from 0 to 100000;
        /// The share of calls that fail on purpose, drawn from the seed.
        fault_rate: f64 = 0.0, from 0 to 1;
        /// The status of calls that fail on purpose.
        fault_status: u16 = 503, from 400 to 599;
    }
}
