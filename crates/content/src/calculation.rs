//! The value of a calculation such as `12 / (4 - 1)`. Not here: finding it in a text.

/// The value of a whole calculation, written with `+ - * × / ÷ % ^` and brackets. None where it
/// can't be read, or has no finite value.
pub(crate) fn value(text: &str) -> Option<f64> {
    let mut reader = Reader {
        rest: text,
        depth: 0,
    };
    let value = reader.sum()?;
    (reader.rest.trim().is_empty() && value.is_finite()).then_some(value)
}

/// A value as one writes it: whole numbers without a point, others with up to six digits behind
/// it.
pub(crate) fn written(value: f64) -> String {
    let text = format!("{value:.6}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    match text {
        "-0" => "0".to_owned(),
        _ => text.to_owned(),
    }
}

/// The calculation with one space around each operator.
pub(crate) fn spaced(text: &str) -> String {
    let mut spaced = String::with_capacity(2 * text.len());
    for c in text.chars().filter(|c| *c != ' ') {
        let is_sign = c == '-' && spaced.trim_end().chars().next_back().is_none_or(is_open);
        if is_operator(c) && !is_sign {
            spaced.extend([' ', c, ' ']);
        } else {
            spaced.push(c);
        }
    }
    spaced.replace(" *  * ", " ** ")
}

fn is_operator(c: char) -> bool {
    "+-*/×÷%".contains(c)
}

fn is_open(c: char) -> bool {
    is_operator(c) || c == '('
}

struct Reader<'t> {
    rest: &'t str,
    depth: u8,
}

impl Reader<'_> {
    /// Brackets, signs and powers nest no deeper.
    const DEEPEST: u8 = 32;

    fn takes(&mut self, mark: &str) -> bool {
        match self.rest.trim_start().strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn sum(&mut self) -> Option<f64> {
        let mut value = self.product()?;
        loop {
            if self.takes("+") {
                value += self.product()?;
            } else if self.takes("-") {
                value -= self.product()?;
            } else {
                return Some(value);
            }
        }
    }

    fn product(&mut self) -> Option<f64> {
        let mut value = self.power()?;
        loop {
            if self.takes("*") || self.takes("×") {
                value *= self.power()?;
            } else if self.takes("/") || self.takes("÷") {
                value /= self.power()?;
            } else if self.takes("%") {
                value %= self.power()?;
            } else {
                return Some(value);
            }
        }
    }

    fn power(&mut self) -> Option<f64> {
        self.depth += 1;
        if self.depth > Self::DEEPEST {
            return None;
        }
        let value = if self.takes("-") {
            -self.power()?
        } else {
            let base = self.atom()?;
            if self.takes("**") || self.takes("^") {
                base.powf(self.power()?)
            } else {
                base
            }
        };
        self.depth -= 1;
        Some(value)
    }

    fn atom(&mut self) -> Option<f64> {
        if self.takes("(") {
            let value = self.sum()?;
            return self.takes(")").then_some(value);
        }
        let text = self.rest.trim_start();
        let end = text
            .find(|c: char| !(c.is_ascii_digit() || c == '.'))
            .unwrap_or(text.len());
        self.rest = &text[end..];
        text[..end].parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calculations_have_the_value_that_one_learns_at_school() {
        for (text, result) in [
            ("2+2", Some("4")),
            ("17*3", Some("51")),
            ("12 / 4", Some("3")),
            ("2 + 3 * 4", Some("14")),
            ("(2 + 3) * -4", Some("-20")),
            ("2^10", Some("1024")),
            ("-2**2", Some("-4")),
            ("1 / 3", Some("0.333333")),
            ("0.1 + 0.2", Some("0.3")),
            ("7 % 4", Some("3")),
            ("1 / 0", None),
            ("2 +", None),
        ] {
            assert_eq!(value(text).map(written).as_deref(), result, "{text}");
        }
        assert_eq!(spaced("(2+3)*-4"), "(2 + 3) * -4");
    }
}
