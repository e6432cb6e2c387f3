//! Telephone sound: 8,000 samples a second, each a byte on a scale that is finer for soft sounds.
//! ITU-T G.711, <https://www.itu.int/rec/T-REC-G.711>

/// Which of the two scales.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompandingLaw {
    /// `audio/pcmu`.
    Mu,
    /// `audio/pcma`.
    A,
}

impl CompandingLaw {
    /// The scale of a format's name, where it is one of the telephone's.
    pub fn of(format: &str) -> Option<Self> {
        match format {
            "audio/pcmu" => Some(Self::Mu),
            "audio/pcma" => Some(Self::A),
            _ => None,
        }
    }
}

/// A byte as a sample of 16 bits.
pub fn expand(law: CompandingLaw, byte: u8) -> i16 {
    match law {
        CompandingLaw::Mu => {
            let byte = !byte;
            let (exponent, mantissa) = (i32::from(byte >> 4 & 7), i32::from(byte & 15));
            let size = (((mantissa << 3) + MU_BIAS) << exponent) - MU_BIAS;
            (if byte & 0x80 == 0 { size } else { -size }) as i16
        }
        CompandingLaw::A => {
            let byte = byte ^ 0x55;
            let (exponent, mantissa) = (i32::from(byte >> 4 & 7), i32::from(byte & 15));
            let size = match exponent {
                0 => (mantissa << 4) + 8,
                _ => ((mantissa << 4) + 0x108) << (exponent - 1),
            };
            (if byte & 0x80 == 0 { -size } else { size }) as i16
        }
    }
}

/// Added to a sample before its exponent is taken.
const MU_BIAS: i32 = 0x84;
/// The loudest sample that the scale has.
const MU_MOST: i32 = 32_635;

fn compress(law: CompandingLaw, sample: i16) -> u8 {
    let size = i32::from(sample).abs();
    match law {
        CompandingLaw::Mu => {
            let size = size.min(MU_MOST) + MU_BIAS;
            let exponent = (31 - size.leading_zeros() as i32 - 7).clamp(0, 7);
            let mantissa = size >> (exponent + 3) & 15;
            let sign = if sample < 0 { 0x80 } else { 0 };
            !(sign | exponent << 4 | mantissa) as u8
        }
        CompandingLaw::A => {
            let size = size.min(i32::from(i16::MAX));
            let coded = match size {
                0..256 => size >> 4,
                _ => {
                    let exponent = 31 - size.leading_zeros() as i32 - 7;
                    exponent << 4 | (size >> (exponent + 3) & 15)
                }
            };
            let sign = if sample < 0 { 0 } else { 0x80 };
            (sign | coded) as u8 ^ 0x55
        }
    }
}

/// Makes telephone sound of samples that come 24,000 a second: each three become one.
pub(super) struct Telephone {
    law: CompandingLaw,
    /// The bytes of samples that wait for the third.
    rest: Vec<u8>,
}

impl Telephone {
    /// Sound on that scale.
    pub(super) fn new(law: CompandingLaw) -> Self {
        Self {
            law,
            rest: Vec::new(),
        }
    }

    /// What becomes of the next samples, two bytes each, the lower first.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.rest.extend_from_slice(bytes);
        let (threes, rest) = self.rest.as_chunks::<6>();
        let sample = |low: u8, high: u8| i32::from(i16::from_le_bytes([low, high]));
        let mean = |three: &[u8; 6]| {
            let [a, b, c, d, e, f] = *three;
            ((sample(a, b) + sample(c, d) + sample(e, f)) / 3) as i16
        };
        let made = threes.iter().map(|three| compress(self.law, mean(three)));
        let made = made.collect();
        self.rest = rest.to_vec();
        made
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_comes_back_within_the_step_of_its_scale() {
        for law in [CompandingLaw::Mu, CompandingLaw::A] {
            for sample in (-32_000i16..=32_000).step_by(37) {
                let back = i32::from(expand(law, compress(law, sample)));
                let off = (back - i32::from(sample)).abs();
                let step = (i32::from(sample).abs() / 16).max(16);
                assert!(off <= step, "{law:?}: {sample} comes back as {back}");
            }
        }
    }

    #[test]
    fn silence_and_the_loudest_are_the_bytes_of_the_standard() {
        assert_eq!(compress(CompandingLaw::Mu, 0), 0xff);
        assert_eq!(compress(CompandingLaw::Mu, i16::MAX), 0x80);
        assert_eq!(compress(CompandingLaw::Mu, i16::MIN), 0x00);
        assert_eq!(compress(CompandingLaw::A, 0), 0xd5);
        assert_eq!(compress(CompandingLaw::A, i16::MAX), 0xaa);
    }

    #[test]
    fn three_samples_become_one_however_they_are_cut() {
        let samples: Vec<u8> = (0..60u16).flat_map(|n| (n * 100).to_le_bytes()).collect();
        let whole = Telephone::new(CompandingLaw::Mu).take(&samples);
        assert_eq!(whole.len(), 20);
        let mut cut = Telephone::new(CompandingLaw::Mu);
        let mut pieces = Vec::new();
        for piece in samples.chunks(7) {
            pieces.extend(cut.take(piece));
        }
        assert_eq!(pieces, whole);
    }
}
