//! The `fakeai` program. All of it lives in the library.

/// Answers are many small allocations on several threads, which this one is made for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    fakeai::main()
}
