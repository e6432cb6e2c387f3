//! A text as the pieces of words that a BERT vocabulary has: lower case, without accents, the longest
//! piece first (Devlin and others, 2019).

use std::collections::HashMap;

use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::VocabularyFile;

/// What `tokenizer.json` has to say.
#[derive(Deserialize)]
struct Tokenizer {
    model: Pieces,
}

/// The model of a tokenizer.
#[derive(Deserialize)]
struct Pieces {
    r#type: String,
    vocab: HashMap<String, usize>,
}

/// A longer word is not looked up, in characters.
const LONGEST_WORD: usize = 100;

/// A vocabulary.
pub(super) struct WordPieces {
    pieces: HashMap<String, usize>,
    first: usize,
    last: usize,
    unknown: usize,
}

impl WordPieces {
    /// Reads a vocabulary, whose ids are below `size`.
    pub(super) fn read(file: &VocabularyFile, size: usize) -> Result<Self, String> {
        let pieces = pieces(file)?;
        if pieces.values().any(|id| *id >= size) {
            return Err("the vocabulary has more pieces than the model knows".to_owned());
        }
        let mark = |name: &str| {
            let id = pieces.get(name).copied();
            id.ok_or_else(|| format!("the vocabulary has no '{name}'"))
        };
        Ok(Self {
            first: mark("[CLS]")?,
            last: mark("[SEP]")?,
            unknown: mark("[UNK]")?,
            pieces,
        })
    }

    /// At most so many ids, the marks at both ends included.
    pub(super) fn ids(&self, text: &str, most: usize) -> Vec<usize> {
        let mut ids = vec![self.first];
        let mut word = String::new();
        let plain = text
            .chars()
            .filter(|letter| letter.is_whitespace() || !is_removed(*letter))
            .flat_map(char::to_lowercase)
            .nfd()
            .filter(|letter| !is_combining_mark(*letter));
        for letter in plain {
            let stands_alone = is_mark(letter) || is_ideograph(letter);
            if !stands_alone && !letter.is_whitespace() {
                word.push(letter);
                continue;
            }
            self.cut(&word, &mut ids);
            word.clear();
            if stands_alone {
                self.cut(letter.encode_utf8(&mut [0; 4]), &mut ids);
            }
            if ids.len() >= most {
                break;
            }
        }
        self.cut(&word, &mut ids);
        ids.truncate(most - 1);
        ids.push(self.last);
        ids
    }

    fn cut(&self, word: &str, ids: &mut Vec<usize>) {
        if word.is_empty() {
            return;
        }
        let begun = ids.len();
        let mut rest = word;
        let mut piece = String::new();
        let is_short = word.chars().count() <= LONGEST_WORD;
        while is_short && !rest.is_empty() {
            let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8()).rev();
            let found = ends.into_iter().find_map(|end| {
                piece.clear();
                if rest.len() < word.len() {
                    piece.push_str("##");
                }
                piece.push_str(&rest[..end]);
                Some((end, *self.pieces.get(&piece)?))
            });
            let Some((end, id)) = found else {
                break;
            };
            ids.push(id);
            rest = &rest[end..];
        }
        if !rest.is_empty() {
            ids.truncate(begun);
            ids.push(self.unknown);
        }
    }
}

/// All pieces with their ids.
fn pieces(file: &VocabularyFile) -> Result<HashMap<String, usize>, String> {
    match file {
        VocabularyFile::Lines(text) => {
            let lines = text.lines().enumerate();
            Ok(lines.map(|(id, piece)| (piece.to_owned(), id)).collect())
        }
        VocabularyFile::Tokenizer(text) => {
            let read: Tokenizer = serde_json::from_str(text)
                .map_err(|error| format!("tokenizer.json can't be read: {error}"))?;
            match read.model.r#type.as_str() {
                "WordPiece" => Ok(read.model.vocab),
                other => Err(format!(
                    "tokenizer.json is of the type '{other}', and only 'WordPiece' is known"
                )),
            }
        }
    }
}

fn is_removed(letter: char) -> bool {
    letter.is_control() || letter == '\u{fffd}'
}

/// Marks between words. Beyond ASCII, the blocks that hold most of them.
fn is_mark(letter: char) -> bool {
    letter.is_ascii_punctuation()
        || matches!(letter, '\u{2010}'..='\u{2027}' | '\u{2030}'..='\u{205e}' | '\u{3001}'..='\u{3003}'
            | '\u{3008}'..='\u{3011}' | '\u{ff01}'..='\u{ff0f}' | '¡' | '§' | '«' | '¶' | '·' | '»' | '¿')
}

fn is_ideograph(letter: char) -> bool {
    matches!(letter, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{2fa1f}')
}
