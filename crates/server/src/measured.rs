//! The meter of a world's simulated engine, told what is served by the settings.

use std::sync::Arc;

use fakeai_canon::Micros;
use fakeai_catalog::Catalog;
use fakeai_telemetry::{Served, ServedSpeculation, ServingMeter};

use crate::config::Config;

/// A meter of the engine that the settings ask for; none where none is simulated.
pub(crate) fn meter(config: &Config, now: Micros) -> Option<Arc<ServingMeter>> {
    let (setup, layout) = config.serving.setup().ok().flatten()?;
    let serving = &config.serving;
    let setting = &setup.setting;
    let model = Catalog::builtin().resolve(&serving.served_model);
    let served = Served {
        model: serving.served_model.clone(),
        gpu: setup.gpu.name.clone(),
        precision: serving.quantization.clone(),
        cache_dtype: serving.kv_cache_dtype.clone(),
        tensor_parallel: setup.tensor_parallel,
        pipeline_parallel: setup.pipeline_parallel,
        data_parallel: setup.data_parallel,
        expert_parallel: match setup.expert_parallel {
            true => setup.tensor_parallel * setup.data_parallel,
            false => 1,
        },
        block_tokens: setting.block_tokens,
        blocks: setup.blocks().unwrap_or(0),
        host_blocks: setup.host_blocks(),
        max_adapters: setting.max_adapters,
        prefill_workers: layout.prefill,
        max_sequences: setting.max_sequences,
        max_batched_tokens: setting.max_batched_tokens,
        context_tokens: setting.max_context.unwrap_or(model.context_window),
        prefix_caching: setting.prefix_caching,
        memory_share: setup.memory_share(),
        gpu_limit_watts: f64::from(setup.gpu.tdp_watts),
        weight_bytes: setup.weight_bytes(),
        cache_bytes_a_token: setup.cache_bytes_a_token(),
        speculation: setup.speculation.as_ref().map(|how| ServedSpeculation {
            method: how.method.name().to_owned(),
            model: serving
                .speculative_config
                .as_ref()
                .and_then(|config| config.model())
                .unwrap_or_default()
                .to_owned(),
            tokens: how.tokens(),
        }),
        started: now,
    };
    Some(Arc::new(ServingMeter::new(
        served,
        layout.replicas + layout.prefill,
    )))
}
