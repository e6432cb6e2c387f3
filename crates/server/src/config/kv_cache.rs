//! The section `kv_cache`: the cache of prompts that a provider keeps.

section! {
    /// The cache of prompts that hosted models have where no engine is simulated: what `cached_tokens`
    /// in usage comes from. A simulated engine has its own, the blocks of its memory.
    kv_cache: KvCache {
        /// Whether prompts whose beginning was sent not long ago count as cached, by the provider's
        /// published rule.
        prompt_caching: bool = true;
        /// Steps of 128 tokens that a world's cache holds; the ones that were not used for longest go
        /// first.
        prompt_cache_steps: u32 = 200000, from 2 to 10000000;
    }
}
