//! The values of PDF, and reading them. Not here: which object has which number.

use std::ops::Range;
use std::rc::Rc;

use super::super::ParseError;
use super::lexer::{Lexer, Token};

/// A value; cheap to clone.
#[derive(Clone, Debug)]
pub(super) enum Object {
    /// Null, booleans, and what is no value.
    Nothing,
    Number(f64),
    Name(Rc<str>),
    Text(Rc<[u8]>),
    Array(Rc<[Object]>),
    Dictionary(Rc<Dictionary>),
    Stream(Rc<Stream>),
    Reference(u32),
}

#[derive(Debug, Default)]
pub(super) struct Dictionary(Vec<(Rc<str>, Object)>);

/// A dictionary, and where its bytes lie in the file.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) dictionary: Rc<Dictionary>,
    pub(super) range: Range<usize>,
}

impl Dictionary {
    pub(super) fn get(&self, name: &str) -> Option<&Object> {
        let entry = self.0.iter().find(|(key, _)| &**key == name);
        entry.map(|(_, value)| value)
    }

    pub(super) fn is_type(&self, wanted: &str) -> bool {
        matches!(self.get("Type"), Some(Object::Name(name)) if &**name == wanted)
    }
}

impl Object {
    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn name(&self) -> Option<&str> {
        match self {
            Self::Name(name) => Some(name),
            _ => None,
        }
    }

    pub(super) fn array(&self) -> &[Object] {
        match self {
            Self::Array(items) => items,
            _ => &[],
        }
    }

    /// A dictionary, or that of a stream.
    pub(super) fn dictionary(&self) -> Option<&Rc<Dictionary>> {
        match self {
            Self::Dictionary(dictionary) => Some(dictionary),
            Self::Stream(stream) => Some(&stream.dictionary),
            _ => None,
        }
    }
}

/// A value, or an operator of a content stream.
pub(super) enum Item<'a> {
    Value(Object),
    Operator(&'a [u8]),
}

/// Reads values, so many and so deep at most.
pub(super) struct Parser<'a> {
    pub(super) lexer: Lexer<'a>,
    /// Values read so far.
    pub(super) values: usize,
    pub(super) most: usize,
    pub(super) nesting: usize,
}

impl<'a> Parser<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize, most: usize, nesting: usize) -> Self {
        Self {
            lexer: Lexer::new(bytes, at),
            values: 0,
            most,
            nesting,
        }
    }

    /// The next value or operator; none at the end.
    pub(super) fn item(&mut self) -> Result<Option<Item<'a>>, ParseError> {
        let Some(token) = self.lexer.next() else {
            return Ok(None);
        };
        match token {
            Token::Word(word) if !is_value(word) => Ok(Some(Item::Operator(word))),
            token => self.value(token, 0).map(Item::Value).map(Some),
        }
    }

    /// The next value; operators are nothing.
    pub(super) fn object(&mut self) -> Result<Object, ParseError> {
        match self.lexer.next() {
            Some(token) => self.value(token, 0),
            None => Ok(Object::Nothing),
        }
    }

    fn value(&mut self, token: Token<'a>, depth: usize) -> Result<Object, ParseError> {
        self.values += 1;
        if self.values > self.most || depth > self.nesting {
            return Err(ParseError::TooLarge);
        }
        Ok(match token {
            Token::Number(number) => self.reference(number).unwrap_or(Object::Number(number)),
            Token::Name(name) => Object::Name(name.into()),
            Token::Text(text) => Object::Text(text.into()),
            Token::ArrayBegin => self.array(depth)?,
            Token::DictionaryBegin => self.dictionary(depth)?,
            Token::Word(_) | Token::ArrayEnd | Token::DictionaryEnd => Object::Nothing,
        })
    }

    /// `12 0 R`.
    fn reference(&mut self, number: f64) -> Option<Object> {
        let id = whole(number)?;
        let mut ahead = self.lexer.clone();
        // Most numbers are followed by what is no digit: a look saves the words.
        while ahead.peek().is_some_and(super::lexer::is_space) {
            ahead.at += 1;
        }
        ahead.peek().filter(u8::is_ascii_digit)?;
        let Some(Token::Number(_)) = ahead.next() else {
            return None;
        };
        while ahead.peek().is_some_and(super::lexer::is_space) {
            ahead.at += 1;
        }
        ahead.peek().filter(|byte| *byte == b'R')?;
        let Some(Token::Word(b"R")) = ahead.next() else {
            return None;
        };
        self.lexer = ahead;
        Some(Object::Reference(id))
    }

    fn array(&mut self, depth: usize) -> Result<Object, ParseError> {
        let mut items = Vec::new();
        loop {
            match self.lexer.next() {
                None | Some(Token::ArrayEnd) => return Ok(Object::Array(items.into())),
                // Ends that belong elsewhere: the array was not closed.
                Some(Token::Word(b"endobj" | b"endstream")) => return Err(ParseError::Broken),
                Some(token) => items.push(self.value(token, depth + 1)?),
            }
        }
    }

    fn dictionary(&mut self, depth: usize) -> Result<Object, ParseError> {
        let mut entries = Vec::new();
        loop {
            match self.lexer.next() {
                None | Some(Token::DictionaryEnd) => {
                    return Ok(Object::Dictionary(Rc::new(Dictionary(entries))));
                }
                Some(Token::Name(name)) => {
                    let Some(token) = self.lexer.next() else {
                        return Err(ParseError::Broken);
                    };
                    if token == Token::DictionaryEnd {
                        return Ok(Object::Dictionary(Rc::new(Dictionary(entries))));
                    }
                    entries.push((name.into(), self.value(token, depth + 1)?));
                }
                Some(_) => return Err(ParseError::Broken),
            }
        }
    }
}

fn is_value(word: &[u8]) -> bool {
    matches!(word, b"true" | b"false" | b"null")
}

/// A number that may be an object's, or a code.
pub(super) fn whole(number: f64) -> Option<u32> {
    let is_whole = number >= 0.0 && number <= f64::from(u32::MAX) && number.fract() == 0.0;
    is_whole.then_some(number as u32)
}
