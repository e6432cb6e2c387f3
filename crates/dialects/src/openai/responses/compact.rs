//! `POST /responses/compact`: a conversation in less room. What the user said stays as it was;
//! all else becomes one sealed item, which stands for it in later requests.
//! <https://platform.openai.com/docs/api-reference/responses/compact>
//!
//! ```json
//! {"id": "resp_…", "object": "response.compaction", "created_at": 1, "output": […], "usage": {…}}
//! ```

use bytes::BytesMut;
use fakeai_canon::{Alphabet, ApiError, Delta, Encoder, Message, Mode, Role, Seed, Usage, Work};
use fakeai_catalog::Model;
use serde_json::{Value, json};

use super::super::fields::Fields;
use super::content::text;
use super::seal::{self, Kind};
use super::{create, input, item, object, request, rules};
use crate::{Context, Decoded, JsonWriter, Opened};

/// How many turns a digest holds at most.
const DIGEST_TURNS: usize = 20;
/// How much of a turn it holds.
const DIGEST_CHARACTERS: usize = 200;

/// Reads the request.
///
/// # Errors
/// In realistic mode: nothing to compact, what came before is not there, or the items do not fit
/// together.
pub(super) fn open(call: Decoded, context: &Context<'_>) -> Result<Opened, ApiError> {
    let mut body = Fields::of(call.body);
    let name = request::model_name(&mut body, context)?;
    if context.mode == Mode::Realistic {
        rules::body(&body, &request::facts(context, &name))?;
    }
    let mut turn = request::turn(&mut body, context)?;
    let by_user = |item: &Value| {
        text(item, "role") == Some("user") && matches!(text(item, "type"), Some("message") | None)
    };
    let mut kept = std::mem::take(&mut turn.input);
    match context.mode {
        Mode::Realistic => kept.retain(by_user),
        // The contract allows them, the types of the official clients do not.
        Mode::Mock => kept.clear(),
    }
    let compaction = Compaction {
        key: context.seal,
        kept,
        summary: String::new(),
        ids: Seed(0),
        created: 0,
    };
    Ok(Opened {
        work: Work::Compact(Box::new(create::generate(name, &body, &mut turn))),
        encoder: Box::new(compaction),
        stream: false,
        background: false,
        truncate: false,
    })
}

/// The number of prompt tokens from which a response compacts its conversation by itself, where
/// the request asks for that; four fifths of the model's context where it names no number.
pub(super) fn threshold(body: &Fields, model: &Model) -> Option<u64> {
    let managed = body.peek("context_management")?.as_array()?;
    let wish = managed
        .iter()
        .find(|entry| text(entry, "type") == Some("compaction"))?;
    let usual = u64::from(model.context_window) / 5 * 4;
    Some(
        wish.get("compact_threshold")
            .and_then(Value::as_u64)
            .unwrap_or(usual),
    )
}

/// The last turns of a conversation in few words: who spoke, and how each turn began.
pub(super) fn digest(messages: &[Message]) -> String {
    let mut digest = String::new();
    for message in &messages[messages.len().saturating_sub(DIGEST_TURNS)..] {
        let said = message.joined_text();
        let end = said
            .char_indices()
            .nth(DIGEST_CHARACTERS)
            .map_or(said.len(), |(end, _)| end);
        let who = match message.role {
            Role::System | Role::Developer => "instructions",
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => "tool",
        };
        digest.push_str(who);
        digest.push_str(": ");
        digest.push_str(&said[..end]);
        digest.push('\n');
    }
    digest
}

/// Writes the compacted conversation.
struct Compaction {
    key: Seed,
    /// The user's messages.
    kept: Vec<Value>,
    summary: String,
    ids: Seed,
    created: u64,
}

impl Compaction {
    fn whole(&mut self, usage: &Usage) -> Value {
        let ids = self.ids.fork("input");
        let kept = std::mem::take(&mut self.kept).into_iter().enumerate();
        let mut output: Vec<Value> = kept.map(|(i, item)| input::listed(item, ids, i)).collect();
        let id = input::item_id(self.ids, "cmp_", output.len());
        output.push(item::compaction(
            &id,
            seal::seal(self.key, Kind::Compaction, &self.summary),
        ));
        json!({
            "id": self.ids.id("resp_", Alphabet::Hex, input::ID_LENGTH),
            "object": "response.compaction",
            "created_at": self.created,
            "output": output,
            "usage": object::usage(usage),
        })
    }
}

impl Encoder for Compaction {
    fn write(&mut self, delta: Delta<'_>, out: &mut BytesMut) {
        match delta {
            Delta::Start(start) => {
                self.ids = start.ids;
                self.created = start.created.whole_seconds();
            }
            Delta::Piece { text, .. } => self.summary.push_str(text),
            Delta::End { usage, at: _ } | Delta::Cancel { usage, .. } => {
                let whole = self.whole(usage);
                out.value(&whole);
            }
            Delta::Open { .. }
            | Delta::Close { .. }
            | Delta::Finish { .. }
            | Delta::Vectors(_)
            | Delta::Verdicts(_)
            | Delta::Ranked(_)
            | Delta::Made(_)
            | Delta::Sound { .. }
            | Delta::Fail { .. } => {}
        }
    }
}
