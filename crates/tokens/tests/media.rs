//! Sizes and lengths from headers, and what they cost.

use fakeai_canon::Detail;
use fakeai_tokens::{
    ImageFormat, MediaError, PixelSize, image_header, image_tokens, input_sound_tokens,
    output_sound_tokens, page_count, sound_milliseconds,
};
use proptest::prelude::*;

fn size(width: u32, height: u32) -> PixelSize {
    PixelSize { width, height }
}

#[test]
fn tiles_cost_what_the_provider_gives_as_examples() {
    assert_eq!(image_tokens("gpt-4o", size(1024, 1024), Detail::High), 765);
    assert_eq!(
        image_tokens("gpt-4.1", size(2048, 4096), Detail::Auto),
        1105
    );
    assert_eq!(image_tokens("gpt-4o", size(4096, 8192), Detail::Low), 85);
    assert_eq!(
        image_tokens("gpt-4.1", size(2049, 513), Detail::High),
        85 + 170 * 8
    );
    assert_eq!(
        image_tokens("gpt-4o-mini", size(128, 64), Detail::High),
        8500
    );
    assert_eq!(image_tokens("o3", size(128, 64), Detail::High), 225);
    assert_eq!(
        image_tokens("gpt-5-2025-08-07", size(512, 512), Detail::High),
        210
    );
    assert_eq!(
        image_tokens("gpt-image-1", size(1024, 1024), Detail::High),
        194
    );
}

#[test]
fn patches_cost_what_the_provider_gives_as_examples() {
    assert_eq!(
        image_tokens("gpt-4.1-mini", size(1024, 1024), Detail::Auto),
        1024_u32 * 162 / 100 + 1
    );
    assert_eq!(
        image_tokens("o4-mini", size(1800, 2400), Detail::High),
        (1452 * 172_u32).div_ceil(100)
    );
    assert_eq!(
        image_tokens("gpt-4.1-mini", size(4000, 1474), Detail::High),
        2489
    );
    assert_eq!(
        image_tokens("gpt-5.4", size(3200, 3200), Detail::Original),
        12_000
    );
}

#[test]
fn every_format_tells_its_size() {
    let gif = b"GIF89a\x2c\x01\xc8\x00";
    assert_eq!(image_header(gif), Ok((ImageFormat::Gif, size(300, 200))));
    let jpeg = b"\xff\xd8\xff\xe0\0\x04ab\xff\xff\xc2\0\x11\x08\0\xc8\x01\x2c\x03";
    assert_eq!(image_header(jpeg), Ok((ImageFormat::Jpeg, size(300, 200))));
    let lossy = b"RIFF....WEBPVP8 ....\0\0\0\x9d\x01\x2a\x2c\x01\xc8\0";
    assert_eq!(image_header(lossy), Ok((ImageFormat::WebP, size(300, 200))));
    let lossless = [
        b"RIFF....WEBPVP8L....\x2f".to_vec(),
        (299u32 | 199 << 14).to_le_bytes().to_vec(),
    ]
    .concat();
    assert_eq!(
        image_header(&lossless),
        Ok((ImageFormat::WebP, size(300, 200)))
    );
    let extended = b"RIFF....WEBPVP8X....\0\0\0\0\x2b\x01\0\xc7\0\0";
    assert_eq!(
        image_header(extended),
        Ok((ImageFormat::WebP, size(300, 200)))
    );
    let upside_down = [
        [0; 14].to_vec(),
        vec![40, 0, 0, 0, 44, 1, 0, 0],
        (-200i32).to_le_bytes().to_vec(),
    ]
    .concat();
    let bmp = [b"BM".to_vec(), upside_down[2..].to_vec()].concat();
    assert_eq!(image_header(&bmp), Ok((ImageFormat::Bmp, size(300, 200))));
    for broken in [
        &b""[..],
        b"GIF89a",
        b"\xff\xd8\xff\xd9",
        b"\xff\xd8\xff\xe0\xff\xff",
        b"plain text",
    ] {
        assert_eq!(image_header(broken), Err(MediaError::Image));
    }
}

fn wav(seconds: u32, stated: u32) -> Vec<u8> {
    let mut bytes = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0LIST\x01\0\0\0a\0data".to_vec();
    bytes.extend(stated.to_le_bytes());
    bytes.resize(bytes.len() + 32_000 * seconds as usize, 0);
    bytes
}

#[test]
fn sound_has_the_length_of_its_header() {
    assert_eq!(sound_milliseconds(&wav(3, 96_000), Some("wav")), Ok(3000));
    assert_eq!(sound_milliseconds(&wav(2, u32::MAX), None), Ok(2000));
    // A frame of 128 kbit/s at 44.1 kHz: 417 bytes, 1152 samples.
    let mut frame = vec![0xFF, 0xFB, 0x90, 0x00];
    frame.resize(417, 0);
    let tagged = [b"ID3\x04\0\0\0\0\0\x05tag..".to_vec(), frame.repeat(100)].concat();
    assert_eq!(
        sound_milliseconds(&tagged, Some("mp3")),
        Ok(100 * 1152 * 1000 / 44_100)
    );
    let mut first = frame.clone();
    first[36..48].copy_from_slice(b"Xing\0\0\0\x01\0\0\x04\0");
    assert_eq!(
        sound_milliseconds(&first, Some("mp3")),
        Ok(1024 * 1152 * 1000 / 44_100)
    );
    for broken in [&b""[..], b"RIFF", b"ID3", b"RIFF....WAVEdata\xff\0\0\0"] {
        assert_eq!(
            sound_milliseconds(broken, Some("wav")),
            Err(MediaError::Sound)
        );
    }
}

#[test]
fn sound_costs_ten_tokens_a_second_in_and_twenty_out() {
    assert_eq!(
        (input_sound_tokens(1000), output_sound_tokens(1000)),
        (10, 20)
    );
    assert_eq!((input_sound_tokens(1), input_sound_tokens(0)), (1, 0));
}

#[test]
fn compressed_documents_count_by_their_page_tree() {
    assert_eq!(
        page_count(b"%PDF-1.7 /Type /Pages /Count 12 /Count 3"),
        Some(12)
    );
    assert_eq!(page_count(b"%PDF-1.7 nothing to see"), Some(1));
    assert_eq!(page_count(b"PK\x03\x04"), None);
}

proptest! {
    #[test]
    fn no_bytes_upset_a_reader(start in 0..8usize, bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let starts: [&[u8]; 8] = [
            b"", b"\xff\xd8", b"RIFF....WEBPVP8X", b"RIFF....WAVEfmt ", b"ID3", b"fLaC", b"\xff\xfb", b"%PDF-",
        ];
        let bytes = [starts[start], &bytes].concat();
        let _ = image_header(&bytes).map(|(_, size)| image_tokens("gpt-4.1-mini", size, Detail::High));
        for format in [None, Some("mp3"), Some("wav"), Some("audio/flac")] {
            let _ = sound_milliseconds(&bytes, format).map(input_sound_tokens);
        }
        let _ = page_count(&bytes);
    }

    #[test]
    fn any_size_costs_at_most_what_its_rule_allows(width in 1..=u32::MAX, height in 1..=u32::MAX) {
        prop_assert!(image_tokens("gpt-4o", size(width, height), Detail::High) <= 85 + 170 * 8);
        prop_assert!(image_tokens("gpt-4.1-mini", size(width, height), Detail::High) <= 2489);
        prop_assert!(image_tokens("gpt-5.4", size(width, height), Detail::Original) <= 12_000);
    }
}
