//! The section `rate_limits`. Its name is taken; nothing can be set yet.

section! {
    /// Limits of requests and tokens a minute. It has no settings yet: any key here is an error.
    rate_limits: RateLimits {}
}
