//! Prompt templates: texts that the settings of a world define and requests name by their id, with
//! variables in them. Where none is defined, any id is good and its variables are all that is known.
//! Not here: the settings.

use fakeai_canon::{ApiError, ErrorKind, Message, Mode, Part, Role};
use serde_json::{Map, Value};

use super::content::{self, text};
use super::request::missing;
use crate::Context;

/// A template, as settings define it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptTemplate {
    /// Its id, as in `pmpt_abc`.
    pub id: String,
    /// Its version; without one it is the only one of its id.
    pub version: Option<String>,
    /// Its text, with variables as in `{{city}}`.
    pub text: String,
}

/// The turn that a request's `prompt` stands for; none where it stands for nothing.
///
/// # Errors
/// In realistic mode: a template that is not there, or a variable of it that is not given.
pub(super) fn message(prompt: &Value, context: &Context<'_>) -> Result<Option<Message>, ApiError> {
    let none = Map::new();
    let variables = prompt["variables"].as_object().unwrap_or(&none);
    let parts = match find(prompt, context)? {
        Some(template) => filled(&template.text, variables, context.mode)?,
        None => given(variables, context.mode)?,
    };
    Ok((!parts.is_empty()).then(|| Message {
        parts,
        ..Message::text(Role::Developer, "")
    }))
}

/// The template that a request names: of its version, else the last one that is defined.
fn find<'a>(prompt: &Value, context: &Context<'a>) -> Result<Option<&'a PromptTemplate>, ApiError> {
    let id = text(prompt, "id").unwrap_or_default();
    let version = text(prompt, "version");
    let mut named = context.templates.iter().filter(|one| one.id == id).rev();
    let is_wanted = |one: &&PromptTemplate| version.is_none() || one.version.as_deref() == version;
    let found = named.find(is_wanted);
    if found.is_some() || context.templates.is_empty() || context.mode == Mode::Mock {
        return Ok(found);
    }
    // The first as in https://github.com/miharekar/visualizer/issues/198; the second by analogy.
    let is_known = context.templates.iter().any(|one| one.id == id);
    let problem = match version.filter(|_| is_known) {
        Some(version) => format!("Prompt with id '{id}' and version '{version}' not found."),
        None => format!("Prompt with id '{id}' not found."),
    };
    Err(ApiError::new(ErrorKind::NotFound, problem))
}

/// A text with its variables filled in. What is no text stands between the pieces of it.
fn filled(
    template: &str,
    variables: &Map<String, Value>,
    mode: Mode,
) -> Result<Vec<Part>, ApiError> {
    let mut parts = vec![Part::Text(String::new())];
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, behind)) = after.split_once("}}") else {
            break;
        };
        say(&mut parts, before);
        rest = behind;
        let name = name.trim();
        match variables.get(name) {
            Some(value) => {
                for part in content::parts(value, &|| place(name), mode)? {
                    match part {
                        Part::Text(text) => say(&mut parts, &text),
                        Part::Media(_) | Part::Refusal(_) | Part::Reasoning(_) => parts.push(part),
                    }
                }
            }
            None if mode == Mode::Realistic => return Err(missing(&place(name))),
            None => say(&mut parts, name),
        }
    }
    say(&mut parts, rest);
    parts.retain(|part| part.as_text().is_none_or(|text| !text.is_empty()));
    Ok(parts)
}

/// Goes on with the text that the parts end with, or with a new one.
fn say(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        Some(Part::Text(said)) => said.push_str(text),
        Some(Part::Media(_) | Part::Refusal(_) | Part::Reasoning(_)) | None => {
            parts.push(Part::Text(text.to_owned()));
        }
    }
}

/// The variables alone.
fn given(variables: &Map<String, Value>, mode: Mode) -> Result<Vec<Part>, ApiError> {
    let mut parts = Vec::new();
    for (name, value) in variables {
        parts.extend(content::parts(value, &|| place(name), mode)?);
    }
    Ok(parts)
}

fn place(name: &str) -> String {
    format!("prompt.variables.{name}")
}
