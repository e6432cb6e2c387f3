//! Pictures as files: PNG here, JPEG and WebP by crates that do nothing else.

use std::io::Write;

use bytes::Bytes;
use fakeai_canon::{ApiError, ErrorKind};
use flate2::Compression;
use flate2::write::ZlibEncoder;

use super::Picture;
use super::canvas::Canvas;

/// The format of a picture's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureFormat {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// WebP, without loss.
    Webp,
}

impl PictureFormat {
    /// The format of a name on the wire: `png`, `jpeg`, `webp`.
    pub fn of(name: &str) -> Option<Self> {
        match name {
            "png" => Some(Self::Png),
            "jpeg" => Some(Self::Jpeg),
            "webp" => Some(Self::Webp),
            _ => None,
        }
    }

    /// Its media type.
    pub fn media(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Webp => "image/webp",
        }
    }

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        self.media().trim_start_matches("image/")
    }
}

pub(super) fn encode(canvas: &Canvas, picture: &Picture) -> Result<Bytes, ApiError> {
    match picture.format {
        PictureFormat::Png => png(canvas),
        PictureFormat::Jpeg => jpeg(canvas, picture.quality),
        PictureFormat::Webp => webp(canvas),
    }
}

/// Neither writing to memory nor these sizes can fail; if they did, the picture is what is missing.
fn unmade<E>(_: E) -> ApiError {
    ApiError::new(ErrorKind::Server, "The image could not be made.")
}

fn png(canvas: &Canvas) -> Result<Bytes, ApiError> {
    let mut deflated = ZlibEncoder::new(Vec::new(), Compression::fast());
    let mut line = Vec::with_capacity(canvas.width as usize * 4 + 1);
    for row in canvas.pixels.chunks(canvas.width as usize) {
        line.clear();
        // Each byte as its difference from the pixel to the left: gradients become almost nothing.
        line.push(1);
        let mut left = [0; 4];
        for pixel in row {
            line.extend(
                pixel
                    .iter()
                    .zip(left)
                    .map(|(now, was)| now.wrapping_sub(was)),
            );
            left = *pixel;
        }
        deflated.write_all(&line).map_err(unmade)?;
    }
    let data = deflated.finish().map_err(unmade)?;
    let mut header = Vec::new();
    header.extend_from_slice(&canvas.width.to_be_bytes());
    header.extend_from_slice(&canvas.height.to_be_bytes());
    // Eight bits a channel, colour with alpha, and the only methods there are.
    header.extend_from_slice(&[8, 6, 0, 0, 0]);
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut out, b"IHDR", &header);
    chunk(&mut out, b"IDAT", &data);
    chunk(&mut out, b"IEND", &[]);
    Ok(Bytes::from(out))
}

fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    out.extend_from_slice(&(data.len() as u32).to_be_bytes());
    let mut checksum = flate2::Crc::new();
    checksum.update(kind);
    checksum.update(data);
    out.extend_from_slice(kind);
    out.extend_from_slice(data);
    out.extend_from_slice(&checksum.sum().to_be_bytes());
}

fn jpeg(canvas: &Canvas, quality: u8) -> Result<Bytes, ApiError> {
    let mut out = Vec::new();
    let encoder = jpeg_encoder::Encoder::new(&mut out, quality.clamp(1, 100));
    let size = |side: u32| u16::try_from(side).map_err(unmade);
    encoder
        .encode(
            canvas.pixels.as_flattened(),
            size(canvas.width)?,
            size(canvas.height)?,
            jpeg_encoder::ColorType::Rgba,
        )
        .map_err(unmade)?;
    Ok(Bytes::from(out))
}

fn webp(canvas: &Canvas) -> Result<Bytes, ApiError> {
    let mut out = Vec::new();
    image_webp::WebPEncoder::new(&mut out)
        .encode(
            canvas.pixels.as_flattened(),
            canvas.width,
            canvas.height,
            image_webp::ColorType::Rgba8,
        )
        .map_err(unmade)?;
    Ok(Bytes::from(out))
}
