//! The contract as text: valid JSON, one operation, webhook or schema a line, so that a new
//! document shows as a readable difference.

use anyhow::Result;
use serde_json::Value;

use super::Draft;

pub(super) fn contract(draft: &Draft) -> Result<String> {
    let mut out = String::from("{\n");
    out.push_str(&format!(
        "\"source\":{},\n",
        serde_json::to_string(&draft.source)?
    ));
    out.push_str(&format!(
        "\"greedy\":{},\n",
        serde_json::to_string(&draft.greedy)?
    ));
    list(&mut out, "operations", &draft.operations)?;
    list(&mut out, "webhooks", &draft.webhooks)?;
    let mut lines = Vec::with_capacity(draft.schemas.len());
    let mut names: Vec<&String> = draft.schemas.keys().collect();
    names.sort();
    for name in names {
        let schema = serde_json::to_string(&draft.schemas[name])?;
        lines.push(format!("{}:{schema}", serde_json::to_string(name)?));
    }
    out.push_str(&format!("\"schemas\":{{\n{}\n}}\n}}\n", lines.join(",\n")));
    Ok(out)
}

fn list(out: &mut String, name: &str, rows: &[Value]) -> Result<()> {
    let lines: Result<Vec<String>, _> = rows.iter().map(serde_json::to_string).collect();
    out.push_str(&format!("\"{name}\":[\n{}\n],\n", lines?.join(",\n")));
    Ok(())
}
