//! What is served, on what, and how: checked before anything runs, with the arithmetic shown where
//! it can't work.

use std::fmt;

use fakeai_catalog::hardware::{Gpu, Link, Links, Shape, links};

use super::efficiency::Efficiency;
use super::memory;
use super::speculation::Speculation;
use super::thermal::Thermal;

/// Whose scheduling is followed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// vLLM: prompts in chunks beside running answers.
    #[default]
    Vllm,
    /// SGLang: prompts between the steps of running answers.
    Sglang,
    /// TensorRT-LLM: room for the whole answer is reserved first.
    TensorRt,
}

impl Kind {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Vllm => "vllm",
            Kind::Sglang => "sglang",
            Kind::TensorRt => "trtllm",
        }
    }

    /// The engine that a published name begins with, its version being the rest.
    pub fn parse(name: &str) -> Option<Self> {
        let name = name.to_ascii_lowercase();
        let begins = |with: &[&str]| with.iter().any(|word| name.starts_with(word));
        if begins(&["vllm"]) {
            Some(Kind::Vllm)
        } else if begins(&["sglang"]) {
            Some(Kind::Sglang)
        } else if begins(&["trt", "tensorrt", "nim"]) {
            Some(Kind::TensorRt)
        } else {
            None
        }
    }
}

/// How weights are stored and multiplied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Precision {
    /// 16 bits.
    #[default]
    Bf16,
    /// 8 bits, weights and activations, with a scale for each tensor or row.
    Fp8,
    /// 8 bits, weights and activations, with a scale for each block (DeepSeek's and Qwen's own).
    Fp8Block,
    /// 4 bits in blocks with scales, activations as well where the GPU can (NVFP4).
    Fp4,
    /// 4-bit experts, 16-bit rest (MXFP4).
    Mxfp4,
    /// 4-bit weights, multiplied in 16 bits (AWQ, GPTQ).
    Int4,
}

impl Precision {
    /// Bytes a weight, scales included.
    pub fn weight_bytes(self) -> f64 {
        match self {
            Precision::Bf16 => 2.0,
            Precision::Fp8 | Precision::Fp8Block => 1.0,
            Precision::Fp4 | Precision::Mxfp4 | Precision::Int4 => 0.56,
        }
    }

    /// The precision that a model was released in, where its weights are always served as such.
    pub fn released(shape: &Shape) -> Option<Self> {
        Self::parse(&shape.released)
    }

    /// How the weights that are no experts are stored. Of a model with 4-bit experts the rest is
    /// in 16 bits, and so is compressed attention where everything else is in blocks of 4.
    pub(super) fn of_attention(self, shape: &Shape) -> Self {
        match self {
            Precision::Mxfp4 => Precision::Bf16,
            Precision::Fp4 if shape.kv_rank > 0 => Precision::Bf16,
            Precision::Bf16
            | Precision::Fp8
            | Precision::Fp8Block
            | Precision::Fp4
            | Precision::Int4 => self,
        }
    }

    /// The precision of a published name; none where nobody knows it.
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "bf16" | "bfloat16" | "fp16" | "float16" | "half" | "auto" => Precision::Bf16,
            "fp8" | "fp8_e4m3" | "w8a8" => Precision::Fp8,
            "fp8_block" | "fp8-block" => Precision::Fp8Block,
            "fp4" | "nvfp4" => Precision::Fp4,
            "mxfp4" => Precision::Mxfp4,
            "int4" | "awq" | "gptq" | "awq/int4" | "w4a16" => Precision::Int4,
            _ => return None,
        })
    }
}

/// The settings of an engine that shape its batches. The defaults are vLLM's.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Setting {
    /// Whose scheduling is followed.
    pub kind: Kind,
    /// Tokens of a step at most.
    pub max_batched_tokens: u32,
    /// Sequences of a step at most.
    pub max_sequences: u32,
    /// Tokens of a block.
    pub block_tokens: u32,
    /// Whether prompts are computed in parts.
    pub chunked_prefill: bool,
    /// Whether blocks are found again by what they hold.
    pub prefix_caching: bool,
    /// The share of a GPU's memory that the engine takes, as its own flag counts it; none means its
    /// own default.
    pub memory_share: Option<f64>,
    /// Sequences that wait at most; one more is refused. None means no bound.
    pub max_waiting: Option<u32>,
    /// Who is served first.
    pub policy: Policy,
    /// Tokens of one prompt in a step at most; 0 where only the step bounds them.
    pub long_prefill_tokens: u32,
    /// The share of blocks that stays free when a sequence is taken up.
    pub watermark: f64,
    /// Adapters (LoRA) in a batch at most; none means no bound.
    pub max_adapters: Option<u32>,
    /// Blocks of the cache, in place of those that fit.
    pub blocks: Option<u32>,
    /// Bytes of the host's memory that take up what each GPU's cache gives up; 0 for none.
    pub host_bytes: f64,
    /// The longest context of a sequence, in tokens; none means what the cache holds.
    pub max_context: Option<u32>,
    /// How much is expected of answers before a request is taken up (SGLang); 1 is its own default.
    pub conservativeness: f64,
    /// Steps of decodes after which an engine looks for new requests again (SGLang); 1 is its own
    /// default.
    pub receive_interval: u32,
    /// Whether running sequences go on in the steps of prompts (SGLang, whose own default is that
    /// prompts are computed between their steps).
    pub mixed_chunks: bool,
    /// Whether the host prepares a step while the GPUs are at the one before.
    pub overlaps_host: bool,
}

/// Who is served first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Policy {
    /// Who came first.
    #[default]
    FirstCome,
    /// The lowest priority value, and among equals who came first.
    Priority,
}

/// What is served, on what, and how.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The model.
    pub shape: Shape,
    /// Each of the GPUs.
    pub gpu: Gpu,
    /// GPUs that share each layer.
    pub tensor_parallel: u32,
    /// Groups of them that share the layers.
    pub pipeline_parallel: u32,
    /// Groups of them that attend to different sequences and share the experts (attention data
    /// parallelism). Limits of the setting are those of all groups together.
    pub data_parallel: u32,
    /// Whether experts are spread over the GPUs whole, not each cut into parts.
    pub expert_parallel: bool,
    /// How weights are stored.
    pub precision: Precision,
    /// Bytes of a number in the cache.
    pub cache_bytes: f64,
    /// The engine's settings.
    pub setting: Setting,
    /// How it speculates, if it does.
    pub speculation: Option<Speculation>,
    /// What kernels and engine reach.
    pub efficiency: Efficiency,
    /// How fast bytes come from the host, from the disk and from other machines.
    pub links: Links,
    /// The temperature of the air that its GPUs get, in degrees Celsius.
    pub ambient_celsius: f64,
}

/// Why a set-up can't run, with the arithmetic.
#[derive(Clone, Debug, PartialEq)]
pub struct Misfit(String);

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Misfit {}

impl Setup {
    /// A set-up with the defaults of its engine for the GPU.
    pub fn new(
        shape: &Shape,
        gpu: &Gpu,
        tensor_parallel: u32,
        kind: Kind,
        precision: Precision,
    ) -> Self {
        Self {
            shape: shape.clone(),
            gpu: gpu.clone(),
            tensor_parallel: tensor_parallel.max(1),
            pipeline_parallel: 1,
            data_parallel: 1,
            expert_parallel: false,
            precision,
            cache_bytes: 2.0,
            setting: Setting::of(kind, gpu),
            speculation: None,
            efficiency: Efficiency::of(&gpu.name, kind.name()),
            links: links().clone(),
            ambient_celsius: Thermal::builtin().ambient_c,
        }
    }

    /// GPUs of one replica.
    pub fn gpus(&self) -> u32 {
        self.tensor_parallel * self.pipeline_parallel * self.data_parallel
    }

    /// The set-up of who proposes, where that takes the GPUs.
    pub fn draft(&self) -> Option<&Setup> {
        self.speculation.as_ref()?.draft.as_deref()
    }

    /// Bytes of the cache that a token of context takes on each GPU.
    pub fn cache_bytes_a_token(&self) -> f64 {
        let beside = self.draft().map_or(0.0, Setup::cache_bytes_a_token);
        self.own_cache_bytes_a_token() + beside
    }

    fn own_cache_bytes_a_token(&self) -> f64 {
        let shape = &self.shape;
        let layers = f64::from(shape.layers - shape.linear_layers.min(shape.layers));
        let a_layer = if shape.kv_rank > 0 {
            f64::from(shape.kv_rank + shape.rope_dim)
        } else {
            let heads = f64::from(shape.kv_heads) / f64::from(self.tensor_parallel);
            2.0 * heads.max(1.0) * f64::from(shape.head_dim)
        };
        a_layer * self.cache_bytes * layers / f64::from(self.pipeline_parallel)
    }

    /// Bytes of weights on each GPU, those of who proposes among them.
    pub fn weight_bytes(&self) -> f64 {
        self.own_weight_bytes() + self.draft().map_or(0.0, Setup::weight_bytes)
    }

    fn own_weight_bytes(&self) -> f64 {
        self.held_parameters() * self.precision.weight_bytes() / f64::from(self.gpus())
    }

    /// Parameters that all GPUs hold together: groups of attention share the experts, and each has
    /// the rest of its own.
    fn held_parameters(&self) -> f64 {
        let shape = &self.shape;
        let all = shape.parameters_billion * 1e9;
        let experts = 3.0
            * f64::from(shape.hidden)
            * f64::from(shape.expert_ffn)
            * f64::from(shape.experts)
            * f64::from(shape.layers.saturating_sub(shape.dense_layers));
        all + f64::from(self.data_parallel - 1) * (all - experts).max(0.0)
    }

    /// Blocks of the cache that fit beside the weights.
    ///
    /// # Errors
    /// A set-up that can't run: the message shows why.
    pub fn blocks(&self) -> Result<u32, Misfit> {
        self.check()?;
        let left = self.left_bytes();
        let a_block = self.cache_bytes_a_token() * f64::from(self.setting.block_tokens);
        let blocks = (left / a_block).floor() * f64::from(self.data_parallel);
        if blocks < 2.0 {
            let beside = self.draft().map_or(0.0, Setup::weight_bytes) / 1e9;
            let beside = match beside > 0.0 {
                true => format!(" and {beside:.1} GB of who proposes"),
                false => String::new(),
            };
            let again = match self.data_parallel {
                1 => String::new(),
                groups => format!(", with those that each of {groups} groups has of its own"),
            };
            return Err(Misfit(format!(
                "{} does not fit on {} × {}: each holds {:.1} GB of weights ({:.1}·10⁹ parameters{again} × {} bytes / {}){beside}, \
                 {:.1} GB are needed beside them, and {}, which leaves {:.1} GB for the cache.",
                self.shape.model,
                self.gpus(),
                self.gpu.name,
                self.own_weight_bytes() / 1e9,
                self.held_parameters() / 1e9,
                self.precision.weight_bytes(),
                self.gpus(),
                self.beside_bytes() / 1e9,
                self.share_in_words(),
                left / 1e9,
            )));
        }
        let blocks = blocks.min(f64::from(u32::MAX)) as u32;
        let given = self.setting.blocks;
        let blocks = given.map_or(blocks, |each| each.saturating_mul(self.data_parallel));
        self.check_context(blocks)?;
        Ok(blocks)
    }

    /// Blocks that the host's memory takes up.
    pub fn host_blocks(&self) -> u32 {
        let a_block = self.cache_bytes_a_token() * f64::from(self.setting.block_tokens);
        (self.setting.host_bytes / a_block).floor() as u32 * self.data_parallel
    }

    /// The longest context has to fit into the cache.
    fn check_context(&self, blocks: u32) -> Result<(), Misfit> {
        let size = self.setting.block_tokens;
        // A sequence is one group's, and so are its blocks.
        let blocks = blocks / self.data_parallel;
        let room = u64::from(blocks) * u64::from(size);
        match self.setting.max_context {
            Some(most) if u64::from(most) > room => Err(Misfit(format!(
                "A context of {most} tokens takes {} blocks of {size} tokens, and the cache has {blocks}, \
                 which are {room} tokens. A context of {room} tokens or a larger share of the memory would fit.",
                most.div_ceil(size),
            ))),
            Some(_) | None => Ok(()),
        }
    }

    fn check(&self) -> Result<(), Misfit> {
        if let Some(draft) = self.draft() {
            draft.check()?;
        }
        let (heads, tensor) = (self.shape.heads, self.tensor_parallel);
        if !heads.is_multiple_of(tensor) {
            return Err(Misfit(format!(
                "The {heads} attention heads of {} can't be divided among {tensor} GPUs: {heads} / {tensor} leaves {}.",
                self.shape.model,
                heads % tensor,
            )));
        }
        let groups = self.data_parallel;
        if self.expert_parallel && self.shape.experts == 0 {
            return Err(Misfit(format!(
                "{} has no experts that could be spread over GPUs.",
                self.shape.model,
            )));
        }
        if groups > 1 && self.shape.experts == 0 {
            return Err(Misfit(format!(
                "{} has no experts that {groups} groups of attention could share; {groups} replicas do the same.",
                self.shape.model,
            )));
        }
        let (experts, world) = (self.shape.experts, tensor * groups);
        if self.expert_parallel && !experts.is_multiple_of(world) {
            return Err(Misfit(format!(
                "The {experts} experts of {} can't be spread over {world} GPUs: {experts} / {world} leaves {}.",
                self.shape.model,
                experts % world,
            )));
        }
        if self.shape.layers < self.pipeline_parallel {
            return Err(Misfit(format!(
                "The {} layers of {} can't be divided among {} stages.",
                self.shape.layers, self.shape.model, self.pipeline_parallel,
            )));
        }
        Ok(())
    }
}

impl Setting {
    /// What an engine takes by default on a GPU. vLLM: 8,192 tokens and 1,024 sequences on large
    /// GPUs (16,384 tokens on the newest), 2,048 and 256 on others. SGLang goes by the GPU's memory.
    pub fn of(kind: Kind, gpu: &Gpu) -> Self {
        let is_large = gpu.memory_gb >= 70.0 && !gpu.name.starts_with("A100");
        let is_newest = gpu.fp4_tflops.is_some() && gpu.link != Link::Pcie;
        let (tokens, sequences) = match (is_newest, is_large) {
            (true, _) => (16_384, 1_024),
            (false, true) => (8_192, 1_024),
            (false, false) => (2_048, 256),
        };
        let (tokens, block) = match kind {
            Kind::Vllm => (tokens, 16),
            Kind::Sglang => (memory::sglang_tokens(gpu), 16),
            Kind::TensorRt => (8_192, 32),
        };
        Self {
            kind,
            max_batched_tokens: tokens,
            max_sequences: sequences,
            block_tokens: block,
            chunked_prefill: true,
            prefix_caching: true,
            memory_share: None,
            max_waiting: None,
            policy: Policy::FirstCome,
            long_prefill_tokens: 0,
            watermark: 0.0,
            max_adapters: None,
            blocks: None,
            host_bytes: 0.0,
            max_context: None,
            conservativeness: 1.0,
            receive_interval: 1,
            mixed_chunks: false,
            overlaps_host: true,
        }
    }
}
