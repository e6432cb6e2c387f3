//! The form that a prompt itself wants an answer to have: a JSON schema in its words, keys that it
//! lists, fields between markers. Not here: formats that the request has a parameter for.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::in_json::{self, Wanted};
use crate::prose::Topic;
use crate::reading::Reading;
use crate::{data, object};

#[derive(Deserialize)]
struct Words {
    asks: Vec<String>,
    about_form: Vec<String>,
    markers: Markers,
    note: Vec<Note>,
}

#[derive(Deserialize)]
struct Markers {
    lead: String,
    open: String,
    close: String,
    end: String,
}

#[derive(Deserialize)]
struct Note {
    says: String,
    means: Means,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Means {
    Schema,
    Choice,
    Integer,
    Number,
    Boolean,
    List,
}

static WORDS: LazyLock<Words> =
    LazyLock::new(|| data::facts(include_str!("../../../data/content/prompted.toml")));
static PROPERTIES: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("\"properties\""));
static LEAD: LazyLock<Finder<'static>> =
    LazyLock::new(|| Finder::new(WORDS.markers.lead.as_str()).into_owned());

/// Longer prompts are read up to here, in bytes, and so many braces are tried: reading a schema
/// out of a text must not cost more than the text.
const LONGEST: usize = 65_536;
const TRIED: usize = 64;

/// A form, and what the prompt says besides it.
pub(crate) struct Prompted<'r> {
    /// What the answer's values fit.
    pub(crate) schema: Value,
    /// The last turn without what is about the form: where the values are.
    pub(crate) matter: Cow<'r, str>,
    is_marked: bool,
}

impl<'r> Prompted<'r> {
    /// The form that a free text is to have, if the prompt wants any.
    pub(crate) fn of_text(reading: &'r Reading<'_>, topic: &Topic) -> Option<Self> {
        if let Some(line) = LEAD
            .find(reading.asked.as_bytes())
            .and_then(|at| reading.asked[at..].lines().next())
        {
            let markers = &WORDS.markers;
            let fields = fields(line, &markers.open, &markers.close);
            let fields = fields.filter(|(name, _)| *name != markers.end);
            return Some(Self {
                schema: closed(fields.map(|(name, note)| (name.to_owned(), shape(name, note)))),
                matter: matter(&reading.asked, &[&markers.open]),
                is_marked: true,
            });
        }
        let says = |text: &str| {
            let lower = text.to_lowercase();
            WORDS.asks.iter().any(|words| lower.contains(words))
        };
        let of_library = Self::with_schema(reading).filter(|_| texts(reading).any(says));
        of_library.or_else(|| Some(Self::plain(in_json::of(reading, topic)?)))
    }

    fn plain(wanted: Wanted<'r>) -> Self {
        Self {
            schema: wanted.schema,
            matter: wanted.matter,
            is_marked: false,
        }
    }

    /// The form of a JSON object: by a schema in the prompt, else by the keys that it names.
    pub(crate) fn of_object(reading: &'r Reading<'_>) -> Self {
        if let Some(found) = Self::with_schema(reading) {
            return found;
        }
        let named = |text| in_json::shown_object(text).map(|shown| shown.schema);
        match texts(reading).find_map(|text| named(text).or_else(|| object::schema(text))) {
            Some(schema) => Self {
                schema,
                ..Self::usual(reading)
            },
            None => Self::usual(reading),
        }
    }

    /// The form of a JSON object that nothing is said about.
    pub(crate) fn usual(reading: &'r Reading<'_>) -> Self {
        Self {
            schema: object::usual(),
            matter: Cow::Borrowed(&reading.asked),
            is_marked: false,
        }
    }

    fn with_schema(reading: &'r Reading<'_>) -> Option<Self> {
        let schema = texts(reading).find_map(schema_in)?;
        let about: Vec<_> = WORDS.about_form.iter().map(String::as_str).collect();
        let is_here = schema_in(&reading.asked).is_some();
        let is_only_form = || {
            let left = matter(&reading.asked, &about);
            (!left.trim().is_empty()).then_some(left)
        };
        // Where the last turn is nothing but the form, the values are in the turn before.
        let matter = match is_here {
            true => is_only_form().or_else(|| reading.earlier.first().cloned()),
            false => Some(Cow::Borrowed(&*reading.asked)),
        };
        Some(Self {
            schema,
            matter: matter.unwrap_or_default(),
            is_marked: false,
        })
    }

    /// An instance of the schema as it is to be written.
    pub(crate) fn written(&self, instance: &Value) -> String {
        let Some(fields) = instance.as_object().filter(|_| self.is_marked) else {
            return instance.to_string();
        };
        let values = fields.iter().map(|(name, value)| {
            let text = value.as_str().map(str::to_owned);
            (name.as_str(), text.unwrap_or_else(|| value.to_string()))
        });
        marked(values)
    }
}

/// Values between markers, as they are to be written.
pub(crate) fn marked<'n, V: AsRef<str>>(values: impl IntoIterator<Item = (&'n str, V)>) -> String {
    let markers = &WORDS.markers;
    let mut text = String::new();
    for (name, value) in values {
        let value = value.as_ref();
        text.extend([&markers.open, name, &markers.close, "\n", value, "\n\n"]);
    }
    text.extend([&*markers.open, &markers.end, &markers.close]);
    text
}

/// The values between the markers of a text: those whose marker has a line of its own.
pub(crate) fn values(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let markers = &WORDS.markers;
    text.split(&markers.open).skip(1).filter_map(|part| {
        let (name, value) = part.split_once(&markers.close)?;
        let value = value.strip_prefix('\n')?;
        let end = value.find(&markers.lead).unwrap_or(value.len());
        Some((name, value[..end].trim()))
    })
}

/// Whether a name is that of a form, such as JSON.
pub(crate) fn is_form(name: &str) -> bool {
    let mut words = WORDS.about_form.iter();
    words.any(|word| name.eq_ignore_ascii_case(word))
}

/// The texts that may say what the answer looks like, the nearest first.
fn texts<'r>(reading: &'r Reading<'_>) -> impl Iterator<Item = &'r str> {
    let instructions = reading.instructions.iter().rev();
    std::iter::once(&reading.asked)
        .chain(instructions)
        .map(|text| &**text)
}

/// The last JSON schema of an object that a text has: those before it are examples.
fn schema_in(text: &str) -> Option<Value> {
    PROPERTIES.find(text.as_bytes())?;
    let mut found = None;
    for (at, length) in objects(text) {
        let value: Value = serde_json::from_str(&text[at..at + length]).ok()?;
        let wraps = ["", "/schema", "/json_schema/schema", "/parameters"];
        let mut inner = wraps.iter().filter_map(|path| value.pointer(path));
        found = inner.find(|value| is_schema(value)).cloned().or(found);
    }
    found
}

fn is_schema(value: &Value) -> bool {
    let properties = value["properties"].as_object();
    properties.is_some_and(|all| !all.is_empty() && all.values().all(Value::is_object))
}

/// Where the JSON objects of a text are, and how long each is.
fn objects(text: &str) -> Vec<(usize, usize)> {
    let text = crate::shorten::shorten(text, LONGEST);
    let (mut found, mut at) = (Vec::new(), 0);
    for _ in 0..TRIED {
        let Some(next) = text[at..].find('{') else {
            break;
        };
        at += next;
        let mut values =
            serde_json::Deserializer::from_str(&text[at..]).into_iter::<serde::de::IgnoredAny>();
        match values.next() {
            Some(Ok(_)) => {
                found.push((at, values.byte_offset()));
                at += values.byte_offset();
            }
            Some(Err(_)) | None => at += 1,
        }
    }
    found
}

/// A text without its JSON objects and without the lines that have one of these words.
fn matter(text: &str, words: &[&str]) -> Cow<'static, str> {
    let mut bare = String::with_capacity(text.len());
    let mut from = 0;
    for (at, length) in objects(text) {
        bare.push_str(&text[from..at]);
        from = at + length;
    }
    bare.push_str(&text[from..]);
    let is_matter = |line: &&str| {
        let lower = line.to_lowercase();
        !words.iter().any(|word| lower.contains(word))
    };
    bare.lines()
        .filter(is_matter)
        .collect::<Vec<_>>()
        .join("\n")
        .into()
}

/// Names between marks, each with what stands in parentheses behind it.
pub(crate) fn fields<'t>(
    text: &'t str,
    open: &'t str,
    close: &'t str,
) -> impl Iterator<Item = (&'t str, &'t str)> {
    text.split(open).skip(1).filter_map(move |part| {
        let (name, rest) = part.split_once(close)?;
        let note = rest.trim_start_matches(['`', ' ']).strip_prefix('(');
        Some((name, note.unwrap_or_default()))
    })
}

/// The type of a field by its note, else by its name.
pub(crate) fn shape(name: &str, note: &str) -> Value {
    let told = WORDS.note.iter().find_map(|one| {
        let at = note.find(&one.says)? + one.says.len();
        Some((one.means, &note[at..]))
    });
    let Some((means, rest)) = told else {
        return match note.is_empty() {
            true => object::shape(name),
            false => json!({"type": "string"}),
        };
    };
    match means {
        Means::Schema => objects(rest)
            .first()
            .and_then(|(at, length)| serde_json::from_str(&rest[*at..at + length]).ok())
            .unwrap_or_else(|| json!({"type": "object"})),
        Means::Choice => {
            let listed = &rest[..rest.find(')').unwrap_or(rest.len())];
            let literals: Vec<_> = listed.split("; ").map(str::trim).collect();
            json!({"type": "string", "enum": literals})
        }
        Means::Integer => json!({"type": "integer"}),
        Means::Number => json!({"type": "number"}),
        Means::Boolean => json!({"type": "boolean"}),
        Means::List => json!({"type": "array", "items": {"type": "string"}, "minItems": 1}),
    }
}

/// A schema of an object that has these properties, all of them and no others.
pub(crate) fn closed(properties: impl Iterator<Item = (String, Value)>) -> Value {
    let properties: Map<_, _> = properties.collect();
    let required: Vec<_> = properties.keys().cloned().collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}
