//! The section `rate_limits`: how much may be asked for in a span of time.

use super::choice::RateScope;

section! {
    /// Limits of requests and tokens. Those that the organisation's administration has given a
    /// project hold in any case.
    rate_limits: RateLimits {
        /// Whether there are limits. Where none of the numbers below is given, they are the
        /// provider's of its first tier, as the rate limits of a project list them.
        rate_limit_enabled: bool = false, also ["enable_rate_limiting"];
        /// Requests a minute, of each model.
        rate_limit_rpm: Option<u32> = None, from 1 to 1000000000, also ["rpm_override"];
        /// Tokens a minute, of each model: those of the prompt and as many as may be generated,
        /// of which the unused ones are given back.
        rate_limit_tpm: Option<u32> = None, from 1 to 2000000000, also ["tpm_override"];
        /// Requests a day, of each model.
        rate_limit_rpd: Option<u32> = None, from 1 to 1000000000;
        /// Tokens a day, of each model.
        rate_limit_tpd: Option<u32> = None, from 1 to 2000000000;
        /// Who shares a limit.
        rate_limit_scope: RateScope = RateScope::Project;
    }
}
