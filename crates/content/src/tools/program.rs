//! What the code interpreter is made to run: the equation that a prompt wants solved, or the
//! calculations that it names, else how many numbers it names and what they add up to. Nothing is executed: the logs are what Python would
//! print, told by our own arithmetic.

use fakeai_canon::{Generate, Tool};
use serde_json::{Value, json};

use crate::calculation;
use crate::equation::{self, Equation};
use crate::facts::{FactKind, scan};

/// The wire type of the tool.
const TOOL: &str = "code_interpreter";

/// Calculations of one program at most.
const MOST: usize = 8;

/// A calculation in a prompt, as it stands there, and its value.
struct Calculation {
    text: String,
    value: f64,
}

/// Whether a program would help: the tool is there, and the prompt names a calculation.
pub(crate) fn helps(work: &Generate, asked: &str) -> bool {
    let is_offered = |tool: &Tool| match tool {
        Tool::Hosted { kind, .. } => kind == TOOL,
        Tool::Function { .. } | Tool::Custom { .. } => false,
    };
    let has_work = || equation::of(asked).is_some() || !calculations(asked).is_empty();
    work.tools.iter().any(is_offered) && has_work()
}

fn calculations(asked: &str) -> Vec<Calculation> {
    let facts = scan(asked).into_iter();
    let sums = facts.filter(|fact| fact.kind == FactKind::Expression);
    let read = sums.filter_map(|fact| {
        Some(Calculation {
            value: calculation::value(&fact.text)?,
            text: fact.text.to_string(),
        })
    });
    read.take(MOST).collect()
}

/// What is said once the program has run; none where the prompt names no calculation.
pub(crate) fn told(asked: &str) -> Option<String> {
    if let Some(equation) = equation::of(asked) {
        return Some(equation.told());
    }
    let told = calculations(asked).into_iter().map(|sum| {
        let result = calculation::written(sum.value);
        format!("{} = {result}.", calculation::spaced(&sum.text))
    });
    let told: Vec<_> = told.collect();
    (!told.is_empty()).then(|| told.join(" "))
}

/// The program and its logs, as a plan has them.
pub(super) fn detail(asked: &str) -> Value {
    if let Some(equation) = equation::of(asked) {
        return solved(&equation);
    }
    let sums = calculations(asked);
    let (code, logs) = if sums.is_empty() {
        numbers(asked)
    } else {
        let lines = sums.iter().map(Calculation::line);
        let logs = sums.iter().map(Calculation::log);
        (
            lines.collect::<Vec<_>>().join("\n"),
            logs.collect::<String>(),
        )
    };
    json!({"code": code, "outputs": [{"type": "logs", "logs": logs}]})
}

/// The program that solves an equation.
fn solved(equation: &Equation<'_>) -> Value {
    let Equation {
        text,
        unknown,
        slope,
        offset,
    } = equation;
    let (slope, offset) = (calculation::written(*slope), calculation::written(*offset));
    let code = format!(
        "# {text}\nslope, offset = {slope}, {offset}\n{unknown} = -offset / slope\n\
         print(f\"{unknown} = {{{unknown}:.6g}}\")"
    );
    let logs = format!("{unknown} = {}\n", six_digits(equation.solution()));
    json!({"code": code, "outputs": [{"type": "logs", "logs": logs}]})
}

impl Calculation {
    /// Whether Python's own result is a whole number.
    fn is_whole(&self) -> bool {
        let is_float = self.text.contains(['/', '÷', '.']);
        !is_float && self.value.fract() == 0.0 && self.value.abs() < 9e15
    }

    fn line(&self) -> String {
        let spaced = calculation::spaced(&self.text);
        let python = spaced
            .replace('×', "*")
            .replace('÷', "/")
            .replace('^', " ** ");
        if self.is_whole() {
            format!("print({python})")
        } else {
            format!("print(f\"{{{python}:.6g}}\")")
        }
    }

    fn log(&self) -> String {
        if self.is_whole() {
            format!("{}\n", self.value)
        } else {
            format!("{}\n", six_digits(self.value))
        }
    }
}

/// A number as Python's `:.6g` writes it.
fn six_digits(value: f64) -> String {
    const DIGITS: i32 = 6;
    if value == 0.0 {
        return "0".to_owned();
    }
    let rounded = format!("{:.*e}", DIGITS as usize - 1, value);
    let (digits, exponent) = rounded.split_once('e').unwrap_or((&rounded, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trimmed = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if (-4..DIGITS).contains(&exponent) {
        let behind = (DIGITS - 1 - exponent).max(0) as usize;
        return trimmed(&format!("{value:.behind$}"));
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{}e{sign}{:02}", trimmed(digits), exponent.abs())
}

fn numbers(asked: &str) -> (String, String) {
    let facts = scan(asked);
    let numbers: Vec<_> = facts.iter().filter_map(|fact| fact.number).collect();
    let list = numbers
        .iter()
        .map(f64::to_string)
        .collect::<Vec<_>>()
        .join(", ");
    let sum: f64 = numbers.iter().sum();
    (
        format!("values = [{list}]\nprint(len(values), sum(values))"),
        format!("{} {sum}\n", numbers.len()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_are_what_python_prints() {
        for (asked, code, logs) in [
            ("What is 17*3?", "print(17 * 3)", "51\n"),
            ("What is 12 / 5?", "print(f\"{12 / 5:.6g}\")", "2.4\n"),
            ("What is 1 / 3?", "print(f\"{1 / 3:.6g}\")", "0.333333\n"),
            ("What is 2^10?", "print(2 ** 10)", "1024\n"),
            (
                "What is 1234567.5 * 10?",
                "print(f\"{1234567.5 * 10:.6g}\")",
                "1.23457e+07\n",
            ),
            (
                "Add 3, 4 and 5.",
                "values = [3, 4, 5]\nprint(len(values), sum(values))",
                "3 12\n",
            ),
        ] {
            let detail = detail(asked);
            assert_eq!(detail["code"], code, "{asked}");
            assert_eq!(detail["outputs"][0]["logs"], logs, "{asked}");
        }
        assert_eq!(
            told("Run code: 17*3, then 2+2").as_deref(),
            Some("17 * 3 = 51. 2 + 2 = 4.")
        );
        assert_eq!(told("Write a poem."), None);
        let asked = "I need to solve the equation 3x + 11 = 14. Can you help me?";
        assert_eq!(
            told(asked).as_deref(),
            Some("3x + 11 = 14 holds for x = 1.")
        );
        assert_eq!(detail(asked)["outputs"][0]["logs"], "x = 1\n");
    }
}
