//! Cutting a text into chunks of a number of tokens that overlap. Not here: what a chunk is for.

use std::ops::Range;

use fakeai_tokens::{TokenId, Vocabulary};

/// How a text is cut: tokens of a chunk at most, and tokens that it shares with the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chunking {
    max_tokens: usize,
    overlap_tokens: usize,
}

/// Why a chunking strategy is refused, worded for the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChunkingError {
    /// A chunk has 100 to 4096 tokens.
    #[error("max_chunk_size_tokens must be between 100 and 4096, but got {0}.")]
    Size(u64),
    /// Chunks share at most half of their tokens.
    #[error(
        "chunk_overlap_tokens must not exceed half of max_chunk_size_tokens ({max}), but got {overlap}."
    )]
    Overlap {
        /// Tokens of a chunk.
        max: u64,
        /// Tokens asked to be shared.
        overlap: u64,
    },
}

impl Chunking {
    /// The provider's `auto` strategy: 800 tokens, 400 of them shared.
    pub const AUTO: Self = Self {
        max_tokens: 800,
        overlap_tokens: 400,
    };

    /// A `static` strategy.
    ///
    /// # Errors
    /// Where a chunk is not of 100 to 4096 tokens, or shares more than half of them.
    pub fn new(
        max_chunk_size_tokens: u64,
        chunk_overlap_tokens: u64,
    ) -> Result<Self, ChunkingError> {
        let (max, overlap) = (max_chunk_size_tokens, chunk_overlap_tokens);
        let size = usize::try_from(max).ok();
        let Some(max_tokens) = size.filter(|size| (100..=4096).contains(size)) else {
            return Err(ChunkingError::Size(max));
        };
        match usize::try_from(overlap) {
            Ok(overlap_tokens) if overlap_tokens <= max_tokens / 2 => Ok(Self {
                max_tokens,
                overlap_tokens,
            }),
            Ok(_) | Err(_) => Err(ChunkingError::Overlap { max, overlap }),
        }
    }

    /// Tokens of a chunk at most.
    pub fn max_tokens(self) -> usize {
        self.max_tokens
    }

    /// Tokens that neighbours share at most; a few more where they are cut within a word that is
    /// longer than a chunk, since its parts count differently alone.
    pub fn overlap_tokens(self) -> usize {
        self.overlap_tokens
    }
}

/// A stretch of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Where it lies, in bytes; both ends are between characters.
    pub bytes: Range<usize>,
    /// Where it lies, in characters.
    pub characters: Range<usize>,
    /// Its tokens.
    pub tokens: usize,
}

/// A stretch that is not cut: a pre-token, or part of one that is longer than a chunk.
struct Piece {
    end: usize,
    tokens: usize,
    /// The stretch of a long pre-token that it is part of, by number; 0 for a whole pre-token. Parts of
    /// one stretch have as many tokens together as each by itself; others may have more or fewer.
    stretch: usize,
}

/// Cuts `text`. Every byte is in some chunk; chunks are in order and each begins and ends behind the
/// begin and end of the one before. An empty text has no chunk.
pub fn chunks(text: &str, chunking: Chunking, vocabulary: &Vocabulary) -> Vec<Chunk> {
    let pieces = pieces(text, chunking.max_tokens, vocabulary);
    let mut chunks = Vec::new();
    let mut characters = Characters {
        text,
        at: 0,
        count: 0,
    };
    let (mut first, mut covered) = (0usize, 0);
    while covered < pieces.len() {
        let begin = first.checked_sub(1).map_or(0, |before| pieces[before].end);
        let (next, tokens) = fill(
            text,
            begin,
            &pieces[first..],
            chunking.max_tokens,
            vocabulary,
        );
        let next = first + next;
        if next <= covered {
            // What is shared leaves no room for what comes: share less.
            first += 1;
            continue;
        }
        let end = pieces[next - 1].end;
        let begin_character = characters.until(begin);
        let length = text[begin..end].chars().count();
        chunks.push(Chunk {
            bytes: begin..end,
            characters: begin_character..begin_character + length,
            tokens,
        });
        covered = next;
        first = step_back(&pieces, first, next, chunking.overlap_tokens);
    }
    chunks
}

/// How many pieces from `begin` on a chunk has room for, and their tokens. At least one.
fn fill(
    text: &str,
    begin: usize,
    pieces: &[Piece],
    max: usize,
    vocabulary: &Vocabulary,
) -> (usize, usize) {
    let (mut count, mut tokens) = (1, pieces[0].tokens);
    while let Some(next) = pieces.get(count).filter(|next| tokens + next.tokens <= max) {
        tokens += next.tokens;
        count += 1;
    }
    let mut others = pieces[1..count].iter();
    if others.any(|piece| piece.stretch != pieces[0].stretch) {
        let together = |count: usize| vocabulary.count(&text[begin..pieces[count - 1].end]);
        tokens = together(count);
        while tokens > max && count > 1 {
            count -= 1;
            tokens = together(count);
        }
    }
    (count, tokens)
}

/// Where the chunk after one of the pieces `first..next` begins, so that it shares at most `overlap`
/// tokens and gets further.
fn step_back(pieces: &[Piece], first: usize, next: usize, overlap: usize) -> usize {
    let (mut begin, mut shared) = (next, 0);
    while begin > first + 1 && shared + pieces[begin - 1].tokens <= overlap {
        shared += pieces[begin - 1].tokens;
        begin -= 1;
    }
    begin
}

fn pieces(text: &str, max: usize, vocabulary: &Vocabulary) -> Vec<Piece> {
    let (mut pieces, mut end) = (Vec::new(), 0);
    for word in vocabulary.pre_tokens(text) {
        let ids = vocabulary.encode(word);
        if ids.len() <= max {
            pieces.push(Piece {
                end: end + word.len(),
                tokens: ids.len(),
                stretch: 0,
            });
        } else {
            let long = Long {
                word,
                begin: end,
                part: max / 4,
                vocabulary,
            };
            long.cut(&ids, &mut pieces);
        }
        end += word.len();
    }
    pieces
}

/// A pre-token that is longer than a chunk.
struct Long<'t> {
    word: &'t str,
    /// Where it begins in the text.
    begin: usize,
    /// Tokens of a part at most.
    part: usize,
    vocabulary: &'t Vocabulary,
}

impl Long<'_> {
    /// Cuts it where both a token and a character end: a run of its tokens is what the text of that run
    /// comes to, so that nothing is counted twice. Where there is no such place it is halved.
    fn cut(&self, ids: &[TokenId], pieces: &mut Vec<Piece>) {
        let mut stretch = pieces.len() + 1;
        // A place is so many bytes and so many tokens from the beginning.
        let (mut begin, mut last, mut bytes) = ((0, 0), (0, 0), 0);
        for (number, id) in ids.iter().enumerate() {
            bytes += self.vocabulary.piece(*id).len();
            if !self.word.is_char_boundary(bytes) {
                continue;
            }
            let here = (bytes, number + 1);
            if here.1 - begin.1 > self.part && last != begin {
                self.push(last.0, last.1 - begin.1, stretch, pieces);
                begin = last;
            }
            if here.1 - begin.1 > self.part {
                self.halve(begin.0..here.0, pieces);
                begin = here;
                stretch = pieces.len() + 1;
            }
            last = here;
        }
        if last != begin {
            self.push(last.0, last.1 - begin.1, stretch, pieces);
        }
    }

    fn push(&self, end: usize, tokens: usize, stretch: usize, pieces: &mut Vec<Piece>) {
        pieces.push(Piece {
            end: self.begin + end,
            tokens,
            stretch,
        });
    }

    /// Halves a stretch, between characters, until every part is small enough.
    fn halve(&self, range: Range<usize>, pieces: &mut Vec<Piece>) {
        let tokens = self.vocabulary.count(&self.word[range.clone()]);
        let middle = range.start + range.len() / 2;
        let mut boundaries = (range.start..=middle).rev();
        let middle = boundaries.find(|at| self.word.is_char_boundary(*at));
        let middle = middle.unwrap_or(range.start);
        if tokens <= self.part || middle == range.start {
            self.push(range.end, tokens, pieces.len() + 1, pieces);
            return;
        }
        self.halve(range.start..middle, pieces);
        self.halve(middle..range.end, pieces);
    }
}

/// Counts characters up to ascending places, each once.
struct Characters<'t> {
    text: &'t str,
    at: usize,
    count: usize,
}

impl Characters<'_> {
    fn until(&mut self, place: usize) -> usize {
        self.count += self.text[self.at..place].chars().count();
        self.at = place;
        self.count
    }
}
