//! Moderations: texts and images in, a judgement on each by category out.
//! <https://platform.openai.com/docs/api-reference/moderations/create>
//!
//! ```text
//! {"model":"omni-moderation-latest","input":"I will kill them"}
//! {"id":"modr-…","model":"omni-moderation-latest","results":[{"flagged":true,"categories":
//!  {"violence":true,…},"category_scores":{"violence":0.97,…},"category_applied_input_types":
//!  {"violence":["text"],…}}]}
//! ```

use bytes::BytesMut;
use fakeai_canon::{
    Alphabet, ApiError, Category, Delta, Encoder, MediaKind, Mode, Moderate, ModerateInput,
    Moderation, Part, Seed, Verdict, Work,
};
use fakeai_catalog::{Endpoint, Modality, Model};
use serde_json::Value;

use super::fields::Fields;
use super::{bounds, message, model};
use crate::{Context, Decoded, JsonWriter, Opened};

const DEFAULT_MODEL: &str = "omni-moderation-latest";

/// Opens `createModeration`.
///
/// # Errors
/// In realistic mode the provider's own: a model that does not moderate, one that reads no
/// images and is shown one, no input at all.
pub(super) fn open(call: Decoded, context: &Context<'_>) -> Result<Opened, ApiError> {
    let mut body = Fields::of(call.body);
    let name = body
        .string("model")
        .unwrap_or_else(|| DEFAULT_MODEL.to_owned());
    let inputs = inputs(body.take("input"), context.mode)?;
    if context.mode == Mode::Realistic {
        check(&inputs, &name, &model::look_up(context.catalog, &name))?;
    }
    let model = model::answering(context.catalog, &name);
    let encoder = Verdicts {
        model,
        ids: Seed(0),
        results: BytesMut::new(),
    };
    Ok(Opened {
        work: Work::Moderate(Moderate {
            model: name,
            inputs,
        }),
        encoder: Box::new(encoder),
        stream: false,
        background: false,
        truncate: false,
    })
}

/// A text, several texts each judged on its own, or parts that are judged together.
fn inputs(value: Option<Value>, mode: Mode) -> Result<Vec<ModerateInput>, ApiError> {
    match value {
        Some(Value::String(text)) => Ok(vec![alone(Part::Text(text))]),
        Some(Value::Array(items)) if items.first().is_some_and(Value::is_object) => {
            let parts = items.into_iter().enumerate().map(|(index, item)| {
                message::part(Fields::of(item), &|| format!("input[{index}]"), mode)
            });
            Ok(vec![ModerateInput {
                parts: parts.collect::<Result<_, _>>()?,
            }])
        }
        Some(Value::Array(items)) => Ok(items
            .into_iter()
            .filter_map(text)
            .map(Part::Text)
            .map(alone)
            .collect()),
        _ => Ok(Vec::new()),
    }
}

fn text(value: Value) -> Option<String> {
    super::fields::into_string(value)
}

fn alone(part: Part) -> ModerateInput {
    ModerateInput { parts: vec![part] }
}

fn moderates(name: &str, model: &Model, param: &str) -> Result<(), ApiError> {
    if model.serves(Endpoint::Moderations) {
        return Ok(());
    }
    Err(ApiError::invalid(format!(
        "Invalid value for 'model' = {name}. Please check the OpenAI documentation and try again."
    ))
    .param(param))
}

fn check(inputs: &[ModerateInput], name: &str, model: &Model) -> Result<(), ApiError> {
    moderates(name, model, "model")?;
    bounds::array("input", inputs.len(), 1, usize::MAX)?;
    let is_image =
        |part: &Part| matches!(part, Part::Media(media) if media.kind == MediaKind::Image);
    let shows = inputs.iter().flat_map(|input| &input.parts).any(is_image);
    if shows && !model.reads(Modality::Image) {
        let problem = "Invalid content type. image_url is only supported by certain models.";
        return Err(ApiError::invalid(problem).param("input"));
    }
    Ok(())
}

/// Writes verdicts.
struct Verdicts {
    model: String,
    ids: Seed,
    results: BytesMut,
}

impl Verdicts {
    fn collect(&mut self, verdicts: &[Verdict]) {
        let out = &mut self.results;
        for (index, verdict) in verdicts.iter().enumerate() {
            out.raw(if index > 0 { ",{" } else { "{" });
            judgement(verdict, out);
            out.raw("}");
        }
    }

    fn body(&self, out: &mut BytesMut) {
        out.raw("{\"id\":\"");
        out.raw(&self.ids.id("modr-", Alphabet::Hex, 32));
        out.raw("\",\"model\":");
        out.string(&self.model);
        out.raw(",\"results\":[");
        out.extend_from_slice(&self.results);
        out.raw("]}");
    }
}

/// Reads the `moderation` of a request for an answer.
pub(super) fn wanted(value: &Value) -> Moderation {
    let blocks = |place: &str| value["policy"][place]["mode"] == "block";
    Moderation {
        model: value["model"].as_str().unwrap_or(DEFAULT_MODEL).to_owned(),
        blocks_input: blocks("input"),
        blocks_output: blocks("output"),
    }
}

/// Holds the model of a request's `moderation` against what it can do; `param` is its path.
///
/// # Errors
/// The provider's: it does not moderate.
pub(super) fn check_wanted(
    value: &Value,
    param: &str,
    context: &Context<'_>,
) -> Result<(), ApiError> {
    let name = &wanted(value).model;
    moderates(name, &model::look_up(context.catalog, name), param)
}

/// Appends the judgement on one text of an answer that is judged along: a `ModerationResultBody`.
pub(super) fn result(verdict: &Verdict, model: &str, out: &mut BytesMut) {
    out.raw("{\"type\":\"moderation_result\",\"model\":");
    out.string(model);
    out.raw(",");
    judgement(verdict, out);
    out.raw("}");
}

/// The judgements on what was asked and on its one answer, as a `Moderation`.
pub(super) fn both(asked: &Verdict, answered: &Verdict, model: &str) -> Value {
    let told = |verdict| {
        let mut out = BytesMut::new();
        result(verdict, model, &mut out);
        serde_json::from_slice(&out).unwrap_or(Value::Null)
    };
    serde_json::json!({"input": told(asked), "output": told(answered)})
}

/// Appends what a judgement consists of, without the braces around it.
fn judgement(verdict: &Verdict, out: &mut BytesMut) {
    out.raw("\"flagged\":");
    out.raw(boolean(verdict.flagged()));
    out.raw(",\"categories\":{");
    each(verdict, out, |category, out| {
        out.raw(boolean(category.flagged))
    });
    out.raw("},\"category_scores\":{");
    each(verdict, out, |category, out| out.float(category.score));
    out.raw("},\"category_applied_input_types\":{");
    each(verdict, out, |category, out| out.raw(applied(category)));
    out.raw("}");
}

/// Appends a value for each category, under its name.
fn each(verdict: &Verdict, out: &mut BytesMut, value: impl Fn(&Category, &mut BytesMut)) {
    for (index, category) in verdict.categories.iter().enumerate() {
        if index > 0 {
            out.raw(",");
        }
        out.string(category.name);
        out.raw(":");
        value(category, out);
    }
}

fn boolean(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

fn applied(category: &Category) -> &'static str {
    match (category.applies_to_text, category.applies_to_image) {
        (true, true) => "[\"text\",\"image\"]",
        (true, false) => "[\"text\"]",
        (false, true) => "[\"image\"]",
        (false, false) => "[]",
    }
}

impl Encoder for Verdicts {
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut) {
        match delta {
            Delta::Start(start) => self.ids = start.ids,
            Delta::Verdicts(verdicts) => self.collect(verdicts),
            Delta::End { .. } => self.body(out),
            Delta::Open { .. }
            | Delta::Piece { .. }
            | Delta::Close { .. }
            | Delta::Finish { .. }
            | Delta::Vectors(_)
            | Delta::Ranked(_)
            | Delta::Made(_)
            | Delta::Sound { .. }
            | Delta::Cancel { .. }
            | Delta::Fail { .. } => {}
        }
    }
}
