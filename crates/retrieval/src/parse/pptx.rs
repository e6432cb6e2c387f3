//! PowerPoint presentations: the text of slides, by their numbers. Not here: the archive around them,
//! notes, layout.

use super::archive::Archive;
use super::budget::Budget;
use super::xml::{self, Node};
use super::{Mark, ParseError, Place};

pub(super) fn read(
    archive: &mut Archive<'_>,
    budget: &mut Budget,
) -> Result<(String, Vec<Mark>), ParseError> {
    let mut slides: Vec<u32> = archive.names().filter_map(|name| number(&name)).collect();
    slides.sort_unstable();
    if slides.len() > budget.limits.pages {
        return Err(ParseError::TooLarge);
    }
    let (mut text, mut marks) = (String::new(), Vec::new());
    for slide in slides {
        marks.push(Mark {
            offset: text.len(),
            place: Place::Slide(slide),
        });
        let source = archive.text(&format!("ppt/slides/slide{slide}.xml"), budget)?;
        let mut is_text = false;
        xml::walk(&source, budget, |node| {
            match node {
                Node::Start("t", _) => is_text = true,
                Node::End("t") => is_text = false,
                Node::Text(words) if is_text => text.push_str(words),
                Node::Start("br", _) | Node::End("p") => text.push('\n'),
                Node::Start(..) | Node::End(_) | Node::Text(_) => {}
            }
            budget.text(&text)
        })?;
        text.push('\n');
    }
    Ok((text, marks))
}

fn number(name: &str) -> Option<u32> {
    let number = name
        .strip_prefix("ppt/slides/slide")?
        .strip_suffix(".xml")?;
    number
        .parse()
        .ok()
        .filter(|parsed: &u32| parsed.to_string() == number)
}
