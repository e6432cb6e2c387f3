//! Writes a film, pictures and recordings of every format into a folder, to be looked at and
//! listened to: `cargo run -p fakeai-content --example media_files -- FOLDER`.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "this is an example"
)]

use fakeai_canon::Seed;
use fakeai_content::film::film;
use fakeai_content::picture::{Picture, PictureFormat, picture};
use fakeai_content::sound::{SoundFormat, sound};

fn folder() -> std::path::PathBuf {
    std::env::args().nth(1).unwrap_or_else(|| ".".into()).into()
}

fn main() {
    let folder = folder();
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(
        folder.join("film.mp4"),
        film(Seed(1), 1280, 720, 4).unwrap(),
    )
    .unwrap();
    for name in ["png", "jpeg", "webp"] {
        let format = PictureFormat::of(name).unwrap();
        let made = picture(&Picture {
            seed: Seed(2),
            width: 1024,
            height: 1536,
            transparent: false,
            done: 1.0,
            format,
            quality: 85,
        });
        std::fs::write(folder.join(format!("picture.{name}")), made.unwrap()).unwrap();
    }
    for name in ["mp3", "opus", "aac", "flac", "wav", "pcm"] {
        let made = sound(Seed(3), 3_000, SoundFormat::of(name).unwrap());
        std::fs::write(folder.join(format!("sound.{name}")), made).unwrap();
    }
    println!("written to {}", folder.display());
}
