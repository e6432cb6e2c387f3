//! Opus in Ogg: packets of silence. <https://www.rfc-editor.org/rfc/rfc7845>

use fakeai_canon::Seed;

/// Milliseconds of a packet.
const PACKET: u64 = 20;
/// Samples of a packet at the rate by which positions are counted.
const SAMPLES: u64 = 960;
/// A packet of 20 ms of silence: full band, one channel, nothing in it.
const SILENCE: [u8; 3] = [0xf8, 0xff, 0xfe];
/// Packets of a page: one second.
const PACKETS: u64 = 50;
/// Samples that a player leaves out at the start.
const SKIPPED: u16 = 312;

/// A file of silence.
pub(super) fn silent_opus(seed: Seed, milliseconds: u64) -> Vec<u8> {
    let serial = seed.fork("ogg").0 as u32;
    let mut head = b"OpusHead\x01\x01".to_vec();
    head.extend_from_slice(&SKIPPED.to_le_bytes());
    head.extend_from_slice(&48_000_u32.to_le_bytes());
    head.extend_from_slice(&[0, 0, 0]);
    let mut tags = b"OpusTags".to_vec();
    tags.extend_from_slice(&6_u32.to_le_bytes());
    tags.extend_from_slice(b"fakeai");
    tags.extend_from_slice(&0_u32.to_le_bytes());
    let mut pages = Pages {
        out: Vec::new(),
        serial,
        number: 0,
    };
    pages.add(0x02, 0, &[&head]);
    pages.add(0x00, 0, &[&tags]);
    let packets = milliseconds.div_ceil(PACKET).max(1);
    let mut sent = 0;
    while sent < packets {
        let count = PACKETS.min(packets - sent);
        sent += count;
        let is_last = sent == packets;
        let whole = u64::from(SKIPPED) + milliseconds * 48;
        let position = if is_last {
            whole.min(sent * SAMPLES)
        } else {
            sent * SAMPLES
        };
        let flags = if is_last { 0x04 } else { 0x00 };
        pages.add(flags, position, &vec![&SILENCE[..]; count as usize]);
    }
    pages.out
}

struct Pages {
    out: Vec<u8>,
    serial: u32,
    number: u32,
}

impl Pages {
    /// A page of packets that are each shorter than 255 bytes.
    fn add(&mut self, flags: u8, position: u64, packets: &[&[u8]]) {
        let start = self.out.len();
        self.out.extend_from_slice(b"OggS\x00");
        self.out.push(flags);
        self.out.extend_from_slice(&position.to_le_bytes());
        self.out.extend_from_slice(&self.serial.to_le_bytes());
        self.out.extend_from_slice(&self.number.to_le_bytes());
        self.out.extend_from_slice(&[0; 4]);
        self.out.push(packets.len() as u8);
        self.out
            .extend(packets.iter().map(|packet| packet.len() as u8));
        for packet in packets {
            self.out.extend_from_slice(packet);
        }
        let checksum = checksum(&self.out[start..]);
        self.out[start + 22..start + 26].copy_from_slice(&checksum.to_le_bytes());
        self.number += 1;
    }
}

fn checksum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ (u32::from(*byte) << 24), |sum: u32, _| {
            (sum << 1)
                ^ if sum & 0x8000_0000 == 0 {
                    0
                } else {
                    0x04c1_1db7
                }
        })
    })
}
