//! The section `storage`: what is kept of stored objects, in memory.

use std::time::Duration;

use super::value::ByteCount;

section! {
    /// How much a world keeps: responses, conversations, stored completions. All in memory.
    storage: Storage {
        /// Objects at most. What would go beyond is refused with an error; nothing is dropped.
        max_objects: u32 = 100000, from 1 to 100000000;
        /// Bytes of all objects at most, refused beyond as `max_objects` is.
        max_bytes: ByteCount = ByteCount(256 << 20), from 1048576 to 1e12;
        /// Bytes of all files and of what is made of them at most, refused beyond.
        max_blob_bytes: ByteCount = ByteCount(4 << 30), from 1048576 to 1e15;
        /// Seconds after which an object goes, by the world's clock; `0` keeps it.
        retention: Duration = Duration::ZERO, also ["retention_seconds"];
    }
}
