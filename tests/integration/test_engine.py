# ruff: noqa: PLC0415 - torch is imported only where a test that needs it runs
import importlib
import re
from pathlib import Path

import pytest

from karaokify_daemon.adapters.whisper import models
from karaokify_daemon.adapters.whisper.models import ModelFile
from karaokify_daemon.errors import CancelledError, ModelError, TranscribeError
from tests.support.speech import EASY, spoken_pcm

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return models.resolve("demo", tmp_path_factory.mktemp("cache"), download=False)


@pytest.fixture(scope="module")
def engine(demo):
    from karaokify_daemon.adapters.whisper.engine import Engine

    return Engine(demo, device="cpu", threads=1)


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    path = tmp_path_factory.mktemp("speech") / "easy.pcm"
    return path, *spoken_pcm(path)


def words(result):
    return [
        re.sub(r"\W", "", word["text"]).lower()
        for segment in result["segments"]
        for word in segment["words"]
    ]


EASY_WORDS = EASY.lower().rstrip(".").split()


def hooks(engine):
    modules = list(engine._model.modules())
    return sum(len(m._forward_hooks) + len(m._forward_pre_hooks) for m in modules)


def bar():
    return importlib.import_module("whisper.transcribe").tqdm


def test_every_word_of_an_easy_sentence_is_found_at_its_time(engine, recording):
    pcm, duration_ms, said = recording
    result = engine.recognise(pcm, language="en")
    assert words(result) == EASY_WORDS
    found = [word for segment in result["segments"] for word in segment["words"]]
    for word, truth in zip(found, said, strict=True):
        assert word["start"] == pytest.approx(truth.start, abs=0.08)
        assert 0 <= word["start"] <= word["end"] <= duration_ms / 1000 + 0.02
        assert 0 < word["confidence"] <= 1
    assert result["text"] == EASY
    assert result["language"] == "en"
    assert result["engine"]["rung"] == "efficient"
    assert result["engine"]["model"] == "demo"
    assert result["engine"]["device"] == "cpu"
    assert re.match(r"\d+\.\d+", result["engine"]["version"])


def test_a_part_of_a_recording_is_heard_at_its_own_times(engine, recording, tmp_path):
    pcm, duration_ms, said = recording
    silence = bytes(2 * 16 * 700)
    (tmp_path / "later.pcm").write_bytes(silence + pcm.read_bytes() + pcm.read_bytes())
    span = (700, 700 + duration_ms)
    result = engine.recognise(tmp_path / "later.pcm", span=span, language="en")
    assert words(result) == EASY_WORDS
    first = result["segments"][0]["words"][0]["start"]
    assert first == pytest.approx(0.7 + said[0].start, abs=0.08)


def test_an_english_only_model_hears_english_whatever_is_asked(engine, recording):
    for language in ("auto", "de"):
        assert engine.recognise(recording[0], language=language)["language"] == "en"


def test_progress_never_goes_back_and_ends_at_one(engine, tmp_path):
    spoken_pcm(tmp_path / "long.pcm", [EASY] * 18)  # more than one window of 30 s
    heard = []
    engine.recognise(tmp_path / "long.pcm", language="en", on_progress=heard.append)
    assert heard[0] == 0
    assert heard == sorted(heard)
    assert heard[-1] == 1
    assert any(0 < fraction < 1 for fraction in heard)


def test_nothing_is_left_on_model_and_whisper_after_a_run(engine, recording):
    before = bar()
    engine.recognise(recording[0], language="en")
    assert hooks(engine) == 0
    assert bar() is before


def test_what_the_callback_raises_ends_the_run_and_leaves_nothing_behind(engine, recording):
    before, calls = bar(), []

    def cancel(fraction):
        calls.append(fraction)
        if len(calls) == 5:
            raise CancelledError("was stopped")

    with pytest.raises(CancelledError):
        engine.recognise(recording[0], language="en", on_progress=cancel)
    assert len(calls) == 5
    assert hooks(engine) == 0
    assert bar() is before
    assert words(engine.recognise(recording[0], language="en")) == EASY_WORDS


def test_an_error_of_the_callbacks_own_is_no_reason_for_the_next_rung(engine, recording):
    calls = []

    def fail(fraction):
        calls.append(fraction)
        if len(calls) == 3:
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        engine.recognise(recording[0], language="en", on_progress=fail)
    assert len(calls) == 3
    assert hooks(engine) == 0


def test_an_internal_error_leads_to_the_next_rung_and_no_hook_stays(engine, recording):
    def trip(*_):
        raise AssertionError("Inconsistent number of segments")

    engine._model.decoder.ln.register_forward_hook(trip)
    beats = []
    result = engine.recognise(recording[0], language="en", on_progress=beats.append)
    assert result["engine"]["rung"] == "naive"
    assert len(beats) > 2 * len(EASY_WORDS), "every token is a sign of life, on every rung"
    assert words(result) == EASY_WORDS
    assert hooks(engine) == 0
    again = engine.recognise(recording[0], language="en")
    assert again["engine"]["rung"] == "efficient"


def test_every_rung_gives_the_same_words_in_the_same_form(engine, recording):
    from karaokify_daemon.adapters.whisper.audio import read
    from karaokify_daemon.adapters.whisper.schema import plain

    for attempt in engine._ladder().values():
        result = plain(attempt(read(recording[0]), "en"))
        assert words(result) == EASY_WORDS
        assert set(result["segments"][0]) == {"id", "start", "end", "text", "confidence", "words"}
        for word in result["segments"][0]["words"]:
            assert set(word) == {"text", "start", "end", "confidence"}


def test_when_every_rung_fails_the_reasons_are_told(engine, recording):
    forward = engine._model.decoder.ln.forward

    def trip(*_):
        raise IndexError("index 7 is out of bounds")

    engine._model.decoder.ln.forward = trip
    try:
        with pytest.raises(TranscribeError, match="index 7 is out of bounds") as caught:
            engine.recognise(recording[0], language="en")
    finally:
        engine._model.decoder.ln.forward = forward
    assert list(caught.value.details["rungs"]) == [
        "efficient",
        "naive",
        "backend_timestamps",
        "plain",
    ]
    assert hooks(engine) == 0
    assert words(engine.recognise(recording[0], language="en")) == EASY_WORDS


@pytest.mark.parametrize("samples", [0, 1, 1000, 160_000])
def test_silence_and_next_to_nothing_have_no_words(engine, tmp_path, samples):
    (tmp_path / "a.pcm").write_bytes(bytes(2 * samples))
    result = engine.recognise(tmp_path / "a.pcm", language="auto")
    assert result["segments"] == []
    assert result["text"] == ""
    assert result["language"] == "en"


def test_a_click_in_a_tenth_of_a_second_is_survived(engine, tmp_path):
    (tmp_path / "a.pcm").write_bytes(b"\xff\x7f" + bytes(2 * 1700))
    assert engine.recognise(tmp_path / "a.pcm", language="en")["language"] == "en"


def test_engines_own_output_does_not_reach_stdout(engine, recording, capfd):
    engine.recognise(recording[0], language="en")
    assert capfd.readouterr().out == ""


def test_cuda_without_a_gpu_is_a_model_error(demo):
    import torch

    from karaokify_daemon.adapters.whisper.engine import Engine

    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(ModelError, match="no CUDA GPU") as caught:
        Engine(demo, device="cuda")
    assert "auto" in caught.value.advice


def test_a_file_that_is_no_checkpoint_is_a_model_error(tmp_path):
    from karaokify_daemon.adapters.whisper.engine import Engine

    path = tmp_path / "mine.pt"
    path.write_bytes(b"not a checkpoint")
    with pytest.raises(ModelError, match=r"mine\.pt cannot be loaded"):
        Engine(ModelFile(name=str(path), path=path, folder=tmp_path), device="cpu")


def test_a_download_that_fails_names_file_folder_and_alternatives(tmp_path, monkeypatch):
    from karaokify_daemon.adapters.whisper.engine import Engine

    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # nobody answers there
    with pytest.raises(ModelError, match="the download failed") as caught:
        Engine(models.resolve("tiny", tmp_path, download=True), device="cpu")
    text = str(caught.value)
    for part in ("tiny.pt", str(tmp_path / "models"), 'model = "demo"'):
        assert part in text
    assert list((tmp_path / "models").iterdir()) == []


@pytest.mark.parametrize("file", ["tiny.pt", "fine-tuned.pt"])
def test_an_official_shape_gets_its_official_alignment_heads(file):
    import torch
    import whisper

    from karaokify_daemon.adapters.whisper.loading import _set_official_heads

    dims = whisper.ModelDimensions(80, 1500, 384, 6, 1, 51865, 448, 384, 6, 4)
    model = whisper.Whisper(dims)
    guessed = model.alignment_heads.to_dense().clone()
    _set_official_heads(model, Path(file))
    given = model.alignment_heads.to_dense()
    model.set_alignment_heads(whisper._ALIGNMENT_HEADS["tiny"])
    assert torch.equal(given, model.alignment_heads.to_dense())
    assert not torch.equal(given, guessed)
