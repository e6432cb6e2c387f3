//! Elements and texts of an XML part, one after the other, within limits. Entities are not expanded
//! but for the five of XML and numbers, so that there are no entity bombs. Not here: what they mean.

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesStart, Event};

use super::ParseError;
use super::budget::Budget;

/// What a part holds. Names are without their prefixes.
pub(super) enum Node<'n> {
    Start(&'n str, Attributes<'n>),
    End(&'n str),
    Text(&'n str),
}

pub(super) struct Attributes<'n>(Option<&'n BytesStart<'n>>);

impl Attributes<'_> {
    /// The value of the attribute of this name, whatever its prefix.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        let attributes = self.0?.attributes().flatten();
        let mut named = attributes.filter(|attribute| local(attribute.key.as_ref()) == name);
        let value = named.next()?.value;
        Some(value.into_owned())
    }
}

/// Walks through `source`.
pub(super) fn walk(
    source: &str,
    budget: &Budget,
    mut found: impl FnMut(Node<'_>) -> Result<(), ParseError>,
) -> Result<(), ParseError> {
    let mut reader = Reader::from_str(source);
    let mut depth = 0usize;
    loop {
        match reader.read_event().map_err(|_| ParseError::Broken)? {
            Event::Start(start) => {
                depth += 1;
                if depth > budget.limits.nesting {
                    return Err(ParseError::TooLarge);
                }
                found(Node::Start(
                    local(start.name().as_ref()),
                    Attributes(Some(&start)),
                ))?;
            }
            Event::Empty(start) => {
                let name = start.name();
                found(Node::Start(local(name.as_ref()), Attributes(Some(&start))))?;
                found(Node::End(local(name.as_ref())))?;
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                found(Node::End(local(end.name().as_ref())))?;
            }
            Event::Text(text) => found(Node::Text(&text.xml10_content()))?,
            Event::CData(text) => found(Node::Text(&text.xml10_content()))?,
            Event::GeneralRef(reference) => {
                let number = reference
                    .resolve_char_ref()
                    .map_err(|_| ParseError::Broken)?;
                let named = || resolve_xml_entity(&reference.xml10_content()).map(str::to_owned);
                let text = number.map(String::from).or_else(named).unwrap_or_default();
                found(Node::Text(&text))?;
            }
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
            Event::Eof if depth > 0 => return Err(ParseError::Broken),
            Event::Eof => return Ok(()),
        }
    }
}

fn local(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}
