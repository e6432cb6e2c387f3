//! The `fakeai` program. All of it lives in the library.

/// Answers are many small allocations on several threads, which this one is made for. It asks for
/// no huge pages: every connection has buffers of which the first bytes are used, and only pages
/// that are touched should count.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    fakeai::main()
}
