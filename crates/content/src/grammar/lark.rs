//! Lark's notation, read into rules: rules and terminals, alternatives, groups, repetitions,
//! strings, regular expressions, ranges, imports from `common`. Not here: templates and other
//! imports, which are refused, and texts (see `grow`).

use std::collections::BTreeMap;

/// A piece of a rule.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Term {
    /// This text.
    Literal(String),
    /// A match of this regular expression.
    Regex(String),
    /// A character from the first to the second.
    Range(char, char),
    /// Another rule or terminal.
    Name(String),
    /// One of several sequences.
    Group(Vec<Vec<Term>>),
    /// A term so many times.
    Repeat(Box<Term>, u32, u32),
}

/// The rules of a grammar.
#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) rules: BTreeMap<String, Vec<Vec<Term>>>,
    /// Names imported from `common`, by the name they have here.
    pub(super) imported: BTreeMap<String, String>,
    /// Whether something is ignored between terminals.
    pub(super) ignores: bool,
}

/// What `*` and `+` give at most.
pub(super) const MANY: u32 = 3;
/// Groups may not nest deeper.
const DEEPEST: usize = 64;

/// Reads a grammar.
///
/// # Errors
/// What could not be read.
pub(super) fn parse(text: &str) -> Result<Rules, String> {
    let mut rules = Rules::default();
    for statement in statements(text) {
        read(&statement, &mut rules)?;
    }
    if rules.rules.contains_key("start") {
        Ok(rules)
    } else {
        Err("it has no rule 'start'".into())
    }
}

/// Whole statements: a line that begins with `|` or a blank belongs to the one before.
fn statements(text: &str) -> Vec<String> {
    let mut statements: Vec<String> = Vec::new();
    for line in text.lines() {
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with("//") || bare.starts_with('#') {
            continue;
        }
        let goes_on = bare.starts_with('|') || !(bare.starts_with('%') || begins_rule(bare));
        match statements.last_mut().filter(|_| goes_on) {
            Some(last) => {
                last.push(' ');
                last.push_str(bare);
            }
            None => statements.push(bare.to_owned()),
        }
    }
    statements
}

fn begins_rule(line: &str) -> bool {
    let name = line.trim_start_matches(['?', '!']);
    let end = name
        .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.')))
        .unwrap_or(0);
    end > 0 && name[end..].trim_start().starts_with(':')
}

fn read(statement: &str, rules: &mut Rules) -> Result<(), String> {
    if let Some(directive) = statement.strip_prefix('%') {
        return direct(directive, rules);
    }
    let (head, body) = statement
        .split_once(':')
        .ok_or(format!("no rule in '{statement}'"))?;
    let head = head.trim().trim_start_matches(['?', '!']);
    let name = head.split('.').next().unwrap_or(head);
    if name.contains('{') {
        return Err("templates are not supported".into());
    }
    let mut reader = Reader {
        chars: body.chars().collect(),
        at: 0,
        depth: 0,
    };
    let alternatives = reader.alternatives()?;
    reader.skip();
    if reader.at < reader.chars.len() {
        return Err(format!(
            "unexpected '{}' in rule '{name}'",
            reader.chars[reader.at]
        ));
    }
    rules.rules.insert(name.to_owned(), alternatives);
    Ok(())
}

fn direct(directive: &str, rules: &mut Rules) -> Result<(), String> {
    let mut words = directive.split_whitespace();
    match words.next() {
        Some("ignore") => rules.ignores = true,
        Some("declare" | "override" | "extend") => {}
        Some("import") => {
            let path = words.next().unwrap_or_default();
            let names = path
                .strip_prefix("common")
                .ok_or("only 'common' can be imported")?;
            let listed = directive
                .split_once('(')
                .map(|(_, rest)| rest.trim_end_matches(')'));
            let listed: Vec<_> = listed
                .unwrap_or(names.trim_start_matches('.'))
                .split(',')
                .collect();
            let alias = words.skip_while(|word| *word != "->").nth(1);
            for name in listed
                .into_iter()
                .map(str::trim)
                .filter(|name| !name.is_empty())
            {
                let own = alias.unwrap_or(name).to_owned();
                rules.imported.insert(own, name.to_owned());
            }
        }
        Some(other) => return Err(format!("'%{other}' is not supported")),
        None => {}
    }
    Ok(())
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

    fn skip(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
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
            match self.peek() {
                None | Some('|' | ')' | ']') => return Ok(terms),
                Some('-') if self.chars.get(self.at + 1) == Some(&'>') => self.alias(),
                Some('/') if self.chars.get(self.at + 1) == Some(&'/') => {
                    self.at = self.chars.len()
                }
                Some(_) => {
                    let term = self.term()?;
                    terms.push(self.repeated(term)?);
                }
            }
        }
    }

    /// The name that an alternative has in the tree; it says nothing of the text.
    fn alias(&mut self) {
        self.at += 2;
        self.skip();
        self.name();
    }

    fn term(&mut self) -> Result<Term, String> {
        match self.peek() {
            Some('"') => self.string_or_range(),
            Some('/') => self.regex(),
            Some('(') => Ok(Term::Group(self.enclosed(')')?)),
            Some('[') => Ok(Term::Repeat(
                Box::new(Term::Group(self.enclosed(']')?)),
                0,
                1,
            )),
            Some(c) if c.is_alphabetic() || c == '_' => Ok(Term::Name(self.name())),
            Some(c) => Err(format!("unexpected '{c}'")),
            None => Err("it ends too early".into()),
        }
    }

    fn enclosed(&mut self, close: char) -> Result<Vec<Vec<Term>>, String> {
        self.at += 1;
        let inner = self.alternatives()?;
        if self.peek() != Some(close) {
            return Err(format!("a '{close}' is missing"));
        }
        self.at += 1;
        Ok(inner)
    }

    fn name(&mut self) -> String {
        let from = self.at;
        while self.peek().is_some_and(|c| c.is_alphanumeric() || c == '_') {
            self.at += 1;
        }
        self.chars[from..self.at].iter().collect()
    }

    fn string_or_range(&mut self) -> Result<Term, String> {
        let first = self.string()?;
        if self.chars[self.at..].starts_with(&['.', '.']) {
            self.at += 2;
            let last = self.string()?;
            return match (first.chars().next(), last.chars().next()) {
                (Some(low), Some(high)) if low <= high => Ok(Term::Range(low, high)),
                _ => Err("a range is empty".into()),
            };
        }
        if self.peek() == Some('i') {
            self.at += 1;
        }
        Ok(Term::Literal(first))
    }

    fn string(&mut self) -> Result<String, String> {
        let mut text = String::new();
        self.at += 1;
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                '"' => return Ok(text),
                '\\' => {
                    let escaped = self.peek().unwrap_or('\\');
                    self.at += 1;
                    text.push(match escaped {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        other => other,
                    });
                }
                other => text.push(other),
            }
        }
        Err("a string does not end".into())
    }

    fn regex(&mut self) -> Result<Term, String> {
        let mut text = String::new();
        self.at += 1;
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                '/' => {
                    while self.peek().is_some_and(|flag| "imsux".contains(flag)) {
                        self.at += 1;
                    }
                    return Ok(Term::Regex(text));
                }
                '\\' if self.peek() == Some('/') => {
                    text.push('/');
                    self.at += 1;
                }
                '\\' => {
                    text.push('\\');
                    text.extend(self.peek());
                    self.at += 1;
                }
                other => text.push(other),
            }
        }
        Err("a regular expression does not end".into())
    }

    fn repeated(&mut self, term: Term) -> Result<Term, String> {
        let (low, high) = match self.peek() {
            Some('?') => (0, 1),
            Some('*') => (0, MANY),
            Some('+') => (1, MANY),
            Some('~') => return self.counted(term),
            Some(_) | None => return Ok(term),
        };
        self.at += 1;
        Ok(Term::Repeat(Box::new(term), low, high))
    }

    fn counted(&mut self, term: Term) -> Result<Term, String> {
        self.at += 1;
        self.skip();
        let low = self.count()?;
        let mut high = low;
        if self.chars[self.at..].starts_with(&['.', '.']) {
            self.at += 2;
            high = self.count()?;
        }
        Ok(Term::Repeat(Box::new(term), low, high.max(low)))
    }

    fn count(&mut self) -> Result<u32, String> {
        const MOST: u32 = 256;
        let digits = self.name();
        let count: u32 = digits
            .parse()
            .map_err(|_| "a count is missing".to_owned())?;
        Ok(count.min(MOST))
    }
}
