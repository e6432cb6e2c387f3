//! Images, sound and files in a prompt: as many pseudo-tokens as they count for, with ids that
//! follow from their content, so that equal media are equal to a prefix cache.

use fakeai_canon::{Detail, Media, MediaKind, MediaSource, Mode, Prompt, Seed, TokenId};

use super::Writer;
use crate::media::{self, ImageFormat, MediaError, PixelSize};

impl Writer<'_> {
    pub(super) fn media(&mut self, media: &Media) -> Result<(), MediaError> {
        match media.kind {
            MediaKind::Image => self.image(media),
            MediaKind::Audio => self.sound(media),
            MediaKind::File => {
                self.file(media);
                Ok(())
            }
            // No provider of this dialect takes video; frames are images by then.
            MediaKind::Video => self.image(media),
        }
    }

    fn image(&mut self, media: &Media) -> Result<(), MediaError> {
        let size = match &media.source {
            MediaSource::Bytes(bytes) => self.forgiving(readable_size(bytes))?,
            MediaSource::Url(_) | MediaSource::Stored(_) | MediaSource::Spoken { .. } => None,
        };
        let size = size.unwrap_or_else(media::unknown_image_size);
        let count = media::image_tokens(self.model, size, media.detail);
        self.prompt.image += count;
        self.pseudo(media, count);
        Ok(())
    }

    fn sound(&mut self, media: &Media) -> Result<(), MediaError> {
        /// Milliseconds of sound that can't be read.
        const UNKNOWN: u64 = 1000;
        let count = match &media.source {
            MediaSource::Bytes(bytes) => {
                let read = media::sound_milliseconds(bytes, media.format.as_deref());
                media::input_sound_tokens(self.forgiving(read)?.unwrap_or(UNKNOWN))
            }
            MediaSource::Url(_) | MediaSource::Stored(_) => media::input_sound_tokens(UNKNOWN),
            MediaSource::Spoken { tokens, .. } => u64::from(*tokens),
        };
        let count = u32::try_from(count).unwrap_or(u32::MAX).min(MOST);
        self.prompt.audio += count;
        self.pseudo(media, count);
        Ok(())
    }

    /// Text counts as itself, a PDF by its pages, all else as one page.
    fn file(&mut self, media: &Media) {
        let bytes = match &media.source {
            MediaSource::Bytes(bytes) => &**bytes,
            MediaSource::Url(_) | MediaSource::Stored(_) | MediaSource::Spoken { .. } => &[],
        };
        let pages = match (media::page_count(bytes), std::str::from_utf8(bytes)) {
            (Some(pages), _) => pages,
            (None, Ok(text)) if !text.is_empty() => return self.text(text),
            (None, _) => 1,
        };
        let page = media::page_rule();
        let images = media::image_tokens(self.model, page.page_size(), Detail::Auto);
        let images = images.saturating_mul(pages).min(MOST);
        self.prompt.image += images;
        self.pseudo(
            media,
            images + page.page_text_tokens.saturating_mul(pages).min(MOST),
        );
    }

    /// In mock mode what can't be read is merely unknown.
    fn forgiving<T>(&self, read: Result<T, MediaError>) -> Result<Option<T>, MediaError> {
        match (read, self.mode) {
            (Ok(value), _) => Ok(Some(value)),
            (Err(_), Mode::Mock) => Ok(None),
            (Err(error), Mode::Realistic) => Err(error),
        }
    }

    fn pseudo(&mut self, media: &Media, count: u32) {
        let seed = content_seed(&media.source);
        let id = |index: u32| seed.nth(index.into()).0 as TokenId | Prompt::PSEUDO;
        self.prompt.ids.extend((0..count).map(id));
    }
}

/// The most pseudo-tokens that one piece of media may put into a prompt: more than any context
/// has, and few enough to hold in memory.
const MOST: u32 = 4_000_000;

fn readable_size(bytes: &[u8]) -> Result<PixelSize, MediaError> {
    match media::image_header(bytes)? {
        (ImageFormat::Bmp, _) => Err(MediaError::Image),
        (ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::Gif | ImageFormat::WebP, size) => {
            Ok(size)
        }
    }
}

fn content_seed(source: &MediaSource) -> Seed {
    match source {
        MediaSource::Bytes(bytes) => Seed(0).of(&**bytes),
        MediaSource::Url(text)
        | MediaSource::Stored(text)
        | MediaSource::Spoken { id: text, .. } => Seed(1).of(text.as_str()),
    }
}
