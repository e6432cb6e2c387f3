//! The formats that structured outputs know, checked by hand. Other names say nothing.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Whether `text` is of the named format; true for a format that is not known here.
pub(crate) fn is_format(format: &str, text: &str) -> bool {
    match format {
        "date-time" => is_date_time(text),
        "date" => is_date(text),
        "time" => is_time(text),
        "duration" => is_duration(text),
        "email" => is_email(text),
        "hostname" => is_hostname(text),
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        "uuid" => is_uuid(text),
        "uri" => is_uri(text),
        _ => true,
    }
}

/// A fixed number of digits as a number.
fn digits(text: &str, length: usize) -> Option<u32> {
    (text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

/// RFC 3339 full-date.
fn is_date(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else {
        return false;
    };
    let (Some(year), Some(month), Some(day)) = (digits(year, 4), digits(month, 2), digits(day, 2))
    else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let last = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=last).contains(&day)
}

/// RFC 3339 full-time, without leap seconds.
fn is_time(text: &str) -> bool {
    let Some(start) = text.find(['Z', 'z', '+', '-']) else {
        return false;
    };
    let (clock, zone) = text.split_at(start);
    let (clock, fraction) = match clock.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (clock, None),
    };
    let whole = fraction
        .is_none_or(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    let zone = match zone {
        "Z" | "z" => true,
        other => clock_fits(&other[1..], 2),
    };
    whole && zone && clock_fits(clock, 3)
}

/// `hh:mm` or `hh:mm:ss`.
fn clock_fits(text: &str, parts: usize) -> bool {
    let fields: Vec<Option<u32>> = text.split(':').map(|part| digits(part, 2)).collect();
    let limits = [23, 59, 59];
    fields.len() == parts
        && fields
            .iter()
            .zip(limits)
            .all(|(field, limit)| field.is_some_and(|one| one <= limit))
}

fn is_date_time(text: &str) -> bool {
    let Some(middle) = text.find(['T', 't']) else {
        return false;
    };
    is_date(&text[..middle]) && is_time(&text[middle + 1..])
}

/// ISO 8601 duration as RFC 3339 appendix A has it.
fn is_duration(text: &str) -> bool {
    let Some(rest) = text.strip_prefix('P') else {
        return false;
    };
    if let Some(weeks) = rest.strip_suffix('W') {
        return !weeks.is_empty() && weeks.bytes().all(|byte| byte.is_ascii_digit());
    }
    let (days, clock) = match rest.split_once('T') {
        Some((days, clock)) => (days, Some(clock)),
        None => (rest, None),
    };
    let some = !days.is_empty() || clock.is_some();
    some && units(days, "YMD") && clock.is_none_or(|clock| !clock.is_empty() && units(clock, "HMS"))
}

/// Numbers followed by units in the given order.
fn units(text: &str, order: &str) -> bool {
    let mut left = order;
    let mut number = false;
    for letter in text.chars() {
        if letter.is_ascii_digit() {
            number = true;
            continue;
        }
        match left.find(letter) {
            Some(place) if number => left = &left[place + 1..],
            _ => return false,
        }
        number = false;
    }
    !number
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-.".contains(&byte);
    !local.is_empty()
        && local.bytes().all(allowed)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && is_hostname(domain)
}

fn is_hostname(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

fn is_uuid(text: &str) -> bool {
    let lengths = [8, 4, 4, 4, 12];
    let parts: Vec<&str> = text.split('-').collect();
    let hex = |part: &str| part.bytes().all(|byte| byte.is_ascii_hexdigit());
    parts.len() == lengths.len()
        && parts
            .iter()
            .zip(lengths)
            .all(|(part, length)| part.len() == length && hex(part))
}

/// A scheme and something after it, without spaces or other characters that a URI never has.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(plain)
        && !rest.is_empty()
        && rest
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte))
}
