//! Realtime calls: an offer is answered, and the call can be hung up, transferred or turned down
//! as long as it lasts. No media flows.

use bytes::Bytes;
use fakeai_canon::{Alphabet, ApiError, Seed};
use serde_json::{Value, json};
use std::sync::Arc;

use super::Hooks;
use crate::apply::Site;
use crate::store::{Change, Record};
use crate::{Answer, Body, Outcome, ids};

const FAMILY: &str = "realtime.calls";

pub(super) static HOOKS: Hooks = Hooks {
    family: FAMILY,
    acts: &[
        ("create-realtime-call", create),
        ("accept-realtime-call", accept),
        ("hangup-realtime-call", end),
        ("reject-realtime-call", reject),
        ("refer-realtime-call", refer),
    ],
    ..Hooks::NONE
};

/// Answers an offer. The call's id is in the header `Location`.
fn create(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let body = &site.call.body;
    let refused = |word: &str| ApiError::invalid(site.family.wording(word)).param("sdp");
    let offer = body.as_str().or_else(|| body["sdp"].as_str());
    let offer = offer.ok_or_else(|| refused("no_offer").code("missing_required_parameter"))?;
    if !offer.trim_start().starts_with("v=0") || !offer.contains("m=audio") {
        return Err(refused("bad_offer"));
    }
    let seed = site.context.seed;
    let id = ids::of("realtime.call", seed).unwrap_or_else(|| seed.id("rtc_", Alphabet::Hex, 32));
    let mut answer = Answer::of(Body::Bytes {
        media: "application/sdp".to_owned(),
        bytes: Bytes::from(answer_to(offer, seed)),
    });
    answer.location = Some(format!("/v1/realtime/calls/{id}"));
    answer.next.changes.push(Change::Put(Record {
        project: None,
        family: FAMILY,
        object: Arc::new(json!({"id": id, "status": "active", "session": body["session"]})),
        id,
        parent: None,
        created: site.context.now,
        private: Value::Null,
        due: None,
        blob: None,
    }));
    Ok(Outcome::Answer(answer))
}

/// An answer with a section for each of the offer's, under the same `mid`.
fn answer_to(offer: &str, seed: Seed) -> String {
    let mut mids = Vec::new();
    let mut sections = String::new();
    for (place, section) in offer.split("\nm=").skip(1).enumerate() {
        let line = |start: &str| {
            let mut lines = section.lines().map(str::trim);
            lines.find_map(|line| line.strip_prefix(start).map(str::to_owned))
        };
        let mid = line("a=mid:").unwrap_or_else(|| place.to_string());
        if section.starts_with("audio") {
            sections += "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\n";
            sections += &format!("a=mid:{mid}\r\n");
            sections += &transport(seed);
            sections += "a=rtcp-mux\r\na=sendrecv\r\na=rtpmap:111 opus/48000/2\r\n";
        } else if section.starts_with("application") {
            sections += "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nc=IN IP4 0.0.0.0\r\n";
            sections += &format!("a=mid:{mid}\r\n");
            sections += &transport(seed);
            sections += "a=sctp-port:5000\r\n";
        } else {
            // Anything else, such as a picture, is declined.
            let kind = section.split_whitespace().next().unwrap_or("video");
            sections += &format!("m={kind} 0 UDP/TLS/RTP/SAVPF 0\r\na=mid:{mid}\r\na=inactive\r\n");
            continue;
        }
        mids.push(mid);
    }
    let number = seed.fork("session").0 >> 1;
    format!(
        "v=0\r\no=- {number} 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {}\r\n\
         a=msid-semantic:WMS *\r\n{sections}",
        mids.join(" ")
    )
}

fn transport(seed: Seed) -> String {
    let ufrag = seed.fork("ufrag").id("", Alphabet::Alphanumeric, 16);
    let password = seed.fork("password").id("", Alphabet::Alphanumeric, 32);
    let digits = seed.fork("fingerprint").id("", Alphabet::Hex, 64);
    let digits = digits.to_ascii_uppercase();
    let pairs: Vec<&str> = (0..32).map(|at| &digits[at * 2..at * 2 + 2]).collect();
    format!(
        "a=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\na=ice-lite\r\n\
         a=fingerprint:sha-256 {}\r\na=setup:passive\r\n\
         a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host\r\n",
        pairs.join(":")
    )
}

/// A call that came over WebRTC has been answered with its SDP already.
fn accept(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let record = site.record()?;
    let sentence = site.family.wording("answered").replace("{id}", &record.id);
    Err(ApiError::invalid(sentence).param("call_id"))
}

fn reject(site: &Site<'_>) -> Result<Outcome, ApiError> {
    accept(site)
}

fn refer(site: &Site<'_>) -> Result<Outcome, ApiError> {
    end(site)
}

/// The call is over on our side.
fn end(site: &Site<'_>) -> Result<Outcome, ApiError> {
    let record = site.record()?;
    let mut answer = Answer::of(Body::Empty);
    answer.next.changes.push(Change::Delete {
        family: FAMILY,
        parent: None,
        id: record.id.clone(),
    });
    Ok(Outcome::Answer(answer))
}
