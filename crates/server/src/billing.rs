//! What an answer is charged as: what its request asked for and what its plan uses besides tokens.

use fakeai_canon::{Billed, Extras, Plan, Segment, Tool, Work};
use fakeai_catalog::Model;
use serde_json::Value;

/// What a request says of how it is charged.
pub(crate) struct Charged {
    tier: String,
    /// How much of what a search of the web finds is read.
    context_level: Option<String>,
    /// The first vector store that may be searched.
    store: Option<String>,
}

impl Charged {
    /// Reads a request's body.
    pub(crate) fn of(body: &Value) -> Self {
        let tool = |kind: &str| {
            let tools = body["tools"].as_array().into_iter().flatten();
            let mut tools = tools.filter(|tool| {
                let found = tool["type"].as_str();
                found.is_some_and(|found| found.starts_with(kind))
            });
            tools.next()
        };
        let tier = body["service_tier"].as_str().filter(|tier| *tier != "auto");
        let web = tool("web_search");
        let store = tool("file_search").and_then(|tool| tool["vector_store_ids"][0].as_str());
        Self {
            tier: tier.unwrap_or("default").to_owned(),
            context_level: web.map(|tool| {
                let size = tool["search_context_size"].as_str();
                size.unwrap_or("medium").to_owned()
            }),
            store: store.map(str::to_owned),
        }
    }

    /// What the planned answer is charged as.
    pub(crate) fn billed(self, work: &Work, model: &Model, plan: &Plan, batch: bool) -> Billed {
        let mut extras = Extras {
            context_level: self.context_level,
            ..made(work)
        };
        let mut file_searches = 0;
        for kind in hosted(plan) {
            match kind {
                "web_search" => extras.web_searches += 1,
                "file_search" if !reads_everything(work) => file_searches += 1,
                "code_interpreter" => extras.code_sessions = 1,
                _ => {}
            }
        }
        if file_searches > 0 {
            let store = self.store.unwrap_or_default();
            extras.file_searches = vec![(store, file_searches)];
        }
        Billed {
            model: model.snapshot.clone(),
            tier: self.tier,
            batch,
            extras,
        }
    }
}

/// Whether it reads all documents there are, which is no search of vector stores as the provider
/// charges it.
fn reads_everything(work: &Work) -> bool {
    let mut tools = work.answering().into_iter().flat_map(|work| &work.tools);
    tools.any(|tool| match tool {
        Tool::Hosted { settings, .. } => settings.0["everywhere"] == true,
        Tool::Function { .. } | Tool::Custom { .. } => false,
    })
}

/// What is made or heard, counted as it is charged.
fn made(work: &Work) -> Extras {
    match work {
        Work::Draw(drawn) => Extras {
            images: u64::from(drawn.count),
            size: Some(format!("{}x{}", drawn.width, drawn.height)),
            ..Extras::default()
        },
        Work::Speak(spoken) => Extras {
            characters: spoken.input.chars().count() as u64,
            ..Extras::default()
        },
        Work::Transcribe(recording) => Extras {
            seconds: recording.milliseconds.div_ceil(1_000),
            ..Extras::default()
        },
        Work::Generate(_)
        | Work::Count(_)
        | Work::Compact(_)
        | Work::Embed(_)
        | Work::Moderate(_)
        | Work::Rank(_) => Extras::default(),
    }
}

/// The kinds of the calls that the provider runs itself.
fn hosted(plan: &Plan) -> impl Iterator<Item = &str> {
    let choices = match plan {
        Plan::Generation(generation) => generation.choices.as_slice(),
        Plan::Vectors { .. }
        | Plan::Verdicts { .. }
        | Plan::Ranking { .. }
        | Plan::Made { .. }
        | Plan::Count(_) => &[],
    };
    let segments = choices.iter().flat_map(|choice| &choice.segments);
    segments.filter_map(|segment| match segment {
        Segment::Hosted(call) => Some(call.kind.as_str()),
        Segment::Reasoning(_)
        | Segment::Summary(_)
        | Segment::Echo(_)
        | Segment::Text(_)
        | Segment::Refusal(_)
        | Segment::Spoken(_)
        | Segment::Call(_) => None,
    })
}
