//! The corpus as written: pools of templates by language and role, and plans of answers, from
//! `data/corpus/`. Its README says how the files are made. Not here: tokens (see `compile`).

use super::Language;
use super::outline::Outline;
use super::segment::{self, Segment};

const FILES: [&str; 22] = [
    include_str!("../../../../data/corpus/en_answers.txt"),
    include_str!("../../../../data/corpus/en_lists.txt"),
    include_str!("../../../../data/corpus/en_chat.txt"),
    include_str!("../../../../data/corpus/en_reasoning.txt"),
    include_str!("../../../../data/corpus/en_forms.txt"),
    include_str!("../../../../data/corpus/code_python.txt"),
    include_str!("../../../../data/corpus/code_web.txt"),
    include_str!("../../../../data/corpus/code_systems.txt"),
    include_str!("../../../../data/corpus/de.txt"),
    include_str!("../../../../data/corpus/fr.txt"),
    include_str!("../../../../data/corpus/es.txt"),
    include_str!("../../../../data/corpus/pt.txt"),
    include_str!("../../../../data/corpus/it.txt"),
    include_str!("../../../../data/corpus/nl.txt"),
    include_str!("../../../../data/corpus/pl_tr.txt"),
    include_str!("../../../../data/corpus/ru.txt"),
    include_str!("../../../../data/corpus/zh.txt"),
    include_str!("../../../../data/corpus/ja.txt"),
    include_str!("../../../../data/corpus/ko.txt"),
    include_str!("../../../../data/corpus/ar.txt"),
    include_str!("../../../../data/corpus/hi.txt"),
    include_str!("../../../../data/corpus/lorem.txt"),
];

const PLANS: &str = include_str!("../../../../data/corpus/plans.txt");

/// Templates that can stand for one another.
pub(crate) struct Pool {
    pub(crate) language: Language,
    /// What they do in an answer, such as `intro`.
    pub(crate) role: &'static str,
    pub(crate) templates: Vec<&'static str>,
}

impl Pool {
    /// Code stands as it is written; prose has choices.
    pub(crate) fn is_code(&self) -> bool {
        self.role.starts_with("code.")
    }

    /// The segments of one of its templates.
    pub(crate) fn segments(&self, template: &str) -> Vec<Segment> {
        if self.is_code() {
            segment::of_code(template)
        } else {
            segment::of_prose(template)
        }
    }
}

/// All pools, in the order of the files.
pub(crate) fn pools() -> Vec<Pool> {
    FILES
        .iter()
        .flat_map(|file| sections(file))
        .filter_map(pool)
        .collect()
}

/// The plans of answers, and which role stands in for one that a language lacks.
pub(crate) fn plans() -> (Vec<Outline>, Vec<(&'static str, &'static str)>) {
    let (mut outlines, mut stand_ins) = (Vec::new(), Vec::new());
    for (head, body) in sections(PLANS) {
        let lines = body
            .lines()
            .filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
        match head {
            "plans" => outlines.extend(lines.filter_map(Outline::parse)),
            _ => stand_ins.extend(lines.filter_map(|line| line.split_once(' '))),
        }
    }
    (outlines, stand_ins)
}

/// Heads (`@ en point`) with the text below them.
fn sections(file: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    let (_, rest) = file.split_once("@ ").unwrap_or_default();
    rest.split("\n@ ")
        .map(|section| section.split_once('\n').unwrap_or((section, "")))
}

fn pool((head, body): (&'static str, &'static str)) -> Option<Pool> {
    let (code, role) = head.trim().split_once(' ')?;
    let language = Language::of_code(code)?;
    let blocks = role.starts_with("code.");
    let templates: Vec<_> = if blocks {
        body.split("\n---\n")
            .map(|block| block.trim_matches('\n'))
            .collect()
    } else {
        body.lines()
            .filter(|line| !line.starts_with('#'))
            .map(str::trim)
            .collect()
    };
    let templates = templates
        .into_iter()
        .filter(|template| !template.is_empty())
        .collect();
    Some(Pool {
        language,
        role,
        templates,
    })
}
