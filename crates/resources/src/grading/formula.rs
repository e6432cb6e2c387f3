//! The formula of a grader that is made of others: `0.7 * accuracy + max(style, 0.5)`.

/// Depth of brackets that a formula may have.
const DEEPEST: usize = 64;
/// Characters that a formula may have.
const LONGEST: usize = 10_000;

/// A formula over named numbers.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Formula {
    Number(f64),
    Name(String),
    Negative(Box<Formula>),
    Binary(char, Box<Formula>, Box<Formula>),
    Call(Function, Vec<Formula>),
}

/// The functions that a formula may call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Min,
    Max,
    Abs,
    Floor,
    Ceil,
    Exp,
    Sqrt,
    Log,
}

impl Function {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "min" => Function::Min,
            "max" => Function::Max,
            "abs" => Function::Abs,
            "floor" => Function::Floor,
            "ceil" => Function::Ceil,
            "exp" => Function::Exp,
            "sqrt" => Function::Sqrt,
            "log" => Function::Log,
            _ => return None,
        })
    }

    fn of(self, values: &[f64]) -> Option<f64> {
        let first = *values.first()?;
        let single = |of: fn(f64) -> f64| (values.len() == 1).then(|| of(first));
        match self {
            Function::Min => Some(values.iter().copied().fold(first, f64::min)),
            Function::Max => Some(values.iter().copied().fold(first, f64::max)),
            Function::Abs => single(f64::abs),
            Function::Floor => single(f64::floor),
            Function::Ceil => single(f64::ceil),
            Function::Exp => single(f64::exp),
            Function::Sqrt => single(f64::sqrt),
            Function::Log => single(f64::ln),
        }
    }
}

impl Formula {
    /// Reads a formula: numbers, names, `+ - * / ^`, brackets, and the functions above.
    ///
    /// # Errors
    /// Why it can't be read.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST {
            return Err(format!("it is longer than {LONGEST} characters"));
        }
        let mut reader = Reader {
            rest: text,
            depth: 0,
        };
        let formula = reader.sum()?;
        match reader.peek() {
            None => Ok(formula),
            Some(other) => Err(format!("unexpected '{other}'")),
        }
    }

    /// The names that it reads.
    pub(crate) fn names<'a>(&'a self, names: &mut Vec<&'a str>) {
        match self {
            Formula::Number(_) => {}
            Formula::Name(name) => names.push(name),
            Formula::Negative(inner) => inner.names(names),
            Formula::Binary(_, left, right) => {
                left.names(names);
                right.names(names);
            }
            Formula::Call(_, inner) => inner.iter().for_each(|inner| inner.names(names)),
        }
    }

    /// Its value; none where a name is unknown or the value is no number.
    pub(crate) fn value(&self, of: &dyn Fn(&str) -> Option<f64>) -> Option<f64> {
        let value = match self {
            Formula::Number(number) => *number,
            Formula::Name(name) => of(name)?,
            Formula::Negative(inner) => -inner.value(of)?,
            Formula::Binary(sign, left, right) => {
                let (left, right) = (left.value(of)?, right.value(of)?);
                match sign {
                    '+' => left + right,
                    '-' => left - right,
                    '*' => left * right,
                    '/' => left / right,
                    _ => left.powf(right),
                }
            }
            Formula::Call(function, inner) => {
                let values = inner.iter().map(|inner| inner.value(of));
                function.of(&values.collect::<Option<Vec<_>>>()?)?
            }
        };
        value.is_finite().then_some(value)
    }
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn take(&mut self, signs: &[char]) -> Option<char> {
        let sign = self.peek().filter(|sign| signs.contains(sign))?;
        self.rest = &self.rest[sign.len_utf8()..];
        Some(sign)
    }

    fn sum(&mut self) -> Result<Formula, String> {
        self.chain(&['+', '-'], Self::product)
    }

    fn product(&mut self) -> Result<Formula, String> {
        self.chain(&['*', '/'], Self::signed)
    }

    fn chain(
        &mut self,
        signs: &[char],
        part: fn(&mut Self) -> Result<Formula, String>,
    ) -> Result<Formula, String> {
        let mut left = part(self)?;
        while let Some(sign) = self.take(signs) {
            left = Formula::Binary(sign, Box::new(left), Box::new(part(self)?));
        }
        Ok(left)
    }

    fn signed(&mut self) -> Result<Formula, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(format!("it is nested more than {DEEPEST} deep"));
        }
        let signed = match self.take(&['-', '+']) {
            Some('-') => Formula::Negative(Box::new(self.signed()?)),
            Some(_) => self.signed()?,
            None => self.power()?,
        };
        self.depth -= 1;
        Ok(signed)
    }

    fn power(&mut self) -> Result<Formula, String> {
        let base = self.atom()?;
        match self.take(&['^']) {
            Some(sign) => Ok(Formula::Binary(
                sign,
                Box::new(base),
                Box::new(self.signed()?),
            )),
            None => Ok(base),
        }
    }

    fn atom(&mut self) -> Result<Formula, String> {
        match self.peek() {
            None => Err("it ends too early".to_owned()),
            Some('(') => {
                self.take(&['(']);
                let inner = self.sum()?;
                self.close()?;
                Ok(inner)
            }
            Some(c) if c.is_ascii_digit() || c == '.' => {
                let digits = self.run(|c| c.is_ascii_digit() || c == '.');
                let number = digits.parse();
                number
                    .map(Formula::Number)
                    .map_err(|_| format!("'{digits}' is no number"))
            }
            Some(c) if c.is_alphabetic() || c == '_' => self.name(),
            Some(other) => Err(format!("unexpected '{other}'")),
        }
    }

    fn name(&mut self) -> Result<Formula, String> {
        let name = self.run(|c| c.is_alphanumeric() || c == '_');
        if self.take(&['(']).is_none() {
            return Ok(Formula::Name(name.to_owned()));
        }
        let function = Function::named(name).ok_or_else(|| format!("unknown function '{name}'"))?;
        let mut inner = vec![self.sum()?];
        while self.take(&[',']).is_some() {
            inner.push(self.sum()?);
        }
        self.close()?;
        Ok(Formula::Call(function, inner))
    }

    fn close(&mut self) -> Result<(), String> {
        let closed = self.take(&[')']);
        closed
            .map(drop)
            .ok_or_else(|| "a bracket is not closed".to_owned())
    }

    fn run(&mut self, within: fn(char) -> bool) -> &'a str {
        let end = self.rest.find(|c| !within(c)).unwrap_or(self.rest.len());
        let (run, rest) = self.rest.split_at(end);
        self.rest = rest;
        run
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Option<f64> {
        let of = |name: &str| (name == "a").then_some(0.5);
        Formula::parse(text).expect(text).value(&of)
    }

    #[test]
    fn formulas_follow_the_rules_of_arithmetic() {
        assert_eq!(value("1 + 2 * 3 - 4 / 2"), Some(5.0));
        assert_eq!(value("-2 ^ 2 + 2 ^ 3 ^ 2"), Some(508.0));
        assert_eq!(value("2 * (a + 0.25)"), Some(1.5));
        assert_eq!(value("max(a, 0.7, -1) + min(a, 1) + floor(1.9)"), Some(2.2));
        assert_eq!(
            value("sqrt(4) + abs(-1) + ceil(0.1) + exp(0) + log(1)"),
            Some(5.0)
        );
        assert_eq!(value("a / 0"), None);
        assert_eq!(value("b"), None);
    }

    #[test]
    fn what_is_no_formula_is_refused() {
        for text in [
            "", "1 +", "(1", "1 2", "foo(1)", "1..2", "a b", "max()", "1 % 2",
        ] {
            assert!(Formula::parse(text).is_err(), "{text}");
        }
        assert!(Formula::parse(&"(".repeat(1_000)).is_err());
        assert!(Formula::parse(&"-".repeat(1_000)).is_err());
    }
}
