//! GPUs, and the shapes of models that run on them: what a simulated engine computes with.

use std::sync::LazyLock;

use serde::Deserialize;

/// A GPU.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gpu {
    /// Its name.
    pub name: String,
    /// Other names that it goes by, in lower case.
    #[serde(default)]
    pub also: Vec<String>,
    /// Dense 10^12 operations a second in 16 bits.
    pub bf16_tflops: f64,
    /// The same in 8 bits; none where it has no such units.
    #[serde(default)]
    pub fp8_tflops: Option<f64>,
    /// The same in 4 bits.
    #[serde(default)]
    pub fp4_tflops: Option<f64>,
    /// Memory, in 10^9 bytes.
    pub memory_gb: f64,
    /// Bandwidth of the memory, in 10^12 bytes a second.
    pub memory_tb_s: f64,
    /// Bandwidth to its peers, in 10^9 bytes a second and direction.
    pub link_gb_s: f64,
    /// What it reaches its peers by.
    pub link: Link,
    /// The most power that it draws, in watts.
    pub tdp_watts: u32,
    /// The power that it draws when idle, in watts.
    pub idle_watts: u32,
    /// The highest clock of its processors, in MHz.
    pub sm_mhz: u32,
    /// The highest clock of its memory, in MHz.
    pub memory_mhz: u32,
    /// Where the row is from.
    pub source: String,
}

/// What GPUs reach their peers by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// NVLink.
    Nvlink,
    /// Infinity Fabric.
    Fabric,
    /// The host's bus.
    Pcie,
}

/// How fast bytes come to a GPU that are not in its own memory.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Links {
    /// From the host's memory, in 10^9 bytes a second and GPU.
    pub host_gb_s: f64,
    /// From the host's disk, in the same.
    pub disk_gb_s: f64,
    /// From a GPU of another machine, in the same.
    pub network_gb_s: f64,
    /// What two machines need to agree on a transfer, in milliseconds.
    pub handshake_ms: f64,
}

/// The shape of a model: what a step has to compute and to read.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Shape {
    /// The model.
    pub model: String,
    /// Layers.
    pub layers: u32,
    /// Width of the hidden state.
    pub hidden: u32,
    /// Query heads.
    pub heads: u32,
    /// Heads of keys and values.
    pub kv_heads: u32,
    /// Width of a head.
    pub head_dim: u32,
    /// Width of the dense feed-forward network.
    pub ffn: u32,
    /// Experts of a layer; 0 where the model is dense.
    pub experts: u32,
    /// Experts that work on each token.
    pub experts_per_token: u32,
    /// Width of an expert.
    pub expert_ffn: u32,
    /// Width of the shared experts together.
    pub shared_ffn: u32,
    /// Leading layers that are dense in spite of experts.
    pub dense_layers: u32,
    /// Rank of the compressed keys and values (multi-head latent attention); 0 where there is none.
    pub kv_rank: u32,
    /// Rank of the compressed queries.
    pub query_rank: u32,
    /// Width of a head without its rotary part.
    pub nope_dim: u32,
    /// Width of the rotary part.
    pub rope_dim: u32,
    /// Width of a value head.
    pub value_dim: u32,
    /// Layers whose attention sees a window only.
    pub sliding_layers: u32,
    /// Layers of linear attention.
    pub linear_layers: u32,
    /// Tokens that the window has.
    pub window: u32,
    /// Tokens of the vocabulary.
    pub vocabulary: u32,
    /// The longest context; 0 where it is not known.
    pub context: u32,
    /// The precision of its published weights where they are served in no other; else empty.
    pub released: String,
    /// All parameters, in 10^9.
    pub parameters_billion: f64,
    /// Those that work on each token, in 10^9.
    pub active_billion: f64,
}

/// What an hour of a GPU costs.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GpuPrice {
    /// The GPU's name.
    pub gpu: String,
    /// US dollars, on demand.
    pub dollars_an_hour: f64,
    /// Where the price is from.
    pub source: String,
}

#[derive(Deserialize)]
struct GpuPrices {
    price: Vec<GpuPrice>,
}

/// What an hour of that GPU costs, where it is known.
pub fn gpu_price(gpu: &Gpu) -> Option<&'static GpuPrice> {
    static PRICES: LazyLock<Vec<GpuPrice>> = LazyLock::new(|| {
        let rows: Result<GpuPrices, _> =
            toml::from_str(include_str!("../../../data/prices/gpus.toml"));
        rows.expect(OURS).price
    });
    PRICES.iter().find(|price| price.gpu == gpu.name)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EngineRow {
    name: String,
    version: String,
    #[serde(rename = "source")]
    _source: String,
}

#[derive(Deserialize)]
struct Engines {
    engine: Vec<EngineRow>,
}

#[derive(Deserialize)]
struct Gpus {
    gpu: Vec<Gpu>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Xids {
    restart_process: Vec<u32>,
    reset_gpu: Vec<u32>,
    restart_machine: Vec<u32>,
}

#[derive(Deserialize)]
struct Shapes {
    shape: Vec<Shape>,
}

const OURS: &str = "the tables of hardware are part of this program";

/// All GPUs.
pub fn gpus() -> &'static [Gpu] {
    static GPUS: LazyLock<Vec<Gpu>> = LazyLock::new(|| {
        let rows: Result<Gpus, _> =
            toml::from_str(include_str!("../../../data/hardware/gpus.toml"));
        rows.expect(OURS).gpu
    });
    &GPUS
}

/// The GPU of that name, in upper or lower case.
pub fn gpu(name: &str) -> Option<&'static Gpu> {
    let name = name.to_ascii_lowercase();
    let is_it = |gpu: &&Gpu| gpu.name.to_ascii_lowercase() == name || gpu.also.contains(&name);
    gpus().iter().find(is_it)
}

/// The usual links of a machine.
pub fn links() -> &'static Links {
    static LINKS: LazyLock<Links> = LazyLock::new(|| {
        toml::from_str(include_str!("../../../data/hardware/links.toml")).expect(OURS)
    });
    &LINKS
}

/// Whether a GPU's error of that code ends what runs there.
pub fn is_fatal_xid(code: u32) -> bool {
    static XIDS: LazyLock<Xids> = LazyLock::new(|| {
        toml::from_str(include_str!("../../../data/hardware/xids.toml")).expect(OURS)
    });
    let all = [
        &XIDS.restart_process,
        &XIDS.reset_gpu,
        &XIDS.restart_machine,
    ];
    all.iter().any(|codes| codes.contains(&code))
}

/// The version of an engine that is followed; empty for an engine that nobody knows.
pub fn engine_version(engine: &str) -> &'static str {
    static ENGINES: LazyLock<Vec<EngineRow>> = LazyLock::new(|| {
        let rows: Result<Engines, _> =
            toml::from_str(include_str!("../../../data/hardware/engines.toml"));
        rows.expect(OURS).engine
    });
    let row = ENGINES.iter().find(|row| row.name == engine);
    row.map_or("", |row| row.version.as_str())
}

/// All shapes.
pub fn shapes() -> &'static [Shape] {
    static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| {
        let rows: Result<Shapes, _> =
            toml::from_str(include_str!("../../../data/models/shapes.toml"));
        rows.expect(OURS).shape
    });
    &SHAPES
}

/// The shape of a model: of that id, or of the one whose name, without organisation, begins it.
pub fn shape(model: &str) -> Option<&'static Shape> {
    let plain = |id: &str| {
        let name = id.rsplit('/').next().unwrap_or(id).to_ascii_lowercase();
        name.replace("meta-llama", "llama")
    };
    let wanted = plain(model);
    let exact = shapes().iter().find(|shape| plain(&shape.model) == wanted);
    exact.or_else(|| {
        let begins = shapes().iter().filter(|shape| {
            let known = plain(&shape.model);
            let known = known.strip_suffix("-instruct").unwrap_or(&known);
            wanted.starts_with(known)
        });
        begins.max_by_key(|shape| shape.model.len())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_can_be_computed_with() {
        for gpu in gpus() {
            assert!(gpu.memory_gb > 0.0 && gpu.memory_tb_s > 0.0, "{}", gpu.name);
        }
        for shape in shapes() {
            assert!(
                shape.layers > 0 && shape.hidden > 0 && shape.heads > 0,
                "{}",
                shape.model
            );
        }
    }

    #[test]
    fn hardware_is_found_by_the_names_people_use() {
        assert_eq!(gpu("H100").unwrap().name, "H100-SXM5-80GB");
        assert_eq!(
            shape("meta-llama/Llama-3.1-70B-Instruct").unwrap().layers,
            80
        );
        assert_eq!(shape("nvidia/Qwen3-32B-NVFP4").unwrap().layers, 64);
        assert_eq!(shape("openai/gpt-oss-120b").unwrap().experts, 128);
        assert!(shape("gpt-4o").is_none());
    }
}
