//! Films: vertical stripes that change every second, as H.264 in MP4. Real files that play for as
//! long as was asked; nobody looks at the prompt for what to show. They have no sound.

mod h264;
mod mp4;

use bytes::Bytes;
use fakeai_canon::{ApiError, Seed};

/// Pictures a second.
pub const FRAME_RATE: u32 = 24;
/// The longest film in seconds.
const LONGEST: u32 = 600;

/// A film as an MP4 file.
///
/// # Errors
/// A side that is no multiple of 16 or beyond 4096 pixels, or more than ten minutes.
pub fn film(seed: Seed, width: u32, height: u32, seconds: u32) -> Result<Bytes, ApiError> {
    let fits = |side: u32| side.is_multiple_of(16) && (16..=4096).contains(&side);
    if !fits(width) || !fits(height) || !(1..=LONGEST).contains(&seconds) {
        return Err(ApiError::invalid(format!(
            "A film of {width}x{height} and {seconds} seconds can't be made."
        )));
    }
    let size = h264::Size { width, height };
    let frames = (0..seconds * FRAME_RATE).map(|number| {
        let second = number / FRAME_RATE;
        match number % FRAME_RATE {
            0 => h264::picture(size, seed.fork("film").nth(u64::from(second)), second),
            since => h264::same_again(size, since),
        }
    });
    Ok(Bytes::from(mp4::file(size, &frames.collect::<Vec<_>>())))
}
