//! The words of PDF syntax (ISO 32000-1, 7.2 and 7.3). Not here: what they form.

#[derive(Debug, PartialEq)]
pub(super) enum Token<'a> {
    Number(f64),
    Name(String),
    Text(Vec<u8>),
    ArrayBegin,
    ArrayEnd,
    DictionaryBegin,
    DictionaryEnd,
    Word(&'a [u8]),
}

#[derive(Clone)]
pub(super) struct Lexer<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0C | b'\r' | b' ')
}

fn is_delimiter(byte: u8) -> bool {
    matches!(
        byte,
        b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%'
    )
}

impl<'a> Lexer<'a> {
    pub(super) fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    /// The next word; none at the end.
    pub(super) fn next(&mut self) -> Option<Token<'a>> {
        self.skip_space();
        let byte = self.peek()?;
        self.at += 1;
        let is_double = self.peek() == Some(byte);
        Some(match byte {
            b'[' => Token::ArrayBegin,
            b']' => Token::ArrayEnd,
            b'<' | b'>' if is_double => {
                self.at += 1;
                if byte == b'<' {
                    Token::DictionaryBegin
                } else {
                    Token::DictionaryEnd
                }
            }
            b'<' => Token::Text(self.hexadecimal()),
            b'(' => Token::Text(self.literal()),
            b'/' => Token::Name(self.name()),
            b')' | b'>' | b'{' | b'}' => Token::Word(&self.bytes[self.at - 1..self.at]),
            _ => {
                self.at -= 1;
                number_or_word(self.regular())
            }
        })
    }

    fn skip_space(&mut self) {
        while let Some(byte) = self.peek() {
            if byte == b'%' {
                let rest = &self.bytes[self.at..];
                self.at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
            } else if is_space(byte) {
                self.at += 1;
            } else {
                return;
            }
        }
    }

    fn regular(&mut self) -> &'a [u8] {
        let rest = &self.bytes[self.at..];
        let end = rest
            .iter()
            .position(|byte| is_space(*byte) || is_delimiter(*byte));
        let word = &rest[..end.unwrap_or(rest.len())];
        self.at += word.len();
        word
    }

    /// A name's bytes are read as Latin-1.
    fn name(&mut self) -> String {
        let word = self.regular();
        let (mut name, mut at) = (String::new(), 0);
        while let Some(byte) = word.get(at) {
            let escaped = word
                .get(at + 1..at + 3)
                .filter(|_| *byte == b'#')
                .and_then(hexadecimal_pair);
            name.push(char::from(escaped.unwrap_or(*byte)));
            at += if escaped.is_some() { 3 } else { 1 };
        }
        name
    }

    fn hexadecimal(&mut self) -> Vec<u8> {
        let rest = &self.bytes[self.at..];
        let end = memchr::memchr(b'>', rest).unwrap_or(rest.len());
        self.at += (end + 1).min(rest.len());
        hexadecimal_bytes(&rest[..end])
    }

    /// A string in parentheses, which nest.
    fn literal(&mut self) -> Vec<u8> {
        let (mut text, mut depth) = (Vec::new(), 1usize);
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'(' => depth += 1,
                b')' => depth -= 1,
                b'\\' => {
                    text.extend(self.escape());
                    continue;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
            text.push(byte);
        }
        text
    }

    /// What stands behind a backslash.
    fn escape(&mut self) -> Option<u8> {
        let byte = self.peek()?;
        self.at += 1;
        match byte {
            b'n' => Some(b'\n'),
            b'r' => Some(b'\r'),
            b't' => Some(b'\t'),
            b'b' => Some(8),
            b'f' => Some(12),
            b'\n' => None,
            b'\r' => {
                self.at += usize::from(self.peek() == Some(b'\n'));
                None
            }
            b'0'..=b'7' => {
                let mut code = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else {
                        break;
                    };
                    code = code * 8 + u32::from(digit - b'0');
                    self.at += 1;
                }
                Some(code as u8)
            }
            other => Some(other),
        }
    }
}

/// Bytes in hexadecimal, two digits each; a last single digit is followed by a zero.
pub(super) fn hexadecimal_bytes(digits: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = digits.iter().filter_map(|digit| value(*digit)).collect();
    let byte = |pair: &[u8]| pair[0] * 16 + pair.get(1).copied().unwrap_or(0);
    digits.chunks(2).map(byte).collect()
}

fn hexadecimal_pair(pair: &[u8]) -> Option<u8> {
    Some(value(pair[0])? * 16 + value(pair[1])?)
}

fn value(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

fn number_or_word(word: &[u8]) -> Token<'_> {
    let is_number = word
        .iter()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.'));
    let text = std::str::from_utf8(word).ok().filter(|_| is_number);
    match text.and_then(|text| text.parse().ok()) {
        Some(number) => Token::Number(number),
        None => Token::Word(word),
    }
}
