//! GGML's BNF, read into rules, as servers of open weights take it: `root ::= "yes" | [0-9]+`. The rule
//! that it begins with is `root`. Not here: texts (see `grow`).

use super::lark::{MANY, Rules, Term};

/// Groups may not nest deeper.
const DEEPEST: usize = 64;
/// The most repetitions that a count may ask for.
const MOST: u32 = 256;

/// Reads a grammar.
///
/// # Errors
/// What could not be read.
pub(super) fn parse(text: &str) -> Result<Rules, String> {
    let mut reader = Reader {
        chars: text.chars().collect(),
        at: 0,
        depth: 0,
    };
    let mut rules = Rules::default();
    loop {
        reader.skip();
        if reader.peek().is_none() {
            break;
        }
        let Some(name) = reader.head() else {
            return Err(reader.unexpected());
        };
        let alternatives = reader.alternatives()?;
        rules.rules.insert(own(&name), alternatives);
    }
    match rules.rules.contains_key("start") {
        true => Ok(rules),
        false => Err("it has no rule 'root'".into()),
    }
}

/// A rule's name in Lark's way, whose first rule is `start`.
fn own(name: &str) -> String {
    match name {
        "root" => "start",
        "start" => "root",
        other => other,
    }
    .to_owned()
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    depth: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn unexpected(&self) -> String {
        match self.peek() {
            Some(c) => format!("unexpected '{c}'"),
            None => "it ends too early".into(),
        }
    }

    /// Skips blanks, lines and comments.
    fn skip(&mut self) {
        let mut is_comment = false;
        while let Some(c) = self.peek() {
            is_comment = (is_comment || c == '#') && c != '\n';
            if !is_comment && !c.is_whitespace() {
                break;
            }
            self.at += 1;
        }
    }

    fn name(&mut self) -> Option<String> {
        let from = self.at;
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
        while self.peek().is_some_and(is_part) {
            self.at += 1;
        }
        (self.at > from).then(|| self.chars[from..self.at].iter().collect())
    }

    /// The head of a rule, if one begins here.
    fn head(&mut self) -> Option<String> {
        let from = self.at;
        let name = self.name();
        self.skip();
        if name.is_some() && self.chars[self.at..].starts_with(&[':', ':', '=']) {
            self.at += 3;
            return name;
        }
        self.at = from;
        None
    }

    fn alternatives(&mut self) -> Result<Vec<Vec<Term>>, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("groups nest too deeply".into());
        }
        let mut alternatives = vec![self.sequence()?];
        while self.peek() == Some('|') {
            self.at += 1;
            alternatives.push(self.sequence()?);
        }
        self.depth -= 1;
        Ok(alternatives)
    }

    fn sequence(&mut self) -> Result<Vec<Term>, String> {
        let mut terms = Vec::new();
        loop {
            self.skip();
            let from = self.at;
            if matches!(self.peek(), None | Some('|' | ')')) {
                return Ok(terms);
            }
            if self.head().is_some() {
                self.at = from;
                return Ok(terms);
            }
            let term = self.term()?;
            terms.push(self.repeated(term)?);
        }
    }

    fn term(&mut self) -> Result<Term, String> {
        match self.peek() {
            Some('"') => self.string(),
            Some('[') => self.class(),
            Some('.') => {
                self.at += 1;
                Ok(Term::Regex(".".into()))
            }
            Some('(') => {
                self.at += 1;
                let inner = self.alternatives()?;
                match self.peek() {
                    Some(')') => self.at += 1,
                    Some(_) | None => return Err("a ')' is missing".into()),
                }
                Ok(Term::Group(inner))
            }
            Some(_) | None => match self.name() {
                Some(name) => Ok(Term::Name(own(&name))),
                None => Err(self.unexpected()),
            },
        }
    }

    fn string(&mut self) -> Result<Term, String> {
        let mut text = String::new();
        self.at += 1;
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                '"' => return Ok(Term::Literal(text)),
                '\\' => text.push(self.escaped()?),
                other => text.push(other),
            }
        }
        Err("a string does not end".into())
    }

    fn escaped(&mut self) -> Result<char, String> {
        let letter = self.peek().ok_or("it ends too early")?;
        self.at += 1;
        let digits = match letter {
            'n' => return Ok('\n'),
            't' => return Ok('\t'),
            'r' => return Ok('\r'),
            'x' => 2,
            'u' => 4,
            'U' => 8,
            other => return Ok(other),
        };
        let code = self.chars.get(self.at..self.at + digits);
        let code: String = code.unwrap_or_default().iter().collect();
        self.at += digits;
        let code = u32::from_str_radix(&code, 16).ok().and_then(char::from_u32);
        code.ok_or_else(|| "an escape is no character".into())
    }

    /// A class of characters: it means what it means in a regular expression.
    fn class(&mut self) -> Result<Term, String> {
        let mut class = String::from("[");
        self.at += 1;
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                ']' => {
                    class.push(']');
                    return Ok(Term::Regex(class));
                }
                '\\' => {
                    let c = self.escaped()?;
                    if matches!(c, '[' | ']' | '\\' | '^' | '-') {
                        class.push('\\');
                    }
                    class.push(c);
                }
                '[' => class.push_str("\\["),
                other => class.push(other),
            }
        }
        Err("a class of characters does not end".into())
    }

    fn repeated(&mut self, term: Term) -> Result<Term, String> {
        let (low, high) = match self.peek() {
            Some('?') => (0, 1),
            Some('*') => (0, MANY),
            Some('+') => (1, MANY),
            Some('{') => return self.counted(term),
            Some(_) | None => return Ok(term),
        };
        let mark = self.chars[self.at];
        self.at += 1;
        Ok(match term {
            // Words that the prompt names may fit.
            Term::Regex(class) => Term::Regex(format!("{class}{mark}")),
            term => Term::Repeat(Box::new(term), low, high),
        })
    }

    fn counted(&mut self, term: Term) -> Result<Term, String> {
        let from = self.at + 1;
        while self.peek().is_some_and(|c| c != '}') {
            self.at += 1;
        }
        let count: String = self.chars[from..self.at].iter().collect();
        self.at += 1;
        let read = |text: &str| text.trim().parse::<u32>().map(|count| count.min(MOST));
        let bounds = match count.split_once(',') {
            None => read(&count).map(|low| (low, low)),
            Some((low, "")) => read(low).map(|low| (low, low + MANY)),
            Some((low, high)) => read(low).and_then(|low| Ok((low, read(high)?.max(low)))),
        };
        let (low, high) = bounds.map_err(|_| "a count is missing".to_owned())?;
        Ok(Term::Repeat(Box::new(term), low, high))
    }
}
