//! The section `kv_cache`. Its name is taken; nothing can be set yet.

section! {
    /// The simulated cache of prompts. It has no settings yet: any key here is an error.
    kv_cache: KvCache {}
}
