from types import SimpleNamespace

import pytest

from karaokify_daemon.config import Config, Folders, Transcribe
from karaokify_daemon.pipeline.flights import Flights
from karaokify_daemon.pipeline.hearing import Hearing

WORD = {"text": "Hello", "start": 0.5, "end": 0.9, "confidence": 0.9}


class Recogniser:
    """One that has heard a word, with what its engine tells of itself."""

    model = None

    def __init__(self, **engine):
        self._engine = engine

    def recognise(self, pcm, **_options):
        segment = {"start": 0.5, "end": 0.9, "text": "Hello", "words": [WORD]}
        return {"text": "Hello", "language": "en", "segments": [segment], "engine": self._engine}


@pytest.fixture
def hear(tmp_path):
    pcm = tmp_path / "a.pcm"
    pcm.write_bytes(bytes(2 * 16_000))
    decoded = SimpleNamespace(
        pcm=pcm, sha256="1" * 64, duration_ms=1000, loudness=SimpleNamespace(integrated_lufs=-20.0)
    )
    config = Config(
        folders=Folders(cache=tmp_path / "cache"), transcribe=Transcribe(model="large", beam=5)
    )
    sidecars = SimpleNamespace(transcript=None, text=None)
    job = SimpleNamespace(sidecars=sidecars, media=tmp_path / "a.wav")

    def run(recogniser):
        warnings = []
        hearing = Hearing(job, config, recogniser, Flights(), warnings.append, lambda: False)
        transcript = hearing.transcript(decoded, lambda _fraction: None)
        return hearing, transcript, warnings

    return run


def test_what_a_smaller_model_has_heard_is_warned_of_and_not_cached(hear):
    recogniser = Recogniser(model="small", beam=1, instead_of={"model": "large", "beam": 5})
    for _ in range(2):
        hearing, transcript, warnings = hear(recogniser)
        assert [word.text for word in transcript.words] == ["Hello"]
        (warning,) = warnings
        assert warning.startswith("the GPU had too little memory")
        assert "model small instead of large and beam 1 instead of 5" in warning
        assert hearing.engine["model"] == "small"
        assert not hearing.cache_hit


def test_what_was_heard_as_configured_is_cached_without_a_warning(hear):
    assert hear(Recogniser(model="large"))[2] == []
    assert hear(Recogniser(model="large"))[0].cache_hit
