"""Pictures, speech, transcripts and videos: real files of the asked form, and the same ones again."""

import base64
import io
import struct
import urllib.request
import wave

import openai
import pytest


def png_size(data):
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", data[16:24])


def test_pictures_have_the_asked_size_and_are_the_same_again(world):
    ask = {"model": "gpt-image-1", "prompt": "a cat", "size": "1024x1536", "quality": "low", "n": 2}
    first, second = (world.images.generate(**ask) for _ in range(2))
    pictures = [base64.b64decode(one.b64_json) for one in first.data]
    assert [png_size(one) for one in pictures] == [(1024, 1536)] * 2
    assert pictures[0] != pictures[1]
    assert [one.b64_json for one in first.data] == [one.b64_json for one in second.data]
    assert first.usage.output_tokens == 2 * 408


def test_an_address_leads_to_the_picture(world):
    made = world.images.generate(model="dall-e-3", prompt="a dog", size="1792x1024")
    with urllib.request.urlopen(made.data[0].url) as answer:
        assert png_size(answer.read()) == (1792, 1024)
    expired = made.data[0].url.rsplit("=", 1)[0] + "=1"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        urllib.request.urlopen(expired)


def test_a_stream_shows_unfinished_pictures_first(world):
    events = list(world.images.generate(model="gpt-image-1", prompt="x", stream=True, partial_images=2))
    kinds = [event.type.rsplit(".", 1)[1] for event in events]
    assert kinds == ["partial_image", "partial_image", "completed"]
    assert events[-1].usage.output_tokens == 1056 + 200


def test_a_picture_starts_from_another(world):
    made = world.images.generate(model="gpt-image-1", prompt="a cat")
    source = ("cat.png", base64.b64decode(made.data[0].b64_json))
    edited = world.images.edit(model="gpt-image-1", image=[source], prompt="blue")
    assert edited.usage.input_tokens_details.image_tokens > 0
    varied = world.images.create_variation(image=source, size="256x256", response_format="b64_json")
    assert png_size(base64.b64decode(varied.data[0].b64_json)) == (256, 256)
    with pytest.raises(openai.BadRequestError, match="Invalid image file"):
        world.images.edit(model="gpt-image-1", image=("a.png", b"no picture"), prompt="x")


@pytest.mark.parametrize(
    ("form", "magic"),
    [("mp3", b"\xff\xf3"), ("opus", b"OggS"), ("aac", b"\xff\xf1"), ("flac", b"fLaC"), ("wav", b"RIFF")],
    ids=["mp3", "opus", "aac", "flac", "wav"],
)
def test_speech_comes_in_every_format(world, form, magic):
    said = world.audio.speech.create(model="gpt-4o-mini-tts", voice="coral", input="Hello.", response_format=form)
    assert said.content.startswith(magic)


def test_what_was_spoken_can_be_written_down(world):
    said = world.audio.speech.create(
        model="tts-1", voice="alloy", input="A sentence that takes some seconds to say. " * 5, response_format="wav"
    ).content
    with wave.open(io.BytesIO(said)) as recording:
        seconds = recording.getnframes() / recording.getframerate()
    assert 10 < seconds < 20
    file = ("talk.wav", said)
    told = world.audio.transcriptions.create(
        model="whisper-1", file=file, response_format="verbose_json", timestamp_granularities=["word"]
    )
    assert told.duration == pytest.approx(seconds, abs=0.01)
    assert told.words[-1].end == pytest.approx(seconds, abs=0.02)
    plain = world.audio.transcriptions.create(model="whisper-1", file=file)
    assert plain.text == told.text
    events = list(world.audio.transcriptions.create(model="gpt-4o-transcribe", file=file, stream=True))
    assert events[-1].text == "".join(event.delta for event in events[:-1])
    with pytest.raises(openai.BadRequestError, match="Invalid file format"):
        world.audio.transcriptions.create(model="whisper-1", file=("talk.txt", said))


def test_a_video_is_rendered_and_fetched(world):
    video = world.videos.create_and_poll(prompt="a cat", seconds="4", size="1280x720", poll_interval_ms=500)
    assert (video.status, video.progress) == ("completed", 100)
    film = world.videos.download_content(video.id).content
    assert film[4:8] == b"ftyp"
    assert world.videos.download_content(video.id, variant="thumbnail").content[8:12] == b"WEBP"
    remix = world.videos.remix(video.id, prompt="a dog")
    assert remix.remixed_from_video_id == video.id
    assert [one.id for one in world.videos.list()] == [remix.id, video.id]
    world.videos.delete(video.id)
    pytest.raises(openai.NotFoundError, world.videos.retrieve, video.id)


ALOUD = {"model": "gpt-4o-audio-preview", "modalities": ["text", "audio"]}


def test_an_answer_is_spoken_and_a_later_turn_refers_to_it(world):
    turns = [{"role": "user", "content": "Is a golden retriever a good family dog?"}]
    audio = {"voice": "alloy", "format": "wav"}
    first = world.chat.completions.create(messages=turns, audio=audio, **ALOUD)
    said = first.choices[0].message
    assert said.content is None and said.audio.transcript
    with wave.open(io.BytesIO(base64.b64decode(said.audio.data))) as sound:
        seconds = sound.getnframes() / sound.getframerate()
    spoken = first.usage.completion_tokens_details.audio_tokens
    assert abs(spoken - seconds * 20) <= 1

    turns += [{"role": "assistant", "audio": {"id": said.audio.id}}, {"role": "user", "content": "Why?"}]
    second = world.chat.completions.create(messages=turns, audio=audio, **ALOUD)
    assert second.usage.prompt_tokens_details.audio_tokens == spoken


def test_a_spoken_answer_is_streamed_in_pieces(world):
    audio = {"voice": "alloy", "format": "pcm16"}
    ask = {"messages": [{"role": "user", "content": "Hello!"}], "audio": audio, **ALOUD}
    pieces = []
    for chunk in world.chat.completions.create(stream=True, **ask):
        pieces += [choice.delta.model_extra["audio"] for choice in chunk.choices if choice.delta.model_extra]
    whole = world.chat.completions.create(**ask).choices[0].message.audio
    assert "".join(piece.get("transcript", "") for piece in pieces) == whole.transcript
    sound = b"".join(base64.b64decode(piece.get("data", "")) for piece in pieces)
    assert sound == base64.b64decode(whole.data)
    assert "expires_at" in pieces[-1]
    with pytest.raises(openai.BadRequestError, match="Supported values are: 'pcm16'"):
        world.chat.completions.create(stream=True, **ask | {"audio": audio | {"format": "mp3"}})
