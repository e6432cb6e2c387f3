//! The section `serving`: the engine that is simulated behind the answers.

use fakeai_catalog::hardware::{gpu, gpus, shape};
use fakeai_engine::serving::{Kind, Layout, Precision, Setup};

use super::choice::EngineKind;
use super::tree::Conflict;

section! {
    /// The serving engine that is simulated behind the answers: its times, its queue and its cache.
    serving: Serving {
        /// Whose engine is simulated. Left open none is, and `generation.pace` tells the times.
        engine: Option<EngineKind> = None;
        /// The model that it has loaded. All models that requests name are timed as this one.
        served_model: String = "meta-llama/Llama-3.1-8B".to_owned(), also ["served_model_name", "model_name"];
        /// The GPU, as `fakeai gpus` lists them.
        gpu: String = "h100".to_owned();
        /// How many there are. `0` is as many as one replica takes; more make more replicas.
        gpus: u32 = 0, from 0 to 100000;
        /// GPUs that share each layer.
        tensor_parallel_size: u32 = 1, from 1 to 64, also ["tp"];
        /// Groups of them that share the layers.
        pipeline_parallel_size: u32 = 1, from 1 to 64, also ["pp"];
        /// How weights are stored: `bf16`, `fp8`, `fp4`, `mxfp4` or `int4`.
        quantization: String = "bf16".to_owned(), also ["dtype"];
        /// How the cache is stored: `bf16` or `fp8`.
        kv_cache_dtype: String = "bf16".to_owned();
        /// Sequences of a step at most; `0` takes the engine's own default for the GPU.
        max_num_seqs: u32 = 0, from 0 to 100000;
        /// Tokens of a step at most; `0` takes the engine's own default for the GPU.
        max_num_batched_tokens: u32 = 0, from 0 to 1000000;
        /// The share of each GPU's memory that the engine takes.
        gpu_memory_utilization: f64 = 0.92, from 0.1 to 1;
        /// Whether prompts find blocks again that others have computed.
        enable_prefix_caching: bool = true;
        /// Whether prompts are computed in parts beside running answers.
        enable_chunked_prefill: bool = true;
    }
}

impl Serving {
    /// The set-up of each replica and what the cluster is made of; none where no engine is simulated.
    ///
    /// # Errors
    /// The first setting that can't be served, and why.
    pub fn setup(&self) -> Result<Option<(Setup, Layout)>, Conflict> {
        let Some(engine) = self.engine else {
            return Ok(None);
        };
        let refuse = |setting, problem: String| {
            Err(Conflict {
                setting,
                problem: problem.into(),
            })
        };
        let model = &self.served_model;
        let Some(shape) = shape(model) else {
            let why = format!(
                "is '{model}', whose shape is not known; `fakeai models --shapes` lists those that are"
            );
            return refuse("serving.served_model", why);
        };
        let Some(hardware) = gpu(&self.gpu) else {
            let known: Vec<&str> = gpus().iter().map(|gpu| gpu.name.as_str()).collect();
            let why = format!("is '{}', which is none of {}", self.gpu, known.join(", "));
            return refuse("serving.gpu", why);
        };
        let Some(precision) = Precision::parse(&self.quantization) else {
            let why = format!(
                "is '{}', which is none of bf16, fp8, fp4, mxfp4, int4",
                self.quantization
            );
            return refuse("serving.quantization", why);
        };
        let mut setup = Setup::new(
            shape,
            hardware,
            self.tensor_parallel_size,
            kind(engine),
            precision,
        );
        setup.pipeline_parallel = self.pipeline_parallel_size;
        setup.cache_bytes = if self.kv_cache_dtype.starts_with("fp8") {
            1.0
        } else {
            2.0
        };
        self.limit(&mut setup);
        if let Err(misfit) = setup.blocks() {
            let why = format!("can't run: {}", misfit.to_string().trim_end_matches('.'));
            return refuse("serving.served_model", why);
        }
        let (replica, all) = (setup.gpus(), self.gpus);
        if all % replica != 0 {
            let why = format!("is {all}, which replicas of {replica} can't share");
            return refuse("serving.gpus", why);
        }
        Ok(Some((setup, Layout::of((all / replica).max(1)))))
    }

    fn limit(&self, setup: &mut Setup) {
        let setting = &mut setup.setting;
        if self.max_num_seqs > 0 {
            setting.max_sequences = self.max_num_seqs;
        }
        if self.max_num_batched_tokens > 0 {
            setting.max_batched_tokens = self.max_num_batched_tokens;
        }
        setting.memory_share = self.gpu_memory_utilization;
        setting.prefix_caching = self.enable_prefix_caching;
        setting.chunked_prefill = self.enable_chunked_prefill;
    }
}

fn kind(engine: EngineKind) -> Kind {
    match engine {
        EngineKind::Vllm => Kind::Vllm,
        EngineKind::Sglang => Kind::Sglang,
        EngineKind::TensorRt => Kind::TensorRt,
    }
}
