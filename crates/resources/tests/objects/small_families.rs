//! Families of a few operations: ChatKit, voices, provenance, realtime keys and calls.

use fakeai_canon::ErrorKind;
use fakeai_resources::{Body, Outcome};
use serde_json::{Value, json};

use crate::forms::BEGINNING;
use crate::world::{World, assert_missing};

#[test]
fn a_chatkit_session_is_cancelled_or_expires() {
    let mut world = World::realistic();
    let body = json!({"workflow": {"id": "wf_1"}, "user": "u"});
    let session = world.post("/chatkit/sessions", body.clone()).unwrap();
    assert_eq!(session["expires_at"], BEGINNING + 600);
    assert_eq!(
        session["chatkit_configuration"]["file_upload"]["enabled"],
        false
    );
    let cancel = format!(
        "/chatkit/sessions/{}/cancel",
        session["id"].as_str().unwrap()
    );
    assert_eq!(
        world.post(&cancel, Value::Null).unwrap()["status"],
        "cancelled"
    );
    assert_eq!(
        world.post(&cancel, Value::Null).unwrap()["status"],
        "cancelled"
    );
    let session = world.post("/chatkit/sessions", body).unwrap();
    world.pass(601);
    let cancel = format!(
        "/chatkit/sessions/{}/cancel",
        session["id"].as_str().unwrap()
    );
    let late = world.post(&cancel, Value::Null).unwrap_err();
    assert_eq!(late.message, "Cannot cancel an expired session.");
}

#[test]
fn a_world_begins_without_chatkit_threads() {
    let mut world = World::realistic();
    let page = world.get("/chatkit/threads", json!({"user": "u"})).unwrap();
    assert_eq!(page["data"], json!([]));
    let missing = world.get("/chatkit/threads/cthr_1/items", json!({}));
    assert_missing(missing, "Thread with id 'cthr_1' not found.");
}

#[test]
fn a_voice_needs_a_consent() {
    let mut world = World::realistic();
    let asked = json!({"name": "mine", "consent": "cons_no"});
    world.file("audio_sample", "a.wav", "RIFF....WAVE");
    let refused = world.post("/audio/voices", asked);
    assert_missing(refused, "Voice consent with id 'cons_no' not found.");
    world.file("recording", "c.wav", "RIFF....WAVE");
    let body = json!({"name": "me", "language": "en-US"});
    let consent = world.post("/audio/voice_consents", body).unwrap();
    world.file("audio_sample", "a.wav", "RIFF....WAVE");
    let asked = json!({"name": "mine", "consent": consent["id"]});
    let voice = world.post("/audio/voices", asked).unwrap();
    assert!(voice["id"].as_str().unwrap().starts_with("voice_"));
    let path = format!("/audio/voice_consents/{}", consent["id"].as_str().unwrap());
    let renamed = world.post(&path, json!({"name": "I"})).unwrap();
    assert_eq!(
        (&renamed["name"], &renamed["language"]),
        (&json!("I"), &json!("en-US"))
    );
    assert_eq!(world.delete(&path).unwrap()["deleted"], true);
    world.file("recording", "c.txt", "text");
    let body = json!({"name": "me", "language": "en-US"});
    let refused = world.post("/audio/voice_consents", body).unwrap_err();
    assert_eq!(refused.kind, ErrorKind::InvalidRequest);
}

#[test]
fn a_manifest_is_found_in_a_file() {
    let mut world = World::realistic();
    let mut marked = b"\x89PNG\r\n\x1a\n".to_vec();
    marked.extend(vec![7; 100_000]);
    let plain = marked.clone();
    marked.extend_from_slice(b"jumdc2pa");
    let mut outcome = |bytes: Vec<u8>| {
        world.file("file", "a.png", bytes);
        let check = world.post("/content_provenance_checks", json!({})).unwrap();
        check["results"][0]["outcome"].as_str().unwrap().to_owned()
    };
    assert_eq!(outcome(marked), "detected");
    assert_eq!(outcome(plain), "not_detected");
}

#[test]
fn a_realtime_key_opens_the_session_that_was_asked_for() {
    let mut world = World::realistic();
    let body = json!({
        "expires_after": {"anchor": "created_at", "seconds": 30},
        "session": {"type": "realtime", "model": "gpt-realtime", "audio": {"output": {"voice": "marin"}}},
    });
    let made = world.post("/realtime/client_secrets", body).unwrap();
    assert!(made["value"].as_str().unwrap().starts_with("ek_"));
    assert_eq!(made["expires_at"], BEGINNING + 30);
    assert_eq!(made["session"]["audio"]["output"]["voice"], "marin");
    assert_eq!(made["session"]["audio"]["output"]["speed"], 1.0);
    for (path, body) in [
        (
            "/realtime/client_secrets",
            json!({"session": {"type": "transcription"}}),
        ),
        // More than the answer's contract has names for.
        (
            "/realtime/client_secrets",
            json!({"session": {"type": "realtime", "parallel_tool_calls": true, "audio": {"input":
                {"transcription": {"model": "whisper-1", "delay": "minimal", "keywords": ["a"]}}}}}),
        ),
        (
            "/realtime/transcription_sessions",
            json!({"input_audio_transcription": {"model": "whisper-1", "delay": "minimal"}}),
        ),
        (
            "/realtime/sessions",
            json!({"client_secret": {"value": "x", "expires_at": 1}}),
        ),
        ("/realtime/transcription_sessions", json!({})),
        (
            "/realtime/translations/client_secrets",
            json!({"session": {"model": "gpt-realtime-translate"}}),
        ),
    ] {
        world.post(path, body).unwrap();
    }
}

const OFFER: &str = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:7\r\nm=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:8\r\n";

#[test]
fn a_call_is_answered_and_hung_up_once() {
    let mut world = World::realistic();
    let offer = json!(OFFER);
    let made = world
        .outcome("POST", "/realtime/calls", json!({}), offer)
        .unwrap();
    let Outcome::Answer(made) = made else {
        panic!("a call is answered at once");
    };
    let Body::Bytes { media, bytes } = made.body else {
        panic!("a call is answered with text");
    };
    let sdp = String::from_utf8(bytes.to_vec()).unwrap();
    assert_eq!((made.status, media.as_str()), (201, "application/sdp"));
    assert!(sdp.contains("a=group:BUNDLE 7 8\r\n"), "{sdp}");
    let location = made.location.unwrap();
    let call = location.strip_prefix("/v1").unwrap();
    let accepted = world.silent("POST", &format!("{call}/accept")).unwrap_err();
    assert_eq!(accepted.kind, ErrorKind::InvalidRequest);
    assert_eq!(
        world.silent("POST", &format!("{call}/hangup")).unwrap(),
        200
    );
    let again = world.silent("POST", &format!("{call}/hangup")).unwrap_err();
    assert_eq!(again.kind, ErrorKind::NotFound);
    let broken = world.outcome("POST", "/realtime/calls", json!({}), json!("hello"));
    assert_eq!(broken.unwrap_err().message, "Invalid SDP offer.");
}
