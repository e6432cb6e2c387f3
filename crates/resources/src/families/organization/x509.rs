//! As much of an X.509 certificate as is shown of it: when it begins and ends to be valid. Nothing
//! is verified. DER as in ITU-T X.690, the certificate as in RFC 5280.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// When a certificate is valid, in seconds of the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Validity {
    pub(super) from: i64,
    pub(super) until: i64,
}

/// The longest certificate that is read, in characters of PEM.
const LONGEST: usize = 64 << 10;

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const VERSION: u8 = 0xa0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The validity of the one certificate of a PEM text.
pub(super) fn validity(pem: &str) -> Option<Validity> {
    if pem.len() > LONGEST {
        return None;
    }
    let body = pem
        .trim()
        .strip_prefix("-----BEGIN CERTIFICATE-----")?
        .strip_suffix("-----END CERTIFICATE-----")?;
    let base64: String = body.split_whitespace().collect();
    let der = STANDARD.decode(base64).ok()?;
    let mut outer = Reader(&der);
    let mut certificate = Reader(outer.take(SEQUENCE)?);
    let mut facts = Reader(certificate.take(SEQUENCE)?);
    if facts.next_is(VERSION) {
        facts.take(VERSION)?;
    }
    facts.take(INTEGER)?;
    facts.take(SEQUENCE)?;
    facts.take(SEQUENCE)?;
    let mut validity = Reader(facts.take(SEQUENCE)?);
    Some(Validity {
        from: validity.time()?,
        until: validity.time()?,
    })
}

/// What is left of some DER.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn next_is(&self, tag: u8) -> bool {
        self.0.first() == Some(&tag)
    }

    /// The content of the next value, which has that tag.
    fn take(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (found, rest) = self.0.split_first()?;
        let (first, rest) = rest.split_first()?;
        let (length, rest) = if *first < 0x80 {
            (usize::from(*first), rest)
        } else {
            let count = usize::from(*first & 0x7f);
            if !(1..=4).contains(&count) || rest.len() < count {
                return None;
            }
            let (digits, rest) = rest.split_at(count);
            let length = digits
                .iter()
                .fold(0, |length, byte| length << 8 | usize::from(*byte));
            (length, rest)
        };
        if *found != tag || rest.len() < length {
            return None;
        }
        let (content, rest) = rest.split_at(length);
        self.0 = rest;
        Some(content)
    }

    fn time(&mut self) -> Option<i64> {
        if self.next_is(UTC_TIME) {
            let text = std::str::from_utf8(self.take(UTC_TIME)?).ok()?;
            let year = number(text.get(..2)?)?;
            // RFC 5280, 4.1.2.5.1: two digits mean 1950 to 2049.
            let century = if year < 50 { 2000 } else { 1900 };
            return seconds(century + year, text.get(2..)?);
        }
        let text = std::str::from_utf8(self.take(GENERALIZED_TIME)?).ok()?;
        seconds(number(text.get(..4)?)?, text.get(4..)?)
    }
}

fn number(digits: &str) -> Option<i64> {
    let all = digits.bytes().all(|byte| byte.is_ascii_digit());
    all.then(|| digits.parse().ok())?
}

/// Seconds of the epoch of `MMDDHHMMSSZ` in a year.
fn seconds(year: i64, rest: &str) -> Option<i64> {
    let rest = rest.strip_suffix('Z').filter(|rest| rest.len() == 10)?;
    let part = |place: usize| number(rest.get(place..place + 2)?);
    let (month, day) = (part(0)?, part(2)?);
    let (hour, minute, second) = (part(4)?, part(6)?, part(8)?);
    let calendar = (1..=12).contains(&month) && (1..=31).contains(&day);
    let clock = hour < 24 && minute < 60 && second < 61;
    (calendar && clock)
        .then(|| days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second)
}

/// Days since 1970-01-01 in the Gregorian calendar, counting years from March (Hinnant, 2013).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}
