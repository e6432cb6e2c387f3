//! Custom voices: a recorded consent, and a sample that goes with one.

use fakeai_canon::ApiError;

use super::Hooks;
use crate::apply::Site;
use crate::blob_copy;
use crate::family::families;
use crate::verbs::Draft;

const CONSENTS: &str = "voice_consents";

pub(super) static HOOKS: Hooks = Hooks {
    family: "voices",
    created: Some(created),
    ..Hooks::NONE
};

pub(super) static CONSENT_HOOKS: Hooks = Hooks {
    family: CONSENTS,
    created: Some(consented),
    ..Hooks::NONE
};

fn consented(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    take_recording(site, draft, "recording")
}

fn created(site: &Site<'_>, draft: &mut Draft) -> Result<(), ApiError> {
    let consent = site.call.body["consent"].as_str().unwrap_or_default();
    if site.store.find(CONSENTS, None, consent).is_none() {
        let missing = families().get(CONSENTS);
        let missing = missing.map(|family| family.missing(consent).param("consent"));
        return Err(missing.unwrap_or_else(|| crate::not_served(site.call.operation)));
    }
    take_recording(site, draft, "audio_sample")
}

/// Keeps a recording, which has to be sound.
fn take_recording(site: &Site<'_>, draft: &mut Draft, field: &str) -> Result<(), ApiError> {
    let file = site.call.files.iter().find(|file| file.field == field);
    let Some(file) = file else {
        return Err(
            ApiError::invalid(format!("Missing required parameter: '{field}'."))
                .param(field)
                .code("missing_required_parameter"),
        );
    };
    let head = blob_copy::head(site.means.services.blobs(), &file.blob, 64)?;
    if !is_sound(&head) {
        return Err(ApiError::invalid(
            "Invalid file format. Supported formats: ['mpeg', 'wav', 'ogg', 'aac', 'flac', 'webm', 'mp4']",
        )
        .param(field));
    }
    draft.record.blob = Some(file.blob.clone());
    Ok(())
}

/// Whether bytes begin as a recording does.
pub(super) fn is_sound(head: &[u8]) -> bool {
    let begins = |magic: &[u8]| head.starts_with(magic);
    begins(b"RIFF")
        || begins(b"OggS")
        || begins(b"fLaC")
        || begins(b"ID3")
        || begins(&[0x1a, 0x45, 0xdf, 0xa3])
        || head.get(4..8) == Some(b"ftyp")
        || matches!(head, [0xff, second, ..] if second & 0xe0 == 0xe0)
}
