//! What a prompt and its tools name has to be there: stored files and containers. Not here:
//! whether it is of use, nor skills, which are looked up to be read.

use fakeai_canon::{ApiError, Generate, Input, Media, MediaSource, Part, Tool};
use fakeai_resources as resources;
use serde_json::Value;

use super::Meaning;
use crate::visit::Visit;

/// A stored object: its family and its id.
type Named<'w> = (&'static str, &'w str);

/// Refuses what nobody has stored, or what was deleted.
pub(super) fn check(meaning: &Meaning<'_>, _: &mut Visit) -> Result<(), ApiError> {
    if meaning.world.is_mock() {
        return Ok(());
    }
    let Some(work) = meaning.work.reading() else {
        return Ok(());
    };
    let objects = meaning.world.objects(&meaning.caller.project);
    let mut named = in_prompt(work).chain(work.tools.iter().flat_map(in_tool));
    named.try_for_each(|(family, id)| resources::check_named(objects, family, id))
}

/// The files of a conversation.
fn in_prompt(work: &Generate) -> impl Iterator<Item = Named<'_>> {
    let messages = match &work.input {
        Input::Chat(messages) => messages.as_slice(),
        Input::Raw(_) => &[],
    };
    let parts = messages.iter().flat_map(|message| &message.parts);
    parts.filter_map(|part| match part {
        Part::Media(Media {
            source: MediaSource::Stored(id),
            ..
        }) => Some(("files", id.as_str())),
        Part::Media(_) | Part::Text(_) | Part::Refusal(_) | Part::Reasoning(_) => None,
    })
}

/// What the container of a tool is, and what it is to hold: a container of its own is named by its
/// id, one that is made for the answer by what goes into it.
fn in_tool(tool: &Tool) -> Vec<Named<'_>> {
    let settings = match tool {
        Tool::Hosted { settings, .. } => &settings.0,
        Tool::Function { .. } | Tool::Custom { .. } => return Vec::new(),
    };
    let mut named = Vec::new();
    for place in [&settings["container"], &settings["environment"]] {
        let own = place.as_str().or_else(|| place["container_id"].as_str());
        named.extend(own.map(|id| ("containers", id)));
        named.extend(listed(&place["file_ids"], "files", Value::as_str));
    }
    named
}

/// The objects of a family that a list names.
fn listed<'w>(
    list: &'w Value,
    family: &'static str,
    id: fn(&'w Value) -> Option<&'w str>,
) -> impl Iterator<Item = Named<'w>> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(id).map(move |id| (family, id))
}
