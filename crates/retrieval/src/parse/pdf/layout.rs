//! Lines and words from places: text that is shown farther on is a new word, lower is a new line. Not
//! here: operators and fonts.

use super::matrix::Matrix;

/// A gap of this share of the font's size parts words; the space of most fonts is a quarter.
const WORD_GAP: f64 = 0.18;

/// A step across the line by this share of the size begins a line.
const LINE_STEP: f64 = 0.5;

/// A step across by this share begins a paragraph.
const PARAGRAPH_STEP: f64 = 1.9;

#[derive(Default)]
pub(super) struct Layout {
    pub(super) text: String,
    /// Where the last stretch ended on this page.
    end: Option<(f64, f64)>,
}

impl Layout {
    /// Ends a page, and gives where the next one begins in the text.
    pub(super) fn begin_page(&mut self) -> usize {
        self.end = None;
        let blank = if self.text.is_empty() { "" } else { "\n\n" };
        self.text.truncate(self.text.trim_end().len());
        self.text.push_str(blank);
        self.text.len()
    }

    /// Goes to where the next stretch begins. `size` is the font's size on the page.
    pub(super) fn go(&mut self, place: Matrix, size: f64) {
        let [a, b, _, _, x, y] = place.0;
        let Some((end_x, end_y)) = self.end else {
            return;
        };
        let length = a.hypot(b).max(f64::MIN_POSITIVE);
        let (right, up) = (a / length, b / length);
        let (dx, dy) = (x - end_x, y - end_y);
        let (along, across) = (dx * right + dy * up, (dy * right - dx * up).abs());
        if across > PARAGRAPH_STEP * size {
            self.part("\n\n");
        } else if across > LINE_STEP * size || along < -2.0 * size {
            self.part("\n");
        } else if along > WORD_GAP * size {
            self.part(" ");
        }
    }

    /// Says where the stretch that was written ends.
    pub(super) fn arrive(&mut self, place: Matrix) {
        let [_, _, _, _, x, y] = place.0;
        self.end = Some((x, y));
    }

    fn part(&mut self, by: &str) {
        if self.text.is_empty()
            || self.text.ends_with('\n')
            || (by == " " && self.text.ends_with(' '))
        {
            return;
        }
        if by != " " {
            self.text.truncate(self.text.trim_end_matches(' ').len());
        }
        self.text.push_str(by);
    }

    /// Writes what a font says; ligatures as letters, soft hyphens and control characters not at all.
    pub(super) fn write(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '\u{FB00}' => self.text.push_str("ff"),
                '\u{FB01}' => self.text.push_str("fi"),
                '\u{FB02}' => self.text.push_str("fl"),
                '\u{FB03}' => self.text.push_str("ffi"),
                '\u{FB04}' => self.text.push_str("ffl"),
                '\u{FB05}' | '\u{FB06}' => self.text.push_str("st"),
                '\u{A0}' | '\t' | '\n' | '\r' => self.text.push(' '),
                '\u{AD}' => {}
                other if other.is_control() => {}
                other => self.text.push(other),
            }
        }
    }
}
