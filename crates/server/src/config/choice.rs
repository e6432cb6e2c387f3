//! Settings that are one of a few words.

use super::raw::Raw;
use super::value::Value;

/// An enum of words, each with its description.
macro_rules! choice {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $member:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$doc])* $member,)+ }

        impl $name {
            /// The word for it.
            pub fn word(self) -> &'static str {
                match self { $(Self::$member => $word,)+ }
            }
        }

        impl Value for $name {
            fn read(raw: &Raw) -> Option<Self> {
                match raw.line()?.to_ascii_lowercase().as_str() {
                    $($word => Some(Self::$member),)+
                    _ => None,
                }
            }

            fn show(&self) -> Raw {
                Raw::Text(self.word().to_owned())
            }

            fn accepts(_: Option<(f64, f64)>) -> String {
                format!("one of {}", [$(concat!("`", $word, "`")),+].join(", "))
            }
        }
    };
}

choice! {
    /// Which clock a world has.
    ClockKind {
        /// The wall clock, or a faster or slower one.
        Real = "real",
        /// One that jumps to the next thing that is due.
        Virtual = "virtual",
    }
}

choice! {
    /// How log lines look.
    LogFormat {
        /// For people.
        Text = "text",
        /// One JSON object a line.
        Json = "json",
    }
}

choice! {
    /// How much is logged.
    LogLevel {
        /// What went wrong.
        Error = "error",
        /// What may be wrong, too.
        Warn = "warn",
        /// Starts and stops, too.
        Info = "info",
        /// Every request, too.
        Debug = "debug",
        /// Everything.
        Trace = "trace",
    }
}

choice! {
    /// When tokens are sent.
    PaceKind {
        /// At once.
        Instant = "instant",
        /// After `ttft`, and then one every `itl`.
        Fixed = "fixed",
        /// As the catalogue says of the model.
        Profile = "profile",
    }
}

choice! {
    /// Who shares a limit of requests and tokens.
    RateScope {
        /// All keys of a project.
        Project = "project",
        /// Each key has its own.
        Key = "key",
    }
}

choice! {
    /// Whose serving engine is simulated.
    EngineKind {
        /// vLLM.
        Vllm = "vllm",
        /// SGLang.
        Sglang = "sglang",
        /// TensorRT-LLM.
        TensorRt = "trtllm",
    }
}

choice! {
    /// How a request finds its replica.
    RouterKind {
        /// One after another.
        RoundRobin = "round-robin",
        /// The one with the fewest requests.
        LeastLoaded = "least-loaded",
        /// The one with the lowest cost of blocks to compute and blocks in use.
        PrefixAware = "prefix-aware",
        /// The same one for all requests of a session.
        Session = "session",
    }
}

choice! {
    /// What becomes of the requests of a replica that fails.
    WorkerFailure {
        /// They are computed again elsewhere.
        Requeue = "requeue",
        /// They end with an error.
        Error = "error",
    }
}

choice! {
    /// Who is served first.
    SchedulingPolicy {
        /// Who came first.
        FirstCome = "fcfs",
        /// The lowest `priority`.
        Priority = "priority",
    }
}

choice! {
    /// Which counters of GPUs are shown.
    DcgmSet {
        /// Those that the exporter shows by default.
        Default = "default",
        /// All that it knows.
        All = "all",
    }
}

choice! {
    /// Whose metrics `/metrics` shows.
    MetricsPage {
        /// Those of the simulated engine, or FakeAI's own where none is.
        Auto = "auto",
        /// FakeAI's own.
        Fakeai = "fakeai",
        /// vLLM's.
        Vllm = "vllm",
        /// SGLang's.
        Sglang = "sglang",
        /// Those of TensorRT-LLM's `trtllm-serve`.
        Trtllm = "trtllm",
        /// Those of Triton with the TensorRT-LLM backend.
        Triton = "triton",
        /// NVIDIA Dynamo's.
        Dynamo = "dynamo",
    }
}

choice! {
    /// Where free text comes from.
    TextSource {
        /// Fluent text on the prompt's topic.
        Prose = "prose",
        /// The last user message.
        Echo = "echo",
        /// Filler text.
        Lorem = "lorem",
        /// The setting `fixed_text`.
        Fixed = "fixed",
    }
}
