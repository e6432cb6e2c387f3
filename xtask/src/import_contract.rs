//! Turns OpenAI's published OpenAPI document into the prose-free contract under `data/contracts/`.
//!
//! Facts only: names, types, bounds, routes. A schema keyword that is in neither list of
//! `schema.rs` is an error, so that a new document can't silently lose meaning. Reading the
//! contract is not here but in `fakeai-contract`.

mod operation;
mod overlay;
mod schema;
mod write;

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::{Map, Value};

use overlay::Overlay;

/// The contract while it is put together: everything is already in its final form.
struct Draft {
    source: Value,
    /// Path parameters that may hold slashes.
    greedy: Vec<String>,
    operations: Vec<Value>,
    webhooks: Vec<Value>,
    schemas: Map<String, Value>,
}

/// Reads the document at `spec` and writes the contract to `out`. The overlay is looked for beside
/// `out`, with the ending `.overlay.toml`.
pub fn run(spec: &Path, out: &Path) -> Result<()> {
    let document = std::fs::read_to_string(spec)
        .with_context(|| format!("reading the document {}", spec.display()))?;
    let overlay_path = out.with_extension("overlay.toml");
    let overlay = std::fs::read_to_string(&overlay_path)
        .with_context(|| format!("reading the overlay {}", overlay_path.display()))?;
    let text = import(&document, &overlay)?;
    std::fs::write(out, text).with_context(|| format!("writing {}", out.display()))
}

/// The whole import as text to text: same input, same bytes.
fn import(document: &str, overlay: &str) -> Result<String> {
    let document: Value = serde_json::from_str(document).context("the document is not JSON")?;
    let overlay: Overlay = toml::from_str(overlay).context("the overlay does not fit")?;
    let mut draft = Draft {
        source: source(&document),
        greedy: overlay.greedy().to_vec(),
        operations: operation::all(&document, &overlay)?,
        webhooks: operation::webhooks(&document)?,
        schemas: schema::all(&document)?,
    };
    overlay.apply(&mut draft)?;
    write::contract(&draft)
}

fn source(document: &Value) -> Value {
    let mut source = Map::new();
    for key in ["title", "version"] {
        source.insert(key.into(), document["info"][key].clone());
    }
    Value::Object(source)
}

#[cfg(test)]
mod tests {
    use super::import;

    fn document(schema: &str) -> String {
        format!(
            r#"{{"info":{{"title":"t","version":"1"}},"paths":{{}},"webhooks":{{}},
                "components":{{"schemas":{{"Thing":{schema}}}}}}}"#
        )
    }

    const OVERLAY: &str = "[kinds]\ninfer=[]\nview=[]\n[security]\nadmin=[]\n[events]\n[event_pairs]\n\
        [body_limits]\ndefault=1\nmultipart=2\n[closed]\nschemas=[]\n[greedy]\nparameters=[]\n";

    #[test]
    fn an_unknown_keyword_stops_the_import_and_is_named_with_its_place() {
        let broken = document(r#"{"type":"object","properties":{"a":{"maximal":3}}}"#);
        let error = format!("{:#}", import(&broken, OVERLAY).unwrap_err());
        assert!(
            error.contains("Thing/properties/a") && error.contains("maximal"),
            "{error}"
        );
    }

    #[test]
    fn defects_of_the_document_are_put_right() {
        let cases = [
            (
                r#"{"type":"string","nullable":true}"#,
                r#"{"type":["string","null"]}"#,
            ),
            (
                r#"{"type":"string","enum":["a"],"nullable":true}"#,
                r#"{"type":["string","null"],"enum":["a",null]}"#,
            ),
            (
                r##"{"$ref":"#/components/schemas/Thing","nullable":true}"##,
                r#"{"anyOf":[{"$ref":"Thing"},{"type":"null"}]}"#,
            ),
            (
                r#"{"type":"number","minimum":0,"exclusiveMinimum":true}"#,
                r#"{"type":"number","exclusiveMinimum":0}"#,
            ),
            (r##"{"$recursiveRef":"#"}"##, r#"{"$ref":"Thing"}"#),
            (
                r#"{"type":"object","required":["a","a"],"description":"no prose"}"#,
                r#"{"type":"object","required":["a"]}"#,
            ),
            (
                r#"{"type":"string","enum":["a"],"default":"b"}"#,
                r#"{"type":"string","enum":["a"]}"#,
            ),
            (
                r#"{"oneOf":[{"const":"x"}]}"#,
                r#"{"anyOf":[{"enum":["x"]}]}"#,
            ),
        ];
        for (given, wanted) in cases {
            let contract = import(&document(given), OVERLAY).unwrap();
            assert!(
                contract.contains(&format!("\"Thing\":{wanted}\n")),
                "{given} -> {contract}"
            );
        }
    }

    #[test]
    fn the_same_document_gives_the_same_bytes() {
        let given = document(r#"{"type":"object","properties":{"b":{},"a":{}}}"#);
        assert_eq!(
            import(&given, OVERLAY).unwrap(),
            import(&given, OVERLAY).unwrap()
        );
    }
}
