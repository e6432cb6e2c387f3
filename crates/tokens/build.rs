//! Turns `data/tokens` into tables that are read where they lie in the binary: no start-up work,
//! no heap. Layouts are described at their readers (`vocabulary/table.rs`, `pretoken/class.rs`).

use std::path::{Path, PathBuf};
use std::{env, fs};

use hash::{ID_SHIFT, SHORT, SLOTS_IN_BUCKET};

#[path = "src/vocabulary/hash.rs"]
mod hash;

fn main() {
    let data = Path::new("../../data/tokens");
    for name in ["o200k_base", "cl100k_base"] {
        let source = data.join(name).with_extension("pieces");
        println!("cargo::rerun-if-changed={}", source.display());
        let pieces = read_pieces(&fs::read(source).expect("the vocabulary is readable"));
        write(name, "short", &short_table(&pieces));
        write(name, "long", &long_table(&pieces));
        write(name, "tiny", &tiny_table(&pieces));
        write(name, "filter", &filter(&pieces));
        write(name, "offsets", &offsets(&pieces));
        write(name, "bytes", &pieces.concat());
    }
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/vocabulary/hash.rs");
    let (index, blocks) = character_classes();
    write("class", "index", &index);
    write("class", "blocks", &blocks);
}

#[expect(
    clippy::disallowed_methods,
    reason = "Cargo hands a build script its folder this way"
)]
fn write(name: &str, extension: &str, bytes: &[u8]) {
    let folder = PathBuf::from(env::var("OUT_DIR").expect("Cargo sets OUT_DIR"));
    let path = folder.join(name).with_extension(extension);
    fs::write(path, bytes).expect("the output folder is writable");
}

/// The tokens' bytes by id, from a `.pieces` file (see the README beside it).
fn read_pieces(file: &[u8]) -> Vec<Vec<u8>> {
    let (count, rest) = file.split_first_chunk().expect("a count");
    let (lengths, mut bytes) = rest.split_at(u32::from_le_bytes(*count) as usize);
    let mut piece = |length: &u8| {
        let (piece, rest) = bytes.split_at(usize::from(*length));
        bytes = rest;
        piece.to_vec()
    };
    lengths.iter().map(&mut piece).collect()
}

fn short_table(pieces: &[Vec<u8>]) -> Vec<u8> {
    let short = pieces.iter().filter(|piece| piece.len() <= SHORT).count();
    let buckets = (short / SLOTS_IN_BUCKET).next_power_of_two();
    let mut slots = vec![0u128; buckets * SLOTS_IN_BUCKET];
    for (id, piece) in pieces
        .iter()
        .enumerate()
        .filter(|(_, piece)| piece.len() <= SHORT)
    {
        let mut window = [0; 16];
        window[..piece.len()].copy_from_slice(piece);
        let key = hash::short_key(u128::from_le_bytes(window), piece.len());
        let first = hash::short_bucket(hash::short_hash(key), buckets) * SLOTS_IN_BUCKET;
        let free = (first..slots.len())
            .chain(0..first)
            .find(|slot| slots[*slot] == 0);
        slots[free.expect("more slots than pieces")] = key | ((id as u128) << ID_SHIFT);
    }
    slots.iter().flat_map(|slot| slot.to_le_bytes()).collect()
}

/// Ids of single bytes, then of pairs of bytes; `u32::MAX` where there is none.
fn tiny_table(pieces: &[Vec<u8>]) -> Vec<u8> {
    let mut ids = vec![u32::MAX; 256 + 65_536];
    for (id, piece) in pieces.iter().enumerate() {
        match piece[..] {
            [byte] => ids[usize::from(byte)] = id as u32,
            [first, second] => ids[hash::pair_slot(first, second)] = id as u32,
            _ => {}
        }
    }
    ids.iter().flat_map(|id| id.to_le_bytes()).collect()
}

/// A bit for each short piece, by its hash: where it is not set, there is no such piece.
fn filter(pieces: &[Vec<u8>]) -> Vec<u8> {
    let mut bits = vec![0u8; (8 * pieces.len()).next_power_of_two() / 8];
    for piece in pieces.iter().filter(|piece| piece.len() <= SHORT) {
        let mut window = [0; 16];
        window[..piece.len()].copy_from_slice(piece);
        let bit = hash::filter_bit(
            hash::short_hash(hash::short_key(u128::from_le_bytes(window), piece.len())),
            bits.len(),
        );
        bits[bit / 8] |= 1 << (bit % 8);
    }
    bits
}

fn long_table(pieces: &[Vec<u8>]) -> Vec<u8> {
    let long = pieces.iter().filter(|piece| piece.len() > SHORT).count();
    let mut slots = vec![u32::MAX; (2 * long).next_power_of_two()];
    for (id, piece) in pieces
        .iter()
        .enumerate()
        .filter(|(_, piece)| piece.len() > SHORT)
    {
        let first = hash::long_slot(piece, slots.len());
        let free = (first..slots.len())
            .chain(0..first)
            .find(|slot| slots[*slot] == u32::MAX);
        slots[free.expect("more slots than pieces")] = id as u32;
    }
    slots.iter().flat_map(|slot| slot.to_le_bytes()).collect()
}

/// Where each piece begins, with two bits about its text above bit 30, and one end more.
fn offsets(pieces: &[Vec<u8>]) -> Vec<u8> {
    let mut offset = 0;
    let mut entries = Vec::with_capacity(pieces.len() + 1);
    for piece in pieces {
        entries.push(offset | shape(piece) << 30);
        offset += piece.len() as u32;
    }
    entries.push(offset);
    entries
        .iter()
        .flat_map(|entry| entry.to_le_bytes())
        .collect()
}

/// 0: text that JSON takes as it is, 1: text that JSON escapes, 2: not whole UTF-8.
fn shape(piece: &[u8]) -> u32 {
    match std::str::from_utf8(piece) {
        Err(_) => 2,
        Ok(text) => u32::from(text.chars().any(|c| c < ' ' || c == '"' || c == '\\')),
    }
}

/// Character classes by block of 128 code points: a block number for each, and the blocks.
fn character_classes() -> (Vec<u8>, Vec<u8>) {
    let mut classes = vec![0u8; 0x11_0000];
    let patterns = [
        r"\p{L}",
        r"\p{N}",
        r"\s",
        r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]",
        r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]",
        r"[\r\n]",
    ];
    for (bit, pattern) in patterns.iter().enumerate() {
        for range in members(pattern).iter() {
            let range = range.start() as usize..=range.end() as usize;
            classes[range]
                .iter_mut()
                .for_each(|class| *class |= 1 << bit);
        }
    }
    let mut blocks: Vec<&[u8]> = Vec::new();
    let mut index = Vec::new();
    for block in classes.chunks(128) {
        let known = blocks.iter().position(|known| *known == block);
        index.push(known.unwrap_or(blocks.len()) as u8);
        if known.is_none() {
            blocks.push(block);
        }
    }
    assert!(blocks.len() <= 256, "block numbers fit a byte");
    (index, blocks.concat())
}

fn members(pattern: &str) -> regex_syntax::hir::ClassUnicode {
    let hir = regex_syntax::parse(pattern).expect("the pattern is well formed");
    match hir.into_kind() {
        regex_syntax::hir::HirKind::Class(regex_syntax::hir::Class::Unicode(class)) => class,
        // A set of ASCII characters alone is folded into a class of bytes.
        regex_syntax::hir::HirKind::Class(regex_syntax::hir::Class::Bytes(class)) => {
            class.to_unicode_class().expect("ASCII")
        }
        other => panic!("{pattern} is not a class: {other:?}"),
    }
}
