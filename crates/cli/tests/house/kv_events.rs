//! What becomes of the cache's blocks is told over ZeroMQ: a subscriber that speaks the bare
//! protocol knows from it how much of a prompt the engine will find.

use std::collections::HashMap;
use std::net::SocketAddr;

use fakeai_server::config::{ClockKind, Config, EngineKind, KvEventsConfig};
use fakeai_server::config::{Raw, Value as Setting};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::house::House;

const MODEL: &str = "meta-llama/Llama-3.1-8B";

fn serve(config: &mut Config) {
    config.serving.engine = Some(EngineKind::Vllm);
    config.serving.served_model = MODEL.to_owned();
    config.serving.quantization = "fp8".to_owned();
    config.serving.gpu = "l4".to_owned();
    // A few hundred blocks, so that prompts drive each other out.
    config.serving.num_gpu_blocks_override = 400;
    config.server.clock = ClockKind::Virtual;
    let json = json!({"enable_kv_cache_events": true, "publisher": "zmq", "topic": "kv",
        "endpoint": "tcp://*:0", "replay_endpoint": "tcp://*:0", "buffer_steps": 1_000});
    config.serving.kv_events_config = KvEventsConfig::read(&Raw::Text(json.to_string()));
}

/// A ZeroMQ socket of the test.
struct Socket(TcpStream);

impl Socket {
    async fn open(address: SocketAddr, kind: &str) -> Self {
        let mut socket = TcpStream::connect(("127.0.0.1", address.port()))
            .await
            .expect("it listens");
        let mut greeting = [0; 64];
        (greeting[0], greeting[9], greeting[10], greeting[11]) = (0xff, 0x7f, 3, 1);
        greeting[12..16].copy_from_slice(b"NULL");
        socket.write_all(&greeting).await.expect("a greeting");
        socket.read_exact(&mut greeting).await.expect("a greeting");
        assert_eq!((greeting[0], greeting[9], greeting[10]), (0xff, 0x7f, 3));
        let mut socket = Self(socket);
        let length = (kind.len() as u32).to_be_bytes();
        let ready = [b"\x05READY\x0bSocket-Type", &length[..], kind.as_bytes()].concat();
        socket.send(4, &ready).await;
        let (flags, ready) = socket.frame().await;
        assert!(flags & 4 != 0 && ready.starts_with(b"\x05READY"));
        socket
    }

    async fn send(&mut self, flags: u8, body: &[u8]) {
        let frame = [&[flags, body.len() as u8], body].concat();
        self.0.write_all(&frame).await.expect("it takes it");
    }

    async fn frame(&mut self) -> (u8, Vec<u8>) {
        let flags = self.0.read_u8().await.expect("a frame");
        let length = match flags & 2 {
            0 => u64::from(self.0.read_u8().await.expect("a length")),
            _ => self.0.read_u64().await.expect("a length"),
        };
        let mut body = vec![0; length as usize];
        self.0.read_exact(&mut body).await.expect("a body");
        (flags, body)
    }

    async fn message(&mut self) -> Vec<Vec<u8>> {
        let mut frames = Vec::new();
        loop {
            let (flags, body) = self.frame().await;
            frames.push(body);
            if flags & 1 == 0 {
                return frames;
            }
        }
    }
}

/// Reads a value of MessagePack.
fn unpack(bytes: &mut &[u8]) -> Value {
    let take = |bytes: &mut &[u8], count: usize| {
        let (taken, rest) = bytes.split_at(count);
        *bytes = rest;
        taken
            .iter()
            .fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte))
    };
    let list = |bytes: &mut &[u8], length: u64| (0..length).map(|_| unpack(bytes)).collect();
    let text = |bytes: &mut &[u8], length: u64| {
        let (text, rest) = bytes.split_at(length as usize);
        *bytes = rest;
        Value::from(std::str::from_utf8(text).expect("a text"))
    };
    let mark = take(bytes, 1);
    match mark {
        0..=0x7f => json!(mark),
        0x90..=0x9f => list(bytes, mark & 15),
        0xa0..=0xbf => text(bytes, mark & 31),
        0xc0 => Value::Null,
        0xcb => json!(f64::from_bits(take(bytes, 8))),
        0xcc..=0xcf => json!(take(bytes, 1 << (mark - 0xcc))),
        0xd9..=0xdb => {
            let length = take(bytes, 1 << (mark - 0xd9));
            text(bytes, length)
        }
        0xdc | 0xdd => {
            let length = take(bytes, 2 << (mark - 0xdc));
            list(bytes, length)
        }
        other => panic!("a mark that no batch has: {other:x}"),
    }
}

/// What the cache holds, as far as the events tell.
#[derive(Default)]
struct Known {
    /// The parent and the tokens of each block, by its hash.
    blocks: HashMap<u64, (Option<u64>, Vec<u64>)>,
    removed: usize,
}

impl Known {
    fn take(&mut self, batch: &Value) {
        assert!(batch[0].as_f64() > Some(1e9), "a time: {batch}");
        assert_eq!(batch[2], 0, "the rank");
        for event in batch[1].as_array().expect("events") {
            let numbers = |value: &Value| -> Vec<u64> {
                let list = value.as_array().expect("a list").iter();
                list.map(|number| number.as_u64().expect("a number"))
                    .collect()
            };
            match event[0].as_str().expect("a tag") {
                "BlockStored" => {
                    assert_eq!(
                        (&event[4], &event[5], &event[6]),
                        (&json!(16), &json!(null), &json!("GPU"))
                    );
                    let tokens = numbers(&event[3]);
                    let mut parent = event[2].as_u64();
                    assert!(parent.is_none_or(|parent| self.blocks.contains_key(&parent)));
                    let hashes = numbers(&event[1]);
                    assert_eq!(tokens.len(), 16 * hashes.len());
                    for (hash, tokens) in hashes.into_iter().zip(tokens.chunks(16)) {
                        let before = self.blocks.insert(hash, (parent, tokens.to_vec()));
                        assert_eq!(before, None, "it was not known");
                        parent = Some(hash);
                    }
                }
                "BlockRemoved" => {
                    for hash in numbers(&event[1]) {
                        assert!(self.blocks.remove(&hash).is_some(), "it was known");
                        self.removed += 1;
                    }
                }
                "AllBlocksCleared" => self.blocks.clear(),
                other => panic!("{other}"),
            }
        }
    }

    /// How many tokens of a prompt the engine will find.
    fn cached(&self, prompt: &[u64]) -> u64 {
        let (mut parent, mut found) = (None, 0);
        // The last token is always computed.
        for block in prompt[..prompt.len() - 1].chunks_exact(16) {
            let is_it = |(_, (before, tokens)): &(&u64, &(Option<u64>, Vec<u64>))| {
                *before == parent && tokens == block
            };
            let Some((hash, _)) = self.blocks.iter().find(is_it) else {
                break;
            };
            (parent, found) = (Some(*hash), found + 16);
        }
        found
    }
}

fn asks(topic: usize, words: usize) -> Value {
    let text: Vec<String> = (0..words).map(|word| format!("t{topic}w{word}")).collect();
    json!({"model": MODEL, "max_tokens": 3,
        "messages": [{"role": "user", "content": text.join(" ")}]})
}

async fn cached(house: &House, body: &Value) -> u64 {
    let answer = house.post("/v1/chat/completions", body).await.ok();
    let cached = &answer["usage"]["prompt_tokens_details"]["cached_tokens"];
    cached.as_u64().expect("a count")
}

async fn ids(house: &House, body: &Value) -> Vec<u64> {
    let ids = house.post("/tokenize", body).await.ok()["tokens"].clone();
    let ids = ids.as_array().expect("ids").iter();
    ids.map(|id| id.as_u64().expect("an id")).collect()
}

/// All batches that the server still has, by number.
async fn replayed(address: SocketAddr, from: u64) -> Vec<(u64, Value)> {
    let mut socket = Socket::open(address, "DEALER").await;
    socket.send(1, b"").await;
    socket.send(0, &from.to_be_bytes()).await;
    let mut batches = Vec::new();
    loop {
        let frames = socket.message().await;
        assert_eq!((frames.len(), frames[0].len()), (3, 0));
        if frames[1] == [0xff; 8] {
            assert!(frames[2].is_empty());
            return batches;
        }
        let number = u64::from_be_bytes(frames[1].as_slice().try_into().expect("a number"));
        batches.push((number, unpack(&mut frames[2].as_slice())));
    }
}

#[tokio::test]
async fn a_subscriber_knows_what_the_engine_will_find() {
    let house = House::with(serve).await;
    let replay = house.running.kv_events_addresses()[1];
    let mut known = Known::default();
    let (mut next, mut hits) = (0, 0);
    for round in 0..24 {
        // Prompts come again after others, some of which are longer than the first time.
        let body = asks(round * 7 % 5, 300 + 100 * (round % 3));
        let expected = known.cached(&ids(&house, &body).await);
        assert_eq!(cached(&house, &body).await, expected, "round {round}");
        hits += usize::from(expected > 0);
        for (number, batch) in replayed(replay, next).await {
            assert_eq!(number, next, "none is missing");
            known.take(&batch);
            next = number + 1;
        }
    }
    assert!(hits > 3, "{hits} prompts were found");
    assert!(known.removed > 100, "{} blocks made room", known.removed);
}

#[tokio::test]
async fn batches_are_published_and_can_be_had_again() {
    let house = House::with(serve).await;
    let addresses = house.running.kv_events_addresses();
    let mut subscriber = Socket::open(addresses[0], "SUB").await;
    let mut deaf = Socket::open(addresses[0], "SUB").await;
    subscriber.send(0, b"\x01kv").await;
    deaf.send(0, b"\x01other").await;
    // Nobody says when a subscription holds, so it is tried until something comes.
    let mut published = Vec::new();
    for round in 0.. {
        house
            .post("/v1/chat/completions", &asks(round, 40))
            .await
            .ok();
        let wait = std::time::Duration::from_millis(50);
        if let Ok(frames) = tokio::time::timeout(wait, subscriber.message()).await {
            published.push(frames);
            break;
        }
    }
    house
        .post("/v1/chat/completions", &asks(1_000, 200))
        .await
        .ok();
    house
        .post("/v1/chat/completions", &asks(1_001, 200))
        .await
        .ok();
    let all = replayed(addresses[1], 0).await;
    let last = all.last().expect("batches").0;
    assert_eq!(
        all.iter().map(|(number, _)| *number).collect::<Vec<_>>(),
        (0..=last).collect::<Vec<_>>()
    );
    loop {
        let frames = published.last().expect("one");
        assert_eq!((frames.len(), frames[0].as_slice()), (3, &b"kv"[..]));
        let number = u64::from_be_bytes(frames[1].as_slice().try_into().expect("a number"));
        assert_eq!(unpack(&mut frames[2].as_slice()), all[number as usize].1);
        if number == last {
            break;
        }
        published.push(subscriber.message().await);
    }
    let some = replayed(addresses[1], last).await;
    assert_eq!(some, all[last as usize..]);
    house.post("/_fakeai/reset", &json!({})).await.ok();
    let after = replayed(addresses[1], last + 1).await;
    assert_eq!(
        after[0].1[1],
        json!([["AllBlocksCleared"]]),
        "a fresh start"
    );
    let silent = tokio::time::timeout(std::time::Duration::ZERO, deaf.message()).await;
    assert!(silent.is_err(), "it asked for another topic");
}

#[tokio::test]
async fn peers_that_speak_otherwise_are_shown_out() {
    let house = House::with(serve).await;
    for address in house.running.kv_events_addresses() {
        let mut socket = TcpStream::connect(("127.0.0.1", address.port()))
            .await
            .expect("it listens");
        socket.write_all(&[b'G'; 200]).await.expect("it takes it");
        let mut read = Vec::new();
        // Its own greeting, and then the end.
        let _ = socket.read_to_end(&mut read).await;
        assert!(read.len() <= 64 + 64);
    }
    house.post("/v1/chat/completions", &asks(0, 50)).await.ok();
}
