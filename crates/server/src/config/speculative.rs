//! The setting `serving.speculative_config`, in the JSON of vLLM's `--speculative-config`.
//! <https://docs.vllm.ai/en/latest/api/vllm/config/speculative/>

use fakeai_catalog::hardware::shape;
use fakeai_catalog::likest;
use fakeai_engine::serving::{MOST_PROPOSED, Method, Precision, Setup, Speculation};
use serde_json::{Map, Value as Json};

use super::raw::Raw;
use super::setting::Shape;
use super::value::Value;

/// How tokens are proposed and how many hold: the fields as they were given.
#[derive(Clone, Debug, PartialEq)]
pub struct SpeculativeConfig {
    fields: Map<String, Json>,
}

/// Fields that say something here; `acceptance_rate` is no field of vLLM's.
const HEEDED: [&str; 12] = [
    "method",
    "model",
    "num_speculative_tokens",
    "draft_tensor_parallel_size",
    "quantization",
    "kv_cache_dtype",
    "max_model_len",
    "parallel_drafting",
    "rejection_sample_method",
    "synthetic_acceptance_rates",
    "synthetic_acceptance_length",
    "acceptance_rate",
];

/// Fields of vLLM's that change nothing that is simulated.
const TAKEN: [&str; 14] = [
    "attention_backend",
    "code_revision",
    "disable_eagle_block_drop",
    "disable_padded_drafter_batch",
    "draft_load_config",
    "draft_sample_method",
    "enforce_eager",
    "index_share_for_mtp_iteration",
    "moe_backend",
    "prompt_lookup_max",
    "prompt_lookup_min",
    "revision",
    "use_heterogeneous_vocab",
    "use_local_argmax_reduction",
];

impl SpeculativeConfig {
    /// Who proposes, where that is named.
    pub fn model(&self) -> Option<&str> {
        self.fields.get("model").and_then(Json::as_str)
    }

    /// How a set-up speculates.
    ///
    /// # Errors
    /// What is wrong, to be read after the setting's name.
    pub(super) fn speculation(&self, setup: &Setup) -> Result<Speculation, String> {
        self.check_names()?;
        let method = self.method()?;
        let tokens = self.tokens(method)?;
        let model = match (method, self.model()) {
            (Method::DraftModel, None) => {
                return Err("has method 'draft_model', which needs a model".to_owned());
            }
            (Method::DraftModel, Some(name)) => Some(shape(name).ok_or_else(|| {
                format!(
                    "has model '{name}', whose shape is not known; `fakeai models --shapes` lists those that are"
                )
            })?),
            // Heads and tables go with the model that they are for.
            (Method::Ngram | Method::Eagle | Method::Eagle3 | Method::Mtp, _) => None,
        };
        let mut how = Speculation::new(method, tokens, setup, model);
        how.in_parallel =
            self.read("parallel_drafting", Json::as_bool, "true or false")? == Some(true);
        how.longest = self.count("max_model_len")?;
        self.adjust_draft(&mut how, setup)?;
        self.adjust_rates(&mut how)?;
        Ok(how)
    }

    fn check_names(&self) -> Result<(), String> {
        let known = || HEEDED.iter().chain(&TAKEN);
        for name in self.fields.keys() {
            if known().any(|other| other == name) {
                continue;
            }
            let hint = match likest(name, known().copied()) {
                Some(other) => format!("; did you mean '{other}'?"),
                None => format!("; those are {}", HEEDED.join(", ")),
            };
            return Err(format!(
                "has the field '{name}', which is none of those that are simulated{hint}"
            ));
        }
        Ok(())
    }

    /// The method that is named, or what the name of the model says, as in vLLM.
    fn method(&self) -> Result<Method, String> {
        let all = || Method::ALL.map(Method::name).join(", ");
        if let Some(name) = self.read("method", Json::as_str, "a name")? {
            return Method::parse(name)
                .ok_or_else(|| format!("has method '{name}', which is none of {}", all()));
        }
        let Some(model) = self.model() else {
            return Err(format!("needs a method: {}", all()));
        };
        let model = model.to_ascii_lowercase();
        let has = |word| model.contains(word);
        Ok(match () {
            () if matches!(model.as_str(), "ngram" | "[ngram]") => Method::Ngram,
            () if has("eagle3") => Method::Eagle3,
            () if has("eagle-") => Method::Eagle,
            () if has("mtp") => Method::Mtp,
            () => Method::DraftModel,
        })
    }

    fn tokens(&self, method: Method) -> Result<u32, String> {
        match (self.count("num_speculative_tokens")?, method) {
            (Some(tokens), _) if tokens > MOST_PROPOSED => Err(format!(
                "has num_speculative_tokens {tokens}, and {MOST_PROPOSED} are the most"
            )),
            (Some(tokens), _) => Ok(tokens),
            // Models are trained with one such layer.
            (None, Method::Mtp) => Ok(1),
            (None, _) => Err("needs num_speculative_tokens".to_owned()),
        }
    }

    /// On how many GPUs and in what precision who proposes runs. Weights that are not said to be
    /// quantized are not; a layer that the model was trained with is as the model is.
    fn adjust_draft(&self, how: &mut Speculation, setup: &Setup) -> Result<(), String> {
        let Some(draft) = &mut how.draft else {
            return Ok(());
        };
        let tensor = self.count("draft_tensor_parallel_size")?;
        if let Some(tensor) = tensor {
            if tensor != 1 && tensor != setup.tensor_parallel {
                return Err(format!(
                    "has draft_tensor_parallel_size {tensor}, which can be 1 or {}",
                    setup.tensor_parallel
                ));
            }
            draft.tensor_parallel = tensor;
        }
        let named = self.read("quantization", Json::as_str, "a name")?;
        draft.precision = match (named, how.method) {
            (Some(name), _) => Precision::parse(name)
                .ok_or_else(|| format!("has quantization '{name}', which is none of bf16, fp8, fp8_block, fp4, mxfp4, int4"))?,
            (None, Method::Mtp) => setup.precision,
            (None, _) => Precision::Bf16,
        };
        match self.read("kv_cache_dtype", Json::as_str, "a name")? {
            None => {}
            Some("auto" | "bfloat16" | "float16") => draft.cache_bytes = 2.0,
            Some("fp8" | "fp8_e4m3" | "fp8_e5m2") => draft.cache_bytes = 1.0,
            Some(other) => {
                return Err(format!(
                    "has kv_cache_dtype '{other}', which is none of auto, bfloat16, fp8"
                ));
            }
        }
        Ok(())
    }

    /// How many proposals hold, where that is said.
    fn adjust_rates(&self, how: &mut Speculation) -> Result<(), String> {
        let number = |name| self.read(name, Json::as_f64, "a number");
        let (chance, length) = (
            number("acceptance_rate")?,
            number("synthetic_acceptance_length")?,
        );
        let rates = self.read("synthetic_acceptance_rates", Json::as_array, "a list")?;
        let is_synthetic = match self.read("rejection_sample_method", Json::as_str, "a name")? {
            None | Some("standard" | "block") => false,
            Some("synthetic") => true,
            Some(other) => {
                return Err(format!(
                    "has rejection_sample_method '{other}', which is none of standard, synthetic, block"
                ));
            }
        };
        let most = f64::from(how.tokens() + 1);
        match (chance, length, rates) {
            (None, None, None) if is_synthetic => Err(
                "has rejection_sample_method 'synthetic', which needs synthetic_acceptance_rates or synthetic_acceptance_length"
                    .to_owned(),
            ),
            (None, None, None) => Ok(()),
            (Some(chance), None, None) if (0.0..=1.0).contains(&chance) => {
                how.with_chance(chance);
                Ok(())
            }
            (Some(chance), None, None) => {
                Err(format!("has acceptance_rate {chance}, which has to lie between 0 and 1"))
            }
            (None, Some(length), None) if (1.0..=most).contains(&length) => {
                how.with_length(length);
                Ok(())
            }
            (None, Some(length), None) => Err(format!(
                "has synthetic_acceptance_length {length}, which has to lie between 1 and {most}"
            )),
            (None, None, Some(rates)) => set_rates(how, rates),
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) | (_, Some(_), Some(_)) => Err(
                "has more than one of acceptance_rate, synthetic_acceptance_rates and synthetic_acceptance_length"
                    .to_owned(),
            ),
        }
    }

    fn count(&self, name: &str) -> Result<Option<u32>, String> {
        let number = |value: &Json| u32::try_from(value.as_u64()?).ok().filter(|n| *n > 0);
        self.read(name, number, "a whole number above 0")
    }

    /// A field; none where it is not there or null.
    fn read<'a, T>(
        &'a self,
        name: &str,
        of: impl Fn(&'a Json) -> Option<T>,
        kind: &str,
    ) -> Result<Option<T>, String> {
        match self.fields.get(name) {
            None | Some(Json::Null) => Ok(None),
            Some(value) => match of(value) {
                Some(value) => Ok(Some(value)),
                None => Err(format!("has {name} {value}, which has to be {kind}")),
            },
        }
    }
}

/// The chance that the first holds, that the first two do …
fn set_rates(how: &mut Speculation, rates: &[Json]) -> Result<(), String> {
    let numbers: Vec<f64> = rates.iter().filter_map(Json::as_f64).collect();
    let falls = numbers.windows(2).all(|pair| pair[1] <= pair[0]);
    let all = numbers.iter().all(|rate| (0.0..=1.0).contains(rate));
    if rates.len() != how.rates.len() || numbers.len() != rates.len() || !falls || !all {
        return Err(format!(
            "has synthetic_acceptance_rates that are not {} numbers between 0 and 1, none greater than the one before",
            how.rates.len()
        ));
    }
    how.rates = numbers;
    Ok(())
}

impl Value for SpeculativeConfig {
    const SHAPE: Shape = Shape::One;

    fn read(raw: &Raw) -> Option<Self> {
        match serde_json::from_str(&raw.line()?).ok()? {
            Json::Object(fields) => Some(Self { fields }),
            _ => None,
        }
    }

    fn show(&self) -> Raw {
        Raw::Text(Json::Object(self.fields.clone()).to_string())
    }

    fn accepts(_: Option<(f64, f64)>) -> String {
        format!(
            "a JSON object with vLLM's `method`, `model`, `num_speculative_tokens`, and of {}",
            {
                let rest = HEEDED[3..].iter().map(|name| format!("`{name}`"));
                rest.collect::<Vec<_>>().join(", ")
            }
        )
    }
}
