//! The reference page of the settings, made of their declarations.

use fakeai_server::config::{Config, Raw, Section, Setting, Shape};

/// How the page starts.
const INTRODUCTION: &str = "# Configuration

<!-- Made by `fakeai config --markdown`; a test compares them. -->

Every setting can be given in four ways; each one replaces those above it:

1. its default,
2. a file: `fakeai.toml`, `fakeai.yaml`, `fakeai.yml` or `fakeai.json` in the working directory,
   or the one that `--config` or `FAKEAI_CONFIG` names, with a table for each section,
3. the environment: `FAKEAI_PORT` and `FAKEAI_SERVER__PORT` mean the same; an empty variable counts
   as not set; lists have commas between their entries or are JSON,
4. a flag of `fakeai server`.

A key that is not listed here, or a value that is not accepted, stops the start. `fakeai config`
shows the effective values and where each one came from; it takes the same flags.
";

/// The page in Markdown.
pub fn reference_page() -> String {
    let sections = Config::sections().iter().map(section_of);
    std::iter::once(INTRODUCTION.to_owned())
        .chain(sections)
        .collect()
}

fn section_of(section: &Section) -> String {
    let head = format!("\n## {}\n\n{}\n", section.name, text_of(section.about));
    std::iter::once(head)
        .chain(section.settings.iter().map(setting_of))
        .collect()
}

fn setting_of(setting: &Setting) -> String {
    let default = match setting.show(&Config::default()) {
        Raw::Nothing => "left open".to_owned(),
        Raw::List(values) if values.is_empty() => "none".to_owned(),
        Raw::Text(text) => format!("`{text}`"),
        shown @ (Raw::Switch(_) | Raw::Whole(_) | Raw::Number(_) | Raw::List(_)) => {
            format!("`{shown}`")
        }
    };
    let mut flags: Vec<String> = setting
        .flags()
        .iter()
        .map(|flag| format!("--{flag}"))
        .collect();
    if setting.shape == Shape::Switch {
        flags.push(format!("--no-{}", setting.flags()[0]));
    }
    let mut page = format!(
        "\n### `{}`\n\n{}\n\n",
        setting.name(),
        text_of(setting.about)
    );
    page.push_str(&format!(
        "- Accepts: {}\n- Default: {default}\n",
        setting.accepts()
    ));
    page.push_str(&format!("- Flag: {}\n", quoted(&flags)));
    page.push_str(&format!(
        "- Environment: {}\n",
        quoted(&setting.variables())
    ));
    if !setting.also.is_empty() {
        let names: Vec<_> = setting.also.iter().map(|name| (*name).to_owned()).collect();
        page.push_str(&format!("- In files also: {}\n", quoted(&names)));
    }
    page
}

fn text_of(lines: &[&str]) -> String {
    lines
        .iter()
        .map(|line| line.trim())
        .collect::<Vec<_>>()
        .join("\n")
}

fn quoted(names: &[String]) -> String {
    names
        .iter()
        .map(|name| format!("`{name}`"))
        .collect::<Vec<_>>()
        .join(", ")
}
