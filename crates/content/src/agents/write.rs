//! An agent's step in the format that its prompt wants. Not here: what the step is.

use serde_json::{Value, json};

use super::transcript::Transcript;
use super::words::{Style, WORDS};

/// Writes the steps of one agent.
pub(super) struct Writer<'p> {
    style: Style,
    past: &'p Transcript,
}

impl<'p> Writer<'p> {
    pub(super) fn new(style: Style, past: &'p Transcript) -> Self {
        Self { style, past }
    }

    /// A call of a tool. Arguments are a JSON object.
    pub(super) fn call(&self, name: &str, arguments: &str) -> String {
        let thought = WORDS.thoughts.call.replace("{tool}", &format!("`{name}`"));
        match self.style {
            Style::Fields => self.fields(&thought, name, arguments),
            Style::Code => {
                let call = format!("{name}({})", python(arguments));
                self.program(&thought, &format!("result = {call}\nprint(result)"))
            }
            Style::Blob => {
                let input: Value = serde_json::from_str(arguments).unwrap_or_default();
                self.blob(&thought, name, &self.input(input))
            }
            Style::Lines => {
                let input: Value = serde_json::from_str(arguments).unwrap_or_default();
                let input = match self.wants_json() {
                    true => arguments.to_owned(),
                    false => match self.input(input) {
                        Value::String(text) => text,
                        other => other.to_string(),
                    },
                };
                self.lines(&thought, &format!("Action: {name}\nAction Input: {input}"))
            }
        }
    }

    /// The end, with what is answered.
    pub(super) fn answer(&self, said: &str) -> String {
        let done = &WORDS.thoughts.done;
        let rules = &self.past.rules;
        match self.style {
            Style::Fields => self.fields(&WORDS.thoughts.finish, &WORDS.fields_of.finish, "{}"),
            Style::Code => {
                let said = Value::from(said).to_string();
                self.program(done, &format!("final_answer({said})"))
            }
            Style::Blob
                if rules.contains("\"action\": \"Final Answer\"")
                    || rules.contains("\"Final Answer\" or") =>
            {
                self.blob(done, "Final Answer", &said.into())
            }
            _ if rules.contains(&WORDS.last) => self.lines(done, &format!("{} {said}", WORDS.last)),
            _ => match spoken(rules) {
                Some((thought, label)) => self.lines(thought, &format!("{label} {said}")),
                None => {
                    let reply = &WORDS.thoughts.reply;
                    self.lines(reply, &format!("{} {said}", WORDS.answer))
                }
            },
        }
    }

    fn fields(&self, thought: &str, name: &str, arguments: &str) -> String {
        let fields = &WORDS.fields_of;
        let values = [
            (&fields.thought, thought),
            (&fields.tool, name),
            (&fields.arguments, arguments),
        ];
        crate::prompted::marked(values.map(|(name, value)| (name.as_str(), value)))
    }

    fn program(&self, thought: &str, program: &str) -> String {
        let quoted = |lead: &str| {
            let (_, rest) = self.past.rules.split_once(lead)?;
            rest.split('\'').next()
        };
        let open = quoted(&WORDS.opened).unwrap_or("```python");
        let close = quoted(&WORDS.closed).unwrap_or("```");
        format!("{} {thought}\n{open}\n{program}\n{close}", WORDS.thought)
    }

    fn blob(&self, thought: &str, action: &str, input: &Value) -> String {
        let blob = json!({"action": action, "action_input": input});
        let blob = serde_json::to_string_pretty(&blob).unwrap_or_default();
        self.lines(thought, &format!("Action:\n```json\n{blob}\n```"))
    }

    fn lines(&self, thought: &str, rest: &str) -> String {
        match self.past.is_thinking {
            true => format!(" {thought}\n{rest}"),
            false => format!("{} {thought}\n{rest}", WORDS.thought),
        }
    }

    /// What a tool is given: its arguments, or the one text that it takes.
    fn input(&self, arguments: Value) -> Value {
        let is_named = self.style == Style::Blob && self.has_schemas();
        match arguments
            .as_object()
            .map(|fields| (fields.len(), fields.values().next()))
        {
            Some((1, Some(only))) if !is_named => only.clone(),
            Some((0, _)) if !is_named => "".into(),
            _ => arguments,
        }
    }

    fn has_schemas(&self) -> bool {
        let mut leads = WORDS.arguments.iter();
        leads.any(|lead| self.past.rules.contains(lead))
    }

    /// Whether the line of the input is said to be JSON.
    fn wants_json(&self) -> bool {
        let mut lines = self.past.rules.lines();
        lines.any(|line| line.contains("Action Input:") && line.contains(&WORDS.json))
    }
}

/// The thought and the label of an answer that is spoken to a person: `Thought: …? No`, `AI: [your
/// response here]`.
fn spoken(rules: &str) -> Option<(&str, &str)> {
    let (before, rest) = rules.split_once("? No\n")?;
    let thought = before.rsplit_once(&WORDS.thought)?.1;
    let from = before.len() - thought.len();
    let thought = rules[from..before.len() + "? No".len()].trim();
    let label = rest.lines().next()?.split_once(':')?.0;
    Some((thought, rest.get(..=label.len())?.trim()))
}

/// Arguments as Python writes them.
fn python(arguments: &str) -> String {
    let fields: Value = serde_json::from_str(arguments).unwrap_or_default();
    let fields = fields.as_object().into_iter().flatten();
    let fields = fields.map(|(name, value)| format!("{name}={}", literal(value)));
    fields.collect::<Vec<_>>().join(", ")
}

fn literal(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Array(items) => {
            let items = items.iter().map(literal);
            format!("[{}]", items.collect::<Vec<_>>().join(", "))
        }
        Value::Object(fields) => {
            let fields = fields.iter();
            let fields = fields
                .map(|(name, value)| format!("{}: {}", Value::from(name.as_str()), literal(value)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        Value::Number(_) | Value::String(_) => value.to_string(),
    }
}
