//! METEOR: words that match as they are or by their stems, and how broken up the matches are.

/// METEOR (Banerjee and Lavie, 2005) with the weights of Lavie and Agarwal (2007): alpha 0.9,
/// beta 3, gamma 0.5. Words match exactly, then by stem; synonyms need a lexicon and don't count.
pub(super) fn score(text: &[String], reference: &[String]) -> f64 {
    let pairs = alignment(text, reference);
    let matches = pairs.len() as f64;
    if pairs.is_empty() {
        return f64::from(u8::from(text.is_empty() && reference.is_empty()));
    }
    let precision = matches / text.len() as f64;
    let recall = matches / reference.len() as f64;
    let mean = precision * recall / (0.9 * precision + 0.1 * recall);
    let penalty = 0.5 * (chunks(&pairs) as f64 / matches).powi(3);
    mean * (1.0 - penalty)
}

/// Places in the text with the places in the reference that they match, in the text's order.
/// Each stage takes, for each word, the first match that continues the one before, else the first.
fn alignment(text: &[String], reference: &[String]) -> Vec<(usize, usize)> {
    let mut matched: Vec<Option<usize>> = vec![None; text.len()];
    let mut taken = vec![false; reference.len()];
    for same in [exact as fn(&str, &str) -> bool, by_stem] {
        for place in 0..text.len() {
            if matched[place].is_some() {
                continue;
            }
            let follows = place
                .checked_sub(1)
                .and_then(|before| matched[before])
                .map(|before| before + 1);
            let fits = |other: &usize| !taken[*other] && same(&text[place], &reference[*other]);
            let next = follows.filter(|other| *other < reference.len() && fits(other));
            let found = next.or_else(|| (0..reference.len()).find(fits));
            if let Some(other) = found {
                taken[other] = true;
                matched[place] = Some(other);
            }
        }
    }
    let places = matched.into_iter().enumerate();
    places
        .filter_map(|(place, other)| Some((place, other?)))
        .collect()
}

/// Runs of matches that stand side by side in both texts.
fn chunks(pairs: &[(usize, usize)]) -> usize {
    let breaks = pairs.windows(2).filter(|pair| {
        let ((a, b), (c, d)) = (pair[0], pair[1]);
        (a + 1, b + 1) != (c, d)
    });
    1 + breaks.count()
}

fn exact(a: &str, b: &str) -> bool {
    a == b
}

fn by_stem(a: &str, b: &str) -> bool {
    stem(a) == stem(b)
}

/// English endings, longest first, that leave at least three letters.
fn stem(word: &str) -> &str {
    const ENDINGS: [&str; 9] = [
        "ations", "ation", "ings", "ing", "ies", "ed", "ly", "es", "s",
    ];
    let shorter = ENDINGS.iter().find_map(|ending| {
        let rest = word.strip_suffix(ending)?;
        (rest.chars().count() >= 3).then_some(rest)
    });
    let stem = shorter.unwrap_or(word);
    stem.strip_suffix(['e', 'y']).unwrap_or(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn order_costs_and_stems_count() {
        let same = score(&words("the cat sat"), &words("the cat sat"));
        assert!((same - (1.0 - 0.5 / 27.0)).abs() < 1e-9, "{same}");
        let turned = score(&words("sat cat the"), &words("the cat sat"));
        assert!((turned - 0.5).abs() < 1e-9, "{turned}");
        let stems = score(&words("cats walked"), &words("cat walking"));
        assert!(stems > 0.9, "{stems}");
        assert_eq!(score(&words("x y"), &words("a b")), 0.0);
    }
}
