"""Voices of one's own, for which the SDK has types and no methods: a consent, a voice, an answer in it."""

import io


def recording(world):
    return world.audio.speech.create(model="tts-1", voice="alloy", input="I agree.", response_format="wav").content


def form(world, path, fields, name, sound):
    files = {name: ("voice.wav", io.BytesIO(sound), "audio/wav")}
    return world._client.post(f"{world.base_url}audio/{path}", data=fields, files=files)


def test_voices_and_consents_from_create_to_delete(world):
    sound = recording(world)
    made = [form(world, "voice_consents", {"name": f"me {number}", "language": "en-US"}, "recording", sound).json()
            for number in range(3)]
    base = "/audio/voice_consents"
    page = world.get(f"{base}?limit=2", cast_to=object)
    assert [one["id"] for one in page["data"]] == [made[2]["id"], made[1]["id"]] and page["has_more"]
    consent = f"{base}/{made[0]['id']}"
    assert world.get(consent, cast_to=object) == made[0]
    assert world.post(consent, body={"name": "myself"}, cast_to=object)["name"] == "myself"

    voice = form(world, "voices", {"name": "mine", "consent": made[0]["id"]}, "audio_sample", sound).json()
    assert voice["object"] == "audio.voice"
    said = world.audio.speech.create(model="gpt-4o-mini-tts", voice={"id": voice["id"]}, input="Hello.")
    assert said.content
    refused = form(world, "voices", {"name": "x", "consent": "cons_none"}, "audio_sample", sound)
    assert refused.status_code == 404
    refused = form(world, "voices", {"name": "x", "consent": made[0]["id"]}, "audio_sample", b"no sound at all")
    assert refused.status_code == 400 and "Invalid file format" in refused.json()["error"]["message"]

    assert world.delete(consent, cast_to=object)["deleted"]
    answer = world._client.get(f"{world.base_url}audio/voice_consents/{made[0]['id']}")
    assert answer.status_code == 404
