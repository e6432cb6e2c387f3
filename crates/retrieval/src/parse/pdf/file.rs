//! The objects of a PDF, found by scanning it from front to back: later ones replace earlier ones of
//! the same number, as updates do. Not here: what the objects mean.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use memchr::memmem;

use super::super::ParseError;
use super::super::budget::Budget;
use super::filters;
use super::lexer::is_space;
use super::object::{Dictionary, Object, Parser, Stream, whole};

/// How many references may lead to each other.
const HOPS: usize = 8;

/// Trailers that are read, from the last one on; more are updates of updates.
const TRAILERS: usize = 16;

pub(super) struct File<'a> {
    bytes: &'a [u8],
    places: HashMap<u32, Place>,
    /// Inflated streams that hold objects.
    parts: Vec<Rc<[u8]>>,
    read: HashMap<u32, Object>,
    root: Option<Object>,
}

#[derive(Clone, Copy)]
enum Place {
    At(usize),
    Within { part: usize, at: usize },
}

impl<'a> File<'a> {
    /// Finds all objects.
    pub(super) fn open(bytes: &'a [u8], budget: &mut Budget) -> Result<Self, ParseError> {
        let mut file = Self {
            bytes,
            places: HashMap::new(),
            parts: Vec::new(),
            read: HashMap::new(),
            root: None,
        };
        let finder = memmem::Finder::new(b"obj");
        let mut at = 0;
        while let Some(found) = finder.find(&bytes[at..]) {
            let (word, begin) = (at + found, at + found + 3);
            at = match number_before(bytes, word) {
                Some(id) => file.note(id, begin, budget)?.max(begin),
                None => begin,
            };
        }
        file.trailers(budget)?;
        Ok(file)
    }

    /// Notes the object that begins at `begin`, and gives where it ends.
    fn note(&mut self, id: u32, begin: usize, budget: &mut Budget) -> Result<usize, ParseError> {
        budget.objects(1)?;
        self.places.insert(id, Place::At(begin));
        let mut parser = self.parser(self.bytes, begin, budget);
        let object = match parser.object() {
            Ok(object) => object,
            Err(ParseError::TooLarge) => return Err(ParseError::TooLarge),
            Err(ParseError::Broken | ParseError::Unsupported | ParseError::Empty) => {
                Object::Nothing
            }
        };
        let end = parser.lexer.at;
        let Some(dictionary) = object.dictionary() else {
            return Ok(end);
        };
        if dictionary.is_type("Catalog") && self.root.is_none() {
            self.root = Some(Object::Reference(id));
        }
        if dictionary.is_type("XRef") {
            self.trailer(dictionary)?;
        }
        let Some(range) = self.stream_after(end, dictionary) else {
            return Ok(end);
        };
        if dictionary.is_type("ObjStm") {
            self.note_part(dictionary, range.clone(), budget)?;
        }
        Ok(range.end)
    }

    fn parser<'p>(&self, bytes: &'p [u8], at: usize, budget: &Budget) -> Parser<'p> {
        Parser::new(bytes, at, budget.limits.objects, budget.limits.nesting)
    }

    /// The bytes of a stream whose dictionary ended at `end`, where there is one.
    fn stream_after(&self, end: usize, dictionary: &Dictionary) -> Option<Range<usize>> {
        let spaces = self.bytes[end..].iter().take_while(|byte| is_space(**byte));
        let word = end + spaces.count();
        let rest = self.bytes.get(word..)?.strip_prefix(b"stream")?;
        let line = match rest {
            [b'\r', b'\n', ..] => 2,
            [b'\n' | b'\r', ..] => 1,
            _ => 0,
        };
        let begin = word + b"stream".len() + line;
        let data = &self.bytes[begin..];
        let claimed = dictionary
            .get("Length")
            .and_then(Object::number)
            .and_then(whole);
        let honest = claimed.map(|length| length as usize).filter(|length| {
            let rest = data.get(*length..).unwrap_or_default().trim_ascii_start();
            rest.starts_with(b"endstream")
        });
        let length = honest.or_else(|| memmem::find(data, b"endstream"));
        Some(begin..begin + length.unwrap_or(data.len()))
    }

    /// Notes the objects of an object stream (7.5.7): pairs of number and offset, then the objects.
    fn note_part(
        &mut self,
        dictionary: &Rc<Dictionary>,
        range: Range<usize>,
        budget: &mut Budget,
    ) -> Result<(), ParseError> {
        let stream = Stream {
            dictionary: Rc::clone(dictionary),
            range,
        };
        let Some(bytes) = self.stream(&stream, budget)? else {
            return Ok(());
        };
        let entry = |name| {
            dictionary
                .get(name)
                .and_then(Object::number)
                .and_then(whole)
        };
        let (count, first) = (entry("N").unwrap_or(0), entry("First").unwrap_or(0));
        let part = self.parts.len();
        let mut parser = self.parser(&bytes, 0, budget);
        for _ in 0..count {
            let pair = (parser.object()?, parser.object()?);
            let (Object::Number(id), Object::Number(offset)) = pair else {
                break;
            };
            let (Some(id), Some(offset)) = (whole(id), whole(offset)) else {
                break;
            };
            budget.objects(1)?;
            let at = first as usize + offset as usize;
            self.places.insert(id, Place::Within { part, at });
        }
        self.parts.push(bytes.into());
        Ok(())
    }

    fn trailers(&mut self, budget: &Budget) -> Result<(), ParseError> {
        let mut found: Vec<usize> = memmem::rfind_iter(self.bytes, b"trailer")
            .take(TRAILERS)
            .collect();
        found.reverse();
        for at in found {
            let mut parser = self.parser(self.bytes, at + b"trailer".len(), budget);
            if let Ok(Object::Dictionary(dictionary)) = parser.object() {
                self.trailer(&dictionary)?;
            }
        }
        Ok(())
    }

    fn trailer(&mut self, dictionary: &Dictionary) -> Result<(), ParseError> {
        if matches!(
            dictionary.get("Encrypt"),
            Some(Object::Reference(_) | Object::Dictionary(_))
        ) {
            return Err(ParseError::Broken);
        }
        if let Some(root @ Object::Reference(_)) = dictionary.get("Root") {
            self.root = Some(root.clone());
        }
        Ok(())
    }

    /// The catalogue.
    pub(super) fn root(&mut self, budget: &mut Budget) -> Result<Object, ParseError> {
        match self.root.clone() {
            Some(root) => self.resolve(&root, budget),
            None => Err(ParseError::Broken),
        }
    }

    /// What an object is, once its references are followed.
    pub(super) fn resolve(
        &mut self,
        object: &Object,
        budget: &mut Budget,
    ) -> Result<Object, ParseError> {
        let mut object = object.clone();
        for _ in 0..HOPS {
            let Object::Reference(id) = object else {
                return Ok(object);
            };
            object = self.load(id, budget)?;
        }
        Ok(Object::Nothing)
    }

    /// An entry of a dictionary, its references followed.
    pub(super) fn entry(
        &mut self,
        dictionary: &Dictionary,
        name: &str,
        budget: &mut Budget,
    ) -> Result<Object, ParseError> {
        match dictionary.get(name) {
            Some(object) => self.resolve(object, budget),
            None => Ok(Object::Nothing),
        }
    }

    fn load(&mut self, id: u32, budget: &mut Budget) -> Result<Object, ParseError> {
        if let Some(object) = self.read.get(&id) {
            return Ok(object.clone());
        }
        let object = match self.places.get(&id).copied() {
            Some(Place::At(at)) => self.load_at(at, budget)?,
            Some(Place::Within { part, at }) => {
                let bytes = Rc::clone(&self.parts[part]);
                let mut parser = self.parser(&bytes, at.min(bytes.len()), budget);
                let object = tolerate(parser.object())?;
                budget.objects(parser.values)?;
                object
            }
            None => Object::Nothing,
        };
        self.read.insert(id, object.clone());
        Ok(object)
    }

    fn load_at(&self, at: usize, budget: &mut Budget) -> Result<Object, ParseError> {
        let mut parser = self.parser(self.bytes, at, budget);
        let object = tolerate(parser.object())?;
        budget.objects(parser.values)?;
        let Object::Dictionary(dictionary) = object else {
            return Ok(object);
        };
        Ok(match self.stream_after(parser.lexer.at, &dictionary) {
            Some(range) => Object::Stream(Rc::new(Stream { dictionary, range })),
            None => Object::Dictionary(dictionary),
        })
    }

    /// The bytes of a stream, its filters undone; none where a filter is not known.
    pub(super) fn stream(
        &mut self,
        stream: &Stream,
        budget: &mut Budget,
    ) -> Result<Option<Vec<u8>>, ParseError> {
        let filter = self.entry(&stream.dictionary, "Filter", budget)?;
        let mut names = vec![filter.clone()];
        if let Object::Array(filters) = &filter {
            names = filters.to_vec();
        }
        let parameters = self.entry(&stream.dictionary, "DecodeParms", budget)?;
        let raw = &self.bytes[stream.range.clone()];
        let names = names.iter().filter_map(Object::name);
        filters::decode(raw, names, filters::predicts(&parameters), budget)
    }
}

/// Broken objects are nothing; what is too large is refused.
fn tolerate(object: Result<Object, ParseError>) -> Result<Object, ParseError> {
    match object {
        Err(ParseError::TooLarge) => Err(ParseError::TooLarge),
        Ok(object) => Ok(object),
        Err(ParseError::Broken | ParseError::Unsupported | ParseError::Empty) => {
            Ok(Object::Nothing)
        }
    }
}

/// The number of the object in `12 0 obj`, whose last word begins at `end`.
fn number_before(bytes: &[u8], end: usize) -> Option<u32> {
    let (_, rest) = digits_before(&bytes[..end])?;
    let (id, _) = digits_before(rest)?;
    std::str::from_utf8(id).ok()?.parse().ok()
}

/// The digits at the end of `bytes`, before white space, and what stands before them.
fn digits_before(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    const LONGEST: usize = 64;
    let from = bytes.len().saturating_sub(LONGEST);
    let spaces = bytes[from..]
        .iter()
        .rev()
        .take_while(|byte| is_space(**byte))
        .count();
    let bytes = &bytes[..bytes.len() - spaces];
    let from = bytes.len().saturating_sub(LONGEST);
    let digits = bytes[from..]
        .iter()
        .rev()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let (rest, digits) = bytes.split_at(bytes.len() - digits);
    (spaces > 0 && !digits.is_empty()).then_some((digits, rest))
}
