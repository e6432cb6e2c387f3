//! Reads the contract file in one pass: each schema is compiled as soon as it is parsed, so that
//! never more than one of them exists as a JSON value.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::api::Api;
use crate::error::SchemaError;
use crate::mount::Mount;
use crate::operation::{Answer, Body, Kind, Method, Operation, Parameter, Place, Security};
use crate::rows::Rows as Beside;
use crate::schema::{Builder, Limits, SchemaId, Schemas};
use crate::wire::Wire;

/// The contract is ours: only mistakes in it would hit these.
const LIMITS: Limits = Limits {
    weight: 2_000_000,
    depth: 256,
};

/// The parts of a contract file.
pub(crate) struct Loaded {
    pub(crate) operations: Vec<Operation>,
    pub(crate) webhooks: Vec<(Arc<str>, SchemaId)>,
    pub(crate) schemas: Schemas,
    pub(crate) named: BTreeMap<Arc<str>, SchemaId>,
    pub(crate) greedy: Vec<String>,
    pub(crate) wires: Vec<Wire>,
    pub(crate) mounts: Vec<Mount>,
}

struct Loading {
    builder: Builder,
    operations: Vec<Operation>,
    webhooks: Vec<(Arc<str>, SchemaId)>,
    named: BTreeMap<Arc<str>, SchemaId>,
    greedy: Vec<String>,
    wires: Vec<Wire>,
    mounts: Vec<Mount>,
    /// Whose rows are being read.
    api: Api,
}

/// Reads a contract file, and the rows that stand beside it.
pub(crate) fn load(text: &str, beside: &[Beside]) -> Result<Loaded, serde_json::Error> {
    let mut loading = Loading {
        builder: Builder::new(LIMITS, false),
        operations: Vec::new(),
        webhooks: Vec::new(),
        named: BTreeMap::new(),
        greedy: Vec::new(),
        wires: Vec::new(),
        mounts: Vec::new(),
        api: Api::OpenAi,
    };
    let mut reader = serde_json::Deserializer::from_str(text);
    File(&mut loading).deserialize(&mut reader)?;
    reader.end()?;
    for rows in beside {
        loading.beside(rows).map_err(serde_json::Error::custom)?;
    }
    if let Some(name) = loading.builder.next_waiting() {
        return Err(serde_json::Error::custom(format!(
            "nothing is named {name}"
        )));
    }
    Ok(Loaded {
        operations: loading.operations,
        webhooks: loading.webhooks,
        schemas: loading.builder.finish().map_err(wrong)?,
        named: loading.named,
        greedy: loading.greedy,
        wires: loading.wires,
        mounts: loading.mounts,
    })
}

fn wrong<E: serde::de::Error>(error: SchemaError) -> E {
    E::custom(error.to_string())
}

/// The outermost object.
struct File<'l>(&'l mut Loading);

impl<'de> DeserializeSeed<'de> for File<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for File<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a contract")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some(name) = members.next_key::<String>()? {
            match name.as_str() {
                "operations" => members.next_value_seed(Rows(self.0, Loading::operation))?,
                "webhooks" => members.next_value_seed(Rows(self.0, Loading::webhook))?,
                "schemas" => members.next_value_seed(Named(self.0))?,
                "greedy" => self.0.greedy = members.next_value()?,
                _ => {
                    members.next_value::<serde::de::IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// What takes in one row.
type Take = fn(&mut Loading, &Value) -> Result<(), String>;

struct Rows<'l>(&'l mut Loading, Take);

impl<'de> DeserializeSeed<'de> for Rows<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Rows<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        while let Some(row) = rows.next_element::<Value>()? {
            self.1(self.0, &row).map_err(A::Error::custom)?;
        }
        Ok(())
    }
}

struct Named<'l>(&'l mut Loading);

impl<'de> DeserializeSeed<'de> for Named<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Named<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("named schemas")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while let Some((name, schema)) = members.next_entry::<String, Value>()? {
            self.0.named(name, &schema).map_err(wrong)?;
        }
        Ok(())
    }
}

impl Loading {
    fn beside(&mut self, rows: &Beside) -> Result<(), String> {
        self.api = rows.api().ok_or("rows of nobody that is known")?;
        for (name, schema) in &rows.schemas {
            if self.named.contains_key(name.as_str()) {
                return Err(format!("two schemas are named {name}"));
            }
            let read = self.named(name.clone(), schema);
            read.map_err(|error| error.to_string())?;
        }
        for row in &rows.operation {
            self.operation(row)?;
        }
        let answers = rows.answers.iter();
        let answers = answers.map(|(path, name)| (path.clone(), self.builder.slot(name)));
        let answers = answers.collect();
        let opening = rows.opening.as_ref();
        self.wires.push(Wire {
            api: self.api,
            answers,
            opening: opening.map(|name| self.builder.slot(name)),
            errors: self.builder.slot(&rows.errors),
        });
        self.mounts.extend(rows.mounts());
        Ok(())
    }

    fn named(&mut self, name: String, schema: &Value) -> Result<(), SchemaError> {
        let slot = self.builder.slot(&name);
        self.builder.read_into(slot, schema)?;
        self.named.insert(name.into(), slot);
        Ok(())
    }

    fn operation(&mut self, row: &Value) -> Result<(), String> {
        let index = u16::try_from(self.operations.len()).map_err(|_| "too many operations")?;
        let method = Method::parse(text(row, "method")?).ok_or("an unknown method")?;
        let event = row["event"].as_str().map(|name| self.builder.slot(name));
        let operation = Operation {
            index,
            id: text(row, "id")?.into(),
            method,
            path: text(row, "path")?.into(),
            api: self.api,
            root: flag(row, "root"),
            open: flag(row, "open"),
            kind: kind(text(row, "kind")?)?,
            tag: text(row, "tag")?.into(),
            security: security(text(row, "security")?)?,
            parameters: self.parameters(row)?,
            request: self.bodies(&row["request"]["content"])?,
            request_required: row["request"]["required"] == Value::Bool(true),
            responses: self.answers(&row["responses"])?,
            streams: event.is_some(),
            event,
            event_pairs: flag(row, "event_pairs"),
            deprecated: flag(row, "deprecated"),
            beta: flag(row, "beta"),
            upgrade: flag(row, "upgrade"),
            body_limit: row["body_limit"].as_u64(),
        };
        self.operations.push(operation);
        Ok(())
    }

    fn webhook(&mut self, row: &Value) -> Result<(), String> {
        let schema = self.schema(&row["schema"])?;
        self.webhooks.push((text(row, "name")?.into(), schema));
        Ok(())
    }

    fn schema(&mut self, schema: &Value) -> Result<SchemaId, String> {
        self.builder.read(schema).map_err(|error| error.to_string())
    }

    fn parameters(&mut self, row: &Value) -> Result<Box<[Parameter]>, String> {
        let list = row["parameters"].as_array().into_iter().flatten();
        list.map(|given| {
            Ok(Parameter {
                name: text(given, "name")?.into(),
                place: place(text(given, "in")?)?,
                required: flag(given, "required"),
                schema: self.schema(&given["schema"])?,
            })
        })
        .collect()
    }

    fn bodies(&mut self, content: &Value) -> Result<Box<[Body]>, String> {
        let entries = content.as_object().into_iter().flatten();
        entries
            .map(|(media, schema)| {
                Ok(Body {
                    media: media.as_str().into(),
                    schema: self.schema(schema)?,
                })
            })
            .collect()
    }

    fn answers(&mut self, responses: &Value) -> Result<Box<[Answer]>, String> {
        let mut answers = Vec::new();
        for (status, content) in responses.as_object().into_iter().flatten() {
            let status: u16 = status.parse().map_err(|_| "a status that is no number")?;
            let bodies = self.bodies(content)?;
            if bodies.is_empty() {
                answers.push(Answer {
                    status,
                    media: None,
                    schema: None,
                });
            }
            answers.extend(bodies.into_iter().map(|body| Answer {
                status,
                media: Some(body.media),
                schema: Some(body.schema),
            }));
        }
        answers.sort_by_key(|answer| answer.status);
        Ok(answers.into())
    }
}

fn text<'v>(row: &'v Value, name: &str) -> Result<&'v str, String> {
    row[name]
        .as_str()
        .ok_or_else(|| format!("a row without '{name}': {row}"))
}

fn flag(row: &Value, name: &str) -> bool {
    row[name] == Value::Bool(true)
}

fn kind(name: &str) -> Result<Kind, String> {
    match name {
        "infer" => Ok(Kind::Infer),
        "resource" => Ok(Kind::Resource),
        "view" => Ok(Kind::View),
        other => Err(format!("the kind '{other}' is unknown")),
    }
}

fn security(name: &str) -> Result<Security, String> {
    match name {
        "key" => Ok(Security::Key),
        "admin" => Ok(Security::Admin),
        other => Err(format!("the security '{other}' is unknown")),
    }
}

fn place(name: &str) -> Result<Place, String> {
    match name {
        "path" => Ok(Place::Path),
        "query" => Ok(Place::Query),
        "header" => Ok(Place::Header),
        other => Err(format!("the place '{other}' is unknown")),
    }
}
