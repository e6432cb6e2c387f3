//! How much of the peak kernels reach and what a step costs beside them: the few numbers that a
//! calibration moves.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// The numbers of one GPU and one engine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Efficiency {
    /// Of the GPU.
    pub gpu: GpuCosts,
    /// Of the engine.
    pub engine: EngineCosts,
}

macro_rules! costs {
    ($(#[$about:meta])* $name:ident, $patch:ident { $($(#[$doc:meta])* $field:ident),* $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($(#[$doc])* pub $field: f64,)* }

        #[derive(Clone, Debug, Default, Deserialize)]
        #[serde(deny_unknown_fields)]
        struct $patch { $(#[serde(default)] $field: Option<f64>,)* }

        impl $patch {
            fn over(&self, base: $name) -> $name {
                $name { $($field: self.$field.unwrap_or(base.$field),)* }
            }
        }

        impl $name {
            /// The numbers by name, to be moved one by one.
            pub fn fields_mut(&mut self) -> Vec<(&'static str, &mut f64)> {
                vec![$((stringify!($field), &mut self.$field),)*]
            }
        }
    };
}

costs! {
    /// What kernels reach on a GPU.
    GpuCosts, GpuPatch {
        /// Start of a matrix product of 16-bit numbers, in µs.
        launch_us,
        /// Start of one of 8-bit and 4-bit numbers, which are quantised first, in µs.
        fp8_launch_us,
        /// Share of the peak rate that large products reach, in 16, 8 and 4 bits.
        compute_bf16,
        /// In 8 bits.
        compute_fp8,
        /// In 4 bits.
        compute_fp4,
        /// Share of the memory's bandwidth that small products reach, in 16 bits.
        memory_bf16,
        /// In 8 bits.
        memory_fp8,
        /// In 4 bits.
        memory_fp4,
        /// The same share for reading the cache in decode.
        decode_attention,
        /// Start of an all-reduce, in µs.
        reduce_us,
        /// Bandwidth of an all-reduce, in 10^9 bytes a second.
        reduce_gb_s,
    }
}

costs! {
    /// What an engine spends beside the kernels.
    EngineCosts, EnginePatch {
        /// The host's work for a step, in µs.
        host_us,
        /// The host's work for each sequence of a step, in µs.
        row_us,
        /// Small kernels of a layer, in µs.
        layer_us,
        /// Routing and dispatch of a layer of experts, in µs.
        expert_us,
        /// Share of the memory's bandwidth that experts reach.
        expert_memory,
        /// Share of the peak rate that experts reach.
        expert_compute,
        /// Share of the peak rate that attention over a long prompt reaches.
        prefill_attention,
        /// What a step costs more that holds a part of a prompt, in µs.
        prefill_us,
        /// The server's and client's share of a request's time to first token, in µs.
        request_us,
        /// The same for each token of the prompt, in µs.
        prompt_token_us,
        /// The same for each other request that runs, in µs.
        concurrency_us,
    }
}

#[derive(Deserialize)]
struct Table {
    default: GpuCosts,
    gpu: BTreeMap<String, GpuPatch>,
    engine: BTreeMap<String, EnginePatch>,
}

fn table() -> &'static (Table, EngineCosts) {
    static TABLE: LazyLock<(Table, EngineCosts)> = LazyLock::new(|| {
        const OURS: &str = "the table of efficiency is part of this program";
        let text = include_str!("../../../../data/hardware/efficiency.toml");
        let table: Table = toml::from_str(text).expect(OURS);
        let whole: toml::Table = toml::from_str(text).expect(OURS);
        let engine = whole["engine"]["default"].clone().try_into().expect(OURS);
        (table, engine)
    });
    &TABLE
}

impl Efficiency {
    /// The numbers for a GPU (its longest row whose name begins the GPU's) and an engine.
    pub fn of(gpu: &str, engine: &str) -> Self {
        let (table, base) = table();
        let rows = table
            .gpu
            .iter()
            .filter(|(name, _)| gpu.starts_with(name.as_str()));
        let row = rows.max_by_key(|(name, _)| name.len());
        Self {
            gpu: row.map_or(table.default, |(_, patch)| patch.over(table.default)),
            engine: table
                .engine
                .get(engine)
                .map_or(*base, |patch| patch.over(*base)),
        }
    }
}
