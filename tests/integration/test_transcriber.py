import hashlib
import wave

import pytest

from karaokify_daemon.config import Config, Folders, Transcribe
from karaokify_daemon.domain.transcript import Transcript
from karaokify_daemon.errors import CancelledError, ModelError, NotMediaError
from karaokify_daemon.pipeline.recognition import InProcess
from karaokify_daemon.pipeline.transcriber import Transcriber
from tests.support.speech import EASY, spoken_pcm

pytestmark = pytest.mark.torch

SETTINGS = Transcribe(model="demo", device="cpu", threads=1, download=False, language="en")


class Counting:
    """A real recogniser that counts its jobs."""

    def __init__(self, cache):
        self._real = InProcess(SETTINGS, cache)
        self.jobs = 0

    def recognise(self, pcm, **options):
        self.jobs += 1
        return self._real.recognise(pcm, **options)


@pytest.fixture(scope="module")
def recogniser(tmp_path_factory):
    return Counting(tmp_path_factory.mktemp("models"))


@pytest.fixture
def config(tmp_path):
    return Config(folders=Folders(cache=tmp_path / "cache"), transcribe=SETTINGS)


@pytest.fixture(scope="module")
def speech(tmp_path_factory):
    """PCM, its SHA-256 and duration (ms), and the same as a WAV file."""
    folder = tmp_path_factory.mktemp("speech")
    pcm = folder / "easy.pcm"
    duration_ms, _ = spoken_pcm(pcm)
    digest = hashlib.sha256(pcm.read_bytes()).hexdigest()
    with wave.open(str(folder / "easy.wav"), "wb") as out:
        out.setparams((1, 2, 16_000, 0, "NONE", ""))
        out.writeframes(pcm.read_bytes())
    return pcm, {"sha256": digest, "duration_ms": duration_ms}, folder / "easy.wav"


def test_a_recording_becomes_a_transcript(config, recogniser, speech):
    heard = []
    result = Transcriber("demo", config=config, recogniser=recogniser).transcribe(
        str(speech[2]), on_progress=heard.append
    )
    assert result["text"] == EASY
    assert set(result) == {"text", "language", "segments", "engine"}
    assert result["engine"]["rung"] == "efficient"
    assert heard == sorted(heard)
    assert heard[-1] == 1
    assert [word.text for word in Transcript.from_dict(result).words] == EASY.split()
    assert list((config.folders.cache / "work").iterdir()) == []


def test_the_same_sound_is_recognised_once(config, recogniser, speech):
    pcm, facts, wav = speech
    transcriber = Transcriber("demo", config=config, recogniser=recogniser)
    first, hit = transcriber.transcribe_pcm(pcm, **facts)
    assert not hit
    jobs = recogniser.jobs
    heard = []
    other = Transcriber("demo", config=config, recogniser=recogniser)
    second, hit = other.transcribe_pcm(pcm, **facts, on_progress=heard.append)
    assert hit
    assert second == first
    assert heard == [1.0]
    assert other.transcribe(wav) == first  # another file with the same sound
    assert recogniser.jobs == jobs


def test_another_language_is_another_result(config, recogniser, speech):
    transcriber = Transcriber("demo", config=config, recogniser=recogniser)
    for language in ("en", "auto"):
        _, hit = transcriber.transcribe_pcm(speech[0], **speech[1], language=language)
        assert not hit


def test_a_corrupt_cache_entry_is_recognised_again(config, recogniser, speech):
    transcriber = Transcriber("demo", config=config, recogniser=recogniser)
    first, _ = transcriber.transcribe_pcm(speech[0], **speech[1])
    (entry,) = (config.folders.cache / "transcripts").iterdir()
    entry.write_bytes(entry.read_bytes().replace(b"fox", b"cat"))
    again, hit = transcriber.transcribe_pcm(speech[0], **speech[1])
    assert not hit
    assert again == first
    assert transcriber.transcribe_pcm(speech[0], **speech[1])[1]


def test_a_cache_that_cannot_be_written_costs_no_transcript(config, recogniser, speech):
    config.folders.cache.mkdir()
    (config.folders.cache / "transcripts").write_text("in the way")
    transcriber = Transcriber("demo", config=config, recogniser=recogniser)
    result, hit = transcriber.transcribe_pcm(speech[0], **speech[1])
    assert (result["text"], hit) == (EASY, False)


def test_words_lie_within_the_recording(config, recogniser, speech):
    transcriber = Transcriber("demo", config=config, recogniser=recogniser)
    result, _ = transcriber.transcribe_pcm(speech[0], sha256="0" * 64, duration_ms=1500)
    ends = [word["end"] for segment in result["segments"] for word in segment["words"]]
    assert 0 < max(ends) <= 1.5


def test_a_transcript_can_be_kept_under_a_key(config):
    transcriber = Transcriber("demo", config=config)
    transcriber.cache_result("lecture 7", {"text": "mine", "segments": []})
    assert transcriber.cached("lecture 7") == {"text": "mine", "segments": []}
    assert transcriber.cached("lecture 8") is None


def test_cancelling_ends_the_recognition(config, recogniser, speech):
    transcriber = Transcriber("demo", config=config, recogniser=recogniser)
    with pytest.raises(CancelledError):
        transcriber.transcribe_pcm(speech[0], **speech[1], cancelled=lambda: True)


def test_without_a_configuration_the_cache_is_the_users(monkeypatch, tmp_path):
    monkeypatch.delenv("CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    Transcriber("demo").cache_result("k", {})
    assert len(list((tmp_path / "karaokify-daemon" / "transcripts").iterdir())) == 1
    monkeypatch.setenv("CACHE_DIR", str(tmp_path / "mine"))
    Transcriber("demo").cache_result("k", {})
    assert len(list((tmp_path / "mine" / "transcripts").iterdir())) == 1


def test_a_file_that_is_no_recording_is_told_before_a_model_is_loaded(config, tmp_path):
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(NotMediaError):
        Transcriber("demo", config=config).transcribe(tmp_path / "text.wav")


def test_a_model_that_is_not_there_is_told(config, speech):
    with pytest.raises(ModelError, match="no model named"):
        Transcriber("smal", config=config).transcribe(speech[2])
