//! What a content filter found, as Azure tells it: `{"hate":{"filtered":false,"severity":"safe"},…}`.

use bytes::BytesMut;
use fakeai_canon::{Finding, Grade, Screening, Severity};

use crate::JsonWriter;

/// Appends an object with a result for each category.
pub(crate) fn write(findings: &[Finding], out: &mut BytesMut) {
    out.raw("{");
    for (place, finding) in findings.iter().enumerate() {
        out.raw(if place > 0 { ",\"" } else { "\"" });
        out.raw(finding.name);
        out.raw("\":{\"filtered\":");
        out.raw(boolean(finding.filtered));
        match finding.grade {
            Grade::Severity(severity) => {
                out.raw(",\"severity\":\"");
                out.raw(name(severity));
                out.raw("\"}");
            }
            Grade::Detected(detected) => {
                out.raw(",\"detected\":");
                out.raw(boolean(detected));
                out.raw("}");
            }
        }
    }
    out.raw("}");
}

/// Appends `"prompt_filter_results":[…]`.
pub(crate) fn write_prompts(screening: &Screening, out: &mut BytesMut) {
    out.raw("\"prompt_filter_results\":[");
    for (index, findings) in screening.prompts.iter().enumerate() {
        out.raw(if index > 0 { ",{" } else { "{" });
        out.raw("\"prompt_index\":");
        out.number(index as u64);
        out.raw(",\"content_filter_results\":");
        write(findings, out);
        out.raw("}");
    }
    out.raw("]");
}

/// Appends `"content_filter_results":{…}` for what a choice says; empty where it says nothing yet.
pub(crate) fn write_choice(screening: &Screening, choice: Option<u32>, out: &mut BytesMut) {
    out.raw("\"content_filter_results\":");
    let findings = choice.and_then(|choice| screening.choices.get(choice as usize));
    write(findings.map_or(&[], Vec::as_slice), out);
}

/// Appends the event by which a stream tells what was found in its prompts.
pub(crate) fn write_opening(screening: &Screening, out: &mut BytesMut) {
    out.raw("data: {\"choices\":[],\"created\":0,\"id\":\"\",\"model\":\"\",\"object\":\"\",");
    write_prompts(screening, out);
    out.raw("}\n\n");
}

fn boolean(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

fn name(severity: Severity) -> &'static str {
    match severity {
        Severity::Safe => "safe",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
    }
}
