//! The section `serving`: the engine that is simulated behind the answers.

use std::path::PathBuf;

use fakeai_catalog::hardware::{gpu, gpus, shape};
use fakeai_engine::serving::{
    Constants, Kind, Layout, OnFailure, Policy, Precision, Router, Setup,
};

use super::choice::{EngineKind, RouterKind, SchedulingPolicy, WorkerFailure};
use super::kv_events::KvEventsConfig;
use super::speculative::SpeculativeConfig;
use super::tree::Conflict;

section! {
    /// The serving engine that is simulated behind the answers: its times, its queue and its cache.
    serving: Serving {
        /// Whose engine is simulated. Left open none is, and `generation.pace` tells the times.
        engine: Option<EngineKind> = None;
        /// The model that it has loaded. All models that requests name are timed as this one.
        served_model: String = "meta-llama/Llama-3.1-8B".to_owned(), also ["served_model_name", "model_name", "model"];
        /// The GPU, as `fakeai gpus` lists them.
        gpu: String = "h100".to_owned();
        /// How many there are. `0` is as many as the replicas take; more make more replicas.
        gpus: u32 = 0, from 0 to 100000;
        /// How many replicas there are. `0` is as many as `gpus` make.
        replicas: u32 = 0, from 0 to 1000;
        /// Replicas beside these that compute prompts only and hand them over. With any, the others
        /// generate only.
        prefill_replicas: u32 = 0, from 0 to 1000;
        /// How a request finds its replica: `round-robin`, `least-loaded`, `prefix-aware` (as NVIDIA
        /// Dynamo's router) or `session` (by `prompt_cache_key`, `safety_identifier` or `user`).
        router: RouterKind = RouterKind::LeastLoaded;
        /// What a block counts that has to be computed, where the router is prefix-aware.
        overlap_weight: f64 = 1.0, from 0 to 1000;
        /// What a block counts that is in use, where the router is prefix-aware.
        load_weight: f64 = 1.0, from 0 to 1000;
        /// What becomes of the requests of a replica that fails: `requeue` or `error`.
        on_worker_failure: WorkerFailure = WorkerFailure::Requeue;
        /// 10^9 bytes a second and GPU that computed prompts are handed over with; `0` takes the
        /// usual network's.
        transfer_gb_s: f64 = 0.0, from 0 to 10000;
        /// GPUs that share each layer.
        tensor_parallel_size: u32 = 1, from 1 to 64, also ["tp"];
        /// Groups of them that share the layers.
        pipeline_parallel_size: u32 = 1, from 1 to 64, also ["pp"];
        /// Groups of GPUs that attend to different requests. Of a model with experts they share
        /// these and go in step (attention data parallelism); of any other each is a replica.
        /// `max_num_seqs`, `max_num_batched_tokens` and `num_gpu_blocks_override` are each group's.
        data_parallel_size: u32 = 1, from 1 to 1000, also ["dp"];
        /// Whether experts are spread over the GPUs whole, in place of a part of each on all.
        enable_expert_parallel: bool = false;
        /// How weights are stored: `bf16`, `fp8`, `fp8_block`, `fp4`, `mxfp4` or `int4`.
        quantization: String = "bf16".to_owned();
        /// What is computed with where weights are not quantized: `auto`, `bfloat16` or `float16`.
        dtype: String = "auto".to_owned();
        /// How the cache is stored: `auto`, `bf16` or `fp8`.
        kv_cache_dtype: String = "auto".to_owned();
        /// The longest context, in tokens; `0` is the model's own. A request for more is refused.
        max_model_len: u32 = 0, from 0 to 100000000;
        /// Sequences of a step at most; `0` takes the engine's own default for the GPU.
        max_num_seqs: u32 = 0, from 0 to 100000;
        /// Tokens of a step at most; `0` takes the engine's own default for the GPU.
        max_num_batched_tokens: u32 = 0, from 0 to 1000000;
        /// Requests that wait for a replica at most, beside those that have a place in its next step; one
        /// more is refused with 503. `0` sets no bound.
        max_waiting: u32 = 0, from 0 to 1000000;
        /// Who is served first: `fcfs`, or `priority` by the field of that name, lower first.
        scheduling_policy: SchedulingPolicy = SchedulingPolicy::FirstCome;
        /// How much SGLang expects of answers before it takes one more request up; more waits longer
        /// and makes fewer requests give way.
        schedule_conservativeness: f64 = 1.0, from 0 to 100;
        /// Steps of decodes after which SGLang looks for new requests again.
        scheduler_recv_interval: u32 = 1, from 1 to 100000;
        /// Whether running answers go on in the steps of prompts, as SGLang does where it is told to;
        /// otherwise it computes prompts between their steps.
        enable_mixed_chunk: bool = false;
        /// Whether the host prepares a step only when the GPUs are done with the one before, so that
        /// they wait for it.
        disable_overlap_schedule: bool = false, also ["disable_overlap_scheduler"];
        /// Tokens of one prompt in a step at most; `0` leaves that to `max_num_batched_tokens`.
        long_prefill_token_threshold: u32 = 0, from 0 to 1000000;
        /// Tokens of a block of the cache; `0` takes the engine's own default.
        block_size: u32 = 0, from 0 to 4096, also ["page_size"];
        /// Blocks of the cache in place of those that fit; `0` counts them.
        num_gpu_blocks_override: u32 = 0, from 0 to 100000000;
        /// The share of blocks that stays free when a request is taken up.
        watermark: f64 = 0.0, from 0 to 0.5;
        /// GiB of the host's memory for each GPU that take up what its cache gives up.
        swap_space: f64 = 0.0, from 0 to 100000;
        /// Whether adapters (LoRA) are served, `max_loras` of them in a step.
        enable_lora: bool = false;
        /// Adapters in a step at most.
        max_loras: u32 = 1, from 1 to 10000;
        /// The share of each GPU's memory that the engine takes, as its own flag counts it; left open it
        /// is the engine's own default. vLLM's (0.92) is of all memory, with activations in it;
        /// SGLang's `mem_fraction_static` is of all, for weights and cache alone (its default follows
        /// the GPU's memory); TensorRT-LLM's `free_gpu_memory_fraction` (0.9) is of what weights and
        /// activations leave.
        gpu_memory_utilization: Option<f64> = None, from 0.1 to 1, also ["mem_fraction_static", "free_gpu_memory_fraction"];
        /// Whether prompts find blocks again that others have computed.
        enable_prefix_caching: bool = true;
        /// Whether prompts are computed in parts beside running answers.
        enable_chunked_prefill: bool = true;
        /// The air that the GPUs get, in degrees Celsius; the usual 27 where it is left open. From about
        /// 45 on those under full load are too hot to keep their clocks, and what they compute takes
        /// longer.
        gpu_ambient_celsius: Option<f64> = None, from -40 to 120;
        /// A file that `fakeai calibrate` has written: what kernels reach on the GPU and what the
        /// engine costs beside them.
        calibration: Option<PathBuf> = None;
        /// Whether and where it is told over ZeroMQ what becomes of the cache's blocks, as vLLM's
        /// flag takes it: `{"enable_kv_cache_events": true, "endpoint": "tcp://*:5557",
        /// "replay_endpoint": "tcp://*:5558"}`. Each further replica has the next port.
        kv_events_config: Option<KvEventsConfig> = None;
        /// Speculative decoding, as vLLM's flag takes it: `{"method": "eagle3",
        /// "num_speculative_tokens": 3}`. Methods are `ngram`, `eagle`, `eagle3`, `mtp` and
        /// `draft_model` with a `model`. How many proposals hold is the method's usual share, or what
        /// `acceptance_rate` (the chance of each), `synthetic_acceptance_rates` or
        /// `synthetic_acceptance_length` say.
        speculative_config: Option<SpeculativeConfig> = None;
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
                "is '{}', which is none of bf16, fp8, fp8_block, fp4, mxfp4, int4",
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
        self.calibrate(&mut setup)?;
        setup.pipeline_parallel = self.pipeline_parallel_size;
        setup.expert_parallel = self.enable_expert_parallel;
        if setup.shape.experts > 0 {
            setup.data_parallel = self.data_parallel_size;
        }
        setup.cache_bytes = self.cache_bytes()?;
        setup.ambient_celsius = self.gpu_ambient_celsius.unwrap_or(setup.ambient_celsius);
        self.check_dtype()?;
        self.check_batch(engine)?;
        self.limit(&mut setup);
        if self.transfer_gb_s > 0.0 {
            setup.links.network_gb_s = self.transfer_gb_s;
        }
        if let Some(config) = &self.speculative_config {
            let how = config.speculation(&setup);
            let how = how.map_err(|problem| Conflict {
                setting: "serving.speculative_config",
                problem: problem.into(),
            })?;
            setup.speculation = Some(how);
        }
        if let Err(misfit) = setup.blocks() {
            let why = format!("can't run: {}", misfit.to_string().trim_end_matches('.'));
            return refuse("serving.served_model", why);
        }
        let layout = self.layout(&setup)?;
        Ok(Some((setup, layout)))
    }

    /// The longest context that requests may have, where one is set.
    pub fn longest_context(&self) -> Option<u32> {
        (self.engine.is_some() && self.max_model_len > 0).then_some(self.max_model_len)
    }

    /// How requests find their replicas.
    pub fn router(&self) -> Router {
        match self.router {
            RouterKind::RoundRobin => Router::RoundRobin,
            RouterKind::LeastLoaded => Router::LeastLoaded,
            RouterKind::PrefixAware => Router::PrefixAware {
                overlap: self.overlap_weight,
                load: self.load_weight,
            },
            RouterKind::Session => Router::Session,
        }
    }

    /// What the cluster is made of, of replicas of this kind.
    fn layout(&self, setup: &Setup) -> Result<Layout, Conflict> {
        let (all, replica) = (self.gpus, setup.gpus());
        // Groups that share nothing are replicas.
        let apart = self.data_parallel_size / setup.data_parallel;
        let replicas = match (self.replicas, apart) {
            (replicas, 1) => replicas,
            (replicas, apart) => replicas.max(1) * apart,
        };
        let refuse = |why: String| {
            Err(Conflict {
                setting: "serving.gpus",
                problem: why.into(),
            })
        };
        if !all.is_multiple_of(replica) {
            return refuse(format!("is {all}, which replicas of {replica} can't share"));
        }
        let there = all / replica;
        let wanted = replicas + self.prefill_replicas;
        let generating = match (replicas, there) {
            (0, 0) => 1,
            (0, there) if there > self.prefill_replicas => there - self.prefill_replicas,
            (0, there) => {
                return refuse(format!(
                    "is {all}, which make {there} replicas of {replica}; with {} for prompts none is left",
                    self.prefill_replicas
                ));
            }
            (replicas, there) if there == 0 || there == wanted => replicas,
            (replicas, there) => {
                return refuse(format!(
                    "is {all}, which make {there} replicas of {replica}; {replicas} and {} for prompts are asked for",
                    self.prefill_replicas
                ));
            }
        };
        Ok(Layout {
            replicas: generating,
            prefill: self.prefill_replicas,
            router: self.router(),
            on_failure: match self.on_worker_failure {
                WorkerFailure::Requeue => OnFailure::Requeue,
                WorkerFailure::Error => OnFailure::End,
            },
        })
    }

    fn cache_bytes(&self) -> Result<f64, Conflict> {
        match self.kv_cache_dtype.to_ascii_lowercase().as_str() {
            "auto" | "bf16" | "bfloat16" | "fp16" | "float16" => Ok(2.0),
            "fp8" | "fp8_e4m3" | "fp8_e5m2" => Ok(1.0),
            other => Err(Conflict {
                setting: "serving.kv_cache_dtype",
                problem: format!("is '{other}', which is none of auto, bf16, fp8").into(),
            }),
        }
    }

    fn check_dtype(&self) -> Result<(), Conflict> {
        match self.dtype.to_ascii_lowercase().as_str() {
            "auto" | "bfloat16" | "bf16" | "float16" | "fp16" | "half" => Ok(()),
            other => Err(Conflict {
                setting: "serving.dtype",
                problem: format!(
                    "is '{other}', which is none of auto, bfloat16, float16; weights of fewer bits are serving.quantization's matter"
                )
                .into(),
            }),
        }
    }

    /// vLLM does not start with fewer tokens in a step than sequences, nor where a whole prompt has no
    /// room in one and is not computed in parts.
    fn check_batch(&self, engine: EngineKind) -> Result<(), Conflict> {
        let (tokens, sequences) = (self.max_num_batched_tokens, self.max_num_seqs);
        let problem = match engine {
            EngineKind::Sglang | EngineKind::TensorRt => return Ok(()),
            EngineKind::Vllm if tokens == 0 => return Ok(()),
            EngineKind::Vllm if tokens < sequences => {
                format!("is {tokens}, fewer than the {sequences} sequences of serving.max_num_seqs")
            }
            EngineKind::Vllm if !self.enable_chunked_prefill && tokens < self.max_model_len => {
                format!(
                    "is {tokens}, fewer than the {} of serving.max_model_len, and prompts are not computed in parts",
                    self.max_model_len
                )
            }
            EngineKind::Vllm => return Ok(()),
        };
        Err(Conflict {
            setting: "serving.max_num_batched_tokens",
            problem: problem.into(),
        })
    }

    /// Lays a calibration over the numbers of the GPU and the engine.
    fn calibrate(&self, setup: &mut Setup) -> Result<(), Conflict> {
        let Some(path) = &self.calibration else {
            return Ok(());
        };
        let refused = |problem: String| Conflict {
            setting: "serving.calibration",
            problem: format!("is '{}': {problem}", path.display()).into(),
        };
        let text = std::fs::read_to_string(path).map_err(|error| refused(error.to_string()))?;
        let constants = Constants::shipped().with(&text).map_err(refused)?;
        setup.efficiency = constants.of(&setup.gpu.name, setup.setting.kind.name());
        Ok(())
    }

    fn limit(&self, setup: &mut Setup) {
        let groups = setup.data_parallel;
        let setting = &mut setup.setting;
        let given = |value: u32| (value > 0).then_some(value);
        let tokens = given(self.max_num_batched_tokens).unwrap_or(setting.max_batched_tokens);
        // Each sequence of a step has a token there.
        let sequences = given(self.max_num_seqs).unwrap_or(setting.max_sequences.min(tokens));
        setting.max_sequences = sequences.saturating_mul(groups);
        setting.max_batched_tokens = tokens.saturating_mul(groups);
        setting.block_tokens = given(self.block_size).unwrap_or(setting.block_tokens);
        setting.memory_share = self.gpu_memory_utilization;
        setting.prefix_caching = self.enable_prefix_caching;
        setting.chunked_prefill = self.enable_chunked_prefill;
        setting.max_waiting = given(self.max_waiting);
        setting.policy = match self.scheduling_policy {
            SchedulingPolicy::FirstCome => Policy::FirstCome,
            SchedulingPolicy::Priority => Policy::Priority,
        };
        setting.long_prefill_tokens = match (self.long_prefill_token_threshold, groups) {
            (threshold, 1) => threshold,
            // A prompt is one group's.
            (0, _) => tokens,
            (threshold, _) => threshold.min(tokens),
        };
        setting.watermark = self.watermark;
        setting.conservativeness = self.schedule_conservativeness;
        setting.receive_interval = match setting.kind {
            Kind::Sglang => self.scheduler_recv_interval,
            Kind::Vllm | Kind::TensorRt => 1,
        };
        setting.mixed_chunks = self.enable_mixed_chunk;
        setting.overlaps_host = !self.disable_overlap_schedule;
        setting.blocks = given(self.num_gpu_blocks_override);
        setting.host_bytes = self.swap_space * f64::from(1 << 30);
        setting.max_context = given(self.max_model_len);
        setting.max_adapters = self.enable_lora.then_some(self.max_loras);
    }
}

fn kind(engine: EngineKind) -> Kind {
    match engine {
        EngineKind::Vllm => Kind::Vllm,
        EngineKind::Sglang => Kind::Sglang,
        EngineKind::TensorRt => Kind::TensorRt,
    }
}
