//! Width and height of an image, from its first bytes. Not here: its pixels, or its orientation
//! (no rule depends on which side is which).
//!
//! Sources: PNG (W3C, 11.2.1), GIF89a (section 18), JPEG (ITU T.81, B.2.2), WebP (RFC 9649), and
//! Microsoft's `BITMAPINFOHEADER`.

use super::MediaError;

/// Width and height in pixels, both at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PixelSize {
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
}

/// Formats whose header is understood. The provider takes all but BMP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageFormat {
    /// Portable Network Graphics.
    Png,
    /// JPEG in any of its codings.
    Jpeg,
    /// GIF, still or moving.
    Gif,
    /// WebP, lossy or lossless.
    WebP,
    /// Windows bitmap.
    Bmp,
}

/// Format and size of an image.
///
/// # Errors
/// [`MediaError::Image`] for other formats, for what ends inside its header and for empty images.
pub fn image_header(bytes: &[u8]) -> Result<(ImageFormat, PixelSize), MediaError> {
    let (format, size) = match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => (ImageFormat::Png, png(bytes)),
        [0xFF, 0xD8, ..] => (ImageFormat::Jpeg, jpeg(bytes)),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => (ImageFormat::Gif, gif(bytes)),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => (ImageFormat::WebP, webp(bytes)),
        [b'B', b'M', ..] => (ImageFormat::Bmp, bmp(bytes)),
        _ => return Err(MediaError::Image),
    };
    let (width, height) = size.ok_or(MediaError::Image)?;
    match width > 0 && height > 0 {
        true => Ok((format, PixelSize { width, height })),
        false => Err(MediaError::Image),
    }
}

fn at<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    bytes.get(offset..)?.first_chunk().copied()
}

fn big16(bytes: &[u8], offset: usize) -> Option<u32> {
    at(bytes, offset).map(|pair| u32::from(u16::from_be_bytes(pair)))
}

fn little16(bytes: &[u8], offset: usize) -> Option<u32> {
    at(bytes, offset).map(|pair| u32::from(u16::from_le_bytes(pair)))
}

fn little24(bytes: &[u8], offset: usize) -> Option<u32> {
    at(bytes, offset).map(|[low, middle, high]| u32::from_le_bytes([low, middle, high, 0]))
}

fn png(bytes: &[u8]) -> Option<(u32, u32)> {
    let [width, height] = [16, 20].map(|offset| at(bytes, offset).map(u32::from_be_bytes));
    let named = at(bytes, 12)? == *b"IHDR";
    named.then_some((width?, height?))
}

fn gif(bytes: &[u8]) -> Option<(u32, u32)> {
    Some((little16(bytes, 6)?, little16(bytes, 8)?))
}

fn bmp(bytes: &[u8]) -> Option<(u32, u32)> {
    let side = |offset| at(bytes, offset).map(|four| i32::from_le_bytes(four).unsigned_abs());
    match u32::from_le_bytes(at(bytes, 14)?) {
        12 => Some((little16(bytes, 18)?, little16(bytes, 20)?)),
        40.. => Some((side(18)?, side(22)?)),
        _ => None,
    }
}

fn webp(bytes: &[u8]) -> Option<(u32, u32)> {
    match &at::<4>(bytes, 12)? {
        b"VP8 " if at(bytes, 23)? == [0x9D, 0x01, 0x2A] => {
            Some((little16(bytes, 26)? & 0x3FFF, little16(bytes, 28)? & 0x3FFF))
        }
        b"VP8L" if at(bytes, 20)? == [0x2F] => {
            let sides = u32::from_le_bytes(at(bytes, 21)?);
            Some(((sides & 0x3FFF) + 1, (sides >> 14 & 0x3FFF) + 1))
        }
        b"VP8X" => Some((little24(bytes, 24)? + 1, little24(bytes, 27)? + 1)),
        _ => None,
    }
}

/// Walks the segments up to the frame header.
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut offset = 2;
    loop {
        match at(bytes, offset)? {
            // Any number of fill bytes may come before a marker.
            [0xFF, 0xFF] => offset += 1,
            [0xFF, 0xC4 | 0xC8 | 0xCC] => offset += 2 + big16(bytes, offset + 2)? as usize,
            [0xFF, 0xC0..=0xCF] => {
                return Some((big16(bytes, offset + 7)?, big16(bytes, offset + 5)?));
            }
            [0xFF, 0x01 | 0xD0..=0xD7] => offset += 2,
            // The picture's end or its data, and no frame header before them.
            [0xFF, 0xD8..=0xDA] => return None,
            [0xFF, _] => offset += 2 + big16(bytes, offset + 2)?.max(2) as usize,
            _ => return None,
        }
    }
}
