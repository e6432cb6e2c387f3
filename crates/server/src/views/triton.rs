//! Triton's pages: whether it is ready, and its models. They are there where TensorRT-LLM is simulated.
//! <https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/protocol/README.html>

use std::sync::Arc;

use fakeai_canon::{ApiError, Call};
use http::StatusCode;
use serde_json::{Value, json};

use super::native;
use crate::answer::Answer;
use crate::gateway::{Gateway, unknown_path};
use crate::world::World;

/// The models of TensorRT-LLM's repository that take a text.
const NAMES: [&str; 2] = ["ensemble", "tensorrt_llm_bls"];

/// The path of models.
const MODELS: &str = "/v2/models/";

fn served<'w>(world: &'w World, call: &Call) -> Result<&'w str, ApiError> {
    let served = world.rules.served_by("trtllm");
    let served = served.ok_or_else(|| unknown_path(&call.head, &call.head.path))?;
    Ok(served.model.rsplit('/').next().unwrap_or_default())
}

/// `GET /v2/health/ready` and `/v2/health/live`.
pub(super) fn health(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    served(world, call)?;
    Ok(native::done())
}

/// `GET /v2/models/{name}` and `/v2/models/{name}/ready`.
pub(super) fn model(
    _: &Gateway,
    world: &Arc<World>,
    call: &Call,
    _: &Value,
) -> Result<Answer, ApiError> {
    let own = served(world, call)?;
    let path = &*call.head.path;
    let at = path.find(MODELS).map_or(0, |at| at + MODELS.len());
    let (name, page) = path[at..].split_once('/').unwrap_or((&path[at..], ""));
    if !matches!(page, "" | "ready") {
        return Err(unknown_path(&call.head, path));
    }
    if !NAMES.contains(&name) && name != own {
        let problem = format!("Request for unknown model: '{name}' is not found");
        let mut answer = Answer::value(&json!({ "error": problem }));
        answer.status = StatusCode::NOT_FOUND;
        return Ok(answer);
    }
    if page == "ready" {
        return Ok(native::done());
    }
    let tensor =
        |name: &str, datatype: &str| json!({"name": name, "datatype": datatype, "shape": [-1, 1]});
    Ok(Answer::value(&json!({
        "name": name,
        "versions": ["1"],
        "platform": if name == NAMES[0] { "ensemble" } else { "python" },
        "inputs": [
            tensor("text_input", "BYTES"), tensor("max_tokens", "INT32"),
            tensor("stop_words", "BYTES"), tensor("top_k", "INT32"), tensor("top_p", "FP32"),
            tensor("temperature", "FP32"), tensor("repetition_penalty", "FP32"),
            tensor("presence_penalty", "FP32"), tensor("frequency_penalty", "FP32"),
            tensor("min_length", "INT32"), tensor("random_seed", "UINT64"),
            tensor("return_log_probs", "BOOL"), tensor("stream", "BOOL"),
        ],
        "outputs": [
            tensor("text_output", "BYTES"), tensor("cum_log_probs", "FP32"),
            tensor("output_log_probs", "FP32"),
        ],
    })))
}
