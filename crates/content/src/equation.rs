//! An equation in one unknown that a prompt wants solved, such as `3x + 11 = 14`. Only those whose
//! unknown stands by itself are: no squares of it. Not here: what a program makes of it.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::calculation::{self, written};
use crate::data;

#[derive(Deserialize)]
struct Words {
    solve: Vec<String>,
}

static WORDS: LazyLock<Words> =
    LazyLock::new(|| data::facts(include_str!("../../../data/content/equations.toml")));

/// An equation, brought to the form `slope · unknown + offset = 0`.
pub(crate) struct Equation<'t> {
    /// As it stands in the prompt.
    pub(crate) text: &'t str,
    pub(crate) unknown: char,
    pub(crate) slope: f64,
    pub(crate) offset: f64,
}

impl Equation<'_> {
    /// What the unknown is.
    pub(crate) fn solution(&self) -> f64 {
        -self.offset / self.slope
    }

    /// The solution as a sentence.
    pub(crate) fn told(&self) -> String {
        let (text, unknown) = (self.text, self.unknown);
        format!("{text} holds for {unknown} = {}.", written(self.solution()))
    }
}

/// The first equation that a prompt wants solved.
pub(crate) fn of(prompt: &str) -> Option<Equation<'_>> {
    let mut signs = memchr::memchr_iter(b'=', prompt.as_bytes()).peekable();
    signs.peek()?;
    let lower = prompt.to_lowercase();
    if !WORDS.solve.iter().any(|word| lower.contains(word.as_str())) {
        return None;
    }
    signs.find_map(|at| around(prompt, at))
}

/// The equation whose sign stands there.
fn around(prompt: &str, sign: usize) -> Option<Equation<'_>> {
    let mut unknown = None;
    let start = {
        let mut start = sign;
        for (at, c) in prompt[..sign].char_indices().rev() {
            if !belongs(prompt, at, c, &mut unknown) {
                break;
            }
            start = at;
        }
        start
    };
    let mut end = sign + 1;
    for (at, c) in prompt[sign + 1..].char_indices() {
        let at = sign + 1 + at;
        let ends_sentence = c == '.' && !prompt[at + 1..].starts_with(|c: char| c.is_ascii_digit());
        if ends_sentence || !belongs(prompt, at, c, &mut unknown) {
            break;
        }
        end = at + c.len_utf8();
    }
    let unknown = unknown?;
    let (left, right) = (&prompt[start..sign], &prompt[sign + 1..end]);
    let at = |value: f64| Some(side(left, unknown, value)? - side(right, unknown, value)?);
    let (offset, one, two) = (at(0.0)?, at(1.0)?, at(2.0)?);
    let slope = one - offset;
    let is_straight = (two - one - slope).abs() < 1e-9 * (1.0 + two.abs());
    // A name that is given a value is no question.
    let is_given = left.trim().len() == 1 && !right.contains(unknown);
    (is_straight && slope != 0.0 && !is_given).then(|| Equation {
        text: prompt[start..end].trim(),
        unknown,
        slope,
        offset,
    })
}

/// Whether a character may stand in the equation: numbers, signs, and one letter by itself.
fn belongs(prompt: &str, at: usize, c: char, unknown: &mut Option<char>) -> bool {
    if c.is_ascii_digit() || " .+-*/×÷()".contains(c) {
        return true;
    }
    let before = prompt[..at].chars().next_back();
    let after = prompt[at + c.len_utf8()..].chars().next();
    let is_lone = ![before, after]
        .into_iter()
        .flatten()
        .any(char::is_alphabetic);
    c.is_ascii_alphabetic() && is_lone && *unknown.get_or_insert(c) == c
}

/// The value of one side where the unknown has this value.
fn side(text: &str, unknown: char, value: f64) -> Option<f64> {
    let mut whole = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if c == unknown || c == '(' {
            let last = whole.trim_end().chars().next_back();
            if last.is_some_and(|last| last.is_ascii_digit() || last == ')') {
                whole.push('*');
            }
        }
        if c == unknown {
            whole.push_str(&format!("({value})"));
        } else {
            whole.push(c);
        }
    }
    calculation::value(&whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_equation_is_found_and_solved() {
        for (prompt, text, solution) in [
            (
                "I need to solve the equation 3x + 11 = 14. Can you help me?",
                "3x + 11 = 14",
                "x = 1",
            ),
            ("Solve `2(y - 1) = 7`.", "2(y - 1) = 7", "y = 4.5"),
            ("Solve for x: 5 = 2x - x", "5 = 2x - x", "x = 5"),
            ("What is n if n/4 = -2?", "n/4 = -2", "n = -8"),
            ("Find a: 0.5a = 1.25.", "0.5a = 1.25", "a = 2.5"),
        ] {
            let found = of(prompt).expect(prompt);
            assert_eq!(found.text, text);
            assert_eq!(
                format!("{} = {}", found.unknown, written(found.solution())),
                solution
            );
        }
    }

    #[test]
    fn what_is_no_such_equation_is_left_alone() {
        for prompt in [
            "Solve x*x = 4.",
            "Find out why x = 5 in my program.",
            "Solve this: x + y = 3",
            "What is a == b in Python?",
            "Set x = 3",
            "Solve 3 = 3.",
            "What is the equation of a line, y = mx + b?",
        ] {
            assert!(of(prompt).is_none(), "{prompt}");
        }
    }
}
