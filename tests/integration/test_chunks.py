"""Long recordings, in chunks, by the real model: what is at the cuts is as without any."""

import hashlib
from collections.abc import Sequence

import jiwer
import numpy as np
import pytest

from karaokify_daemon.adapters.cache import JsonCache
from karaokify_daemon.config import Config, Folders, Transcribe
from karaokify_daemon.domain.transcript import Transcript, Word
from karaokify_daemon.pipeline.kept import Kept
from karaokify_daemon.pipeline.recognition import InProcess
from karaokify_daemon.pipeline.transcriber import FOLDER, Transcriber
from tests.support.speech import EASY, spoken_pcm
from tools.speech import SAMPLE_RATE, SpokenWord

pytestmark = pytest.mark.torch

SETTINGS = Transcribe(model="demo", device="cpu", threads=1, download=False, language="en")
CHUNK_S = 12
_NEAR_MS = 2000
_TOLERANCE_MS = 120  # of a word whose window begins elsewhere


class Watched:
    """A real recogniser that notes what it is asked for."""

    def __init__(self, cache):
        self._real = InProcess(SETTINGS, cache)
        self.spans: list[tuple[int, int]] = []

    def recognise(self, pcm, *, span, **options):
        self.spans.append(span)
        return self._real.recognise(pcm, span=span, **options)

    def voices(self, pcm, **options):
        return self._real.voices(pcm, **options)


@pytest.fixture(scope="module")
def recogniser(tmp_path_factory):
    return Watched(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    """A recording of 80 s with pauses of 0.4 s: words are near every cut."""
    pcm = tmp_path_factory.mktemp("talk") / "talk.pcm"
    duration_ms, said = spoken_pcm(pcm, [EASY] * 26, pause_s=0.4)
    return pcm, duration_ms, said


def heard(recogniser, folder, pcm, duration_ms, **options) -> Transcript:
    settings = SETTINGS.model_copy(update=options)
    config = Config(folders=Folders(cache=folder), transcribe=settings)
    recogniser.spans.clear()
    result, _ = Transcriber("demo", config=config, recogniser=recogniser).transcribe_pcm(
        pcm, sha256=hashlib.sha256(pcm.read_bytes()).hexdigest(), duration_ms=duration_ms
    )
    return Transcript.from_dict(result)


def texts(transcript: Transcript) -> list[str]:
    return [word.text.strip(".,").lower() for word in transcript.words]


def error(found: Transcript, said: Sequence[SpokenWord]) -> float:
    """Return the word error rate."""
    truth = " ".join(word.text.strip(".,").lower() for word in said)
    return float(jiwer.wer(truth, " ".join(texts(found))))


def near(transcript: Transcript, cut: int) -> list[Word]:
    return [word for word in transcript.words if abs(word.start - cut) < _NEAR_MS]


def assert_same_at_cuts(cut: Transcript, whole: Transcript, cuts: Sequence[int]) -> None:
    """Assert that the words around cuts are those of an uncut run, at their times."""
    for at in cuts:
        assert [word.text for word in near(cut, at)] == [word.text for word in near(whole, at)]
        for one, other in zip(near(cut, at), near(whole, at), strict=True):
            assert one.start == pytest.approx(other.start, abs=_TOLERANCE_MS)
            assert one.end == pytest.approx(other.end, abs=_TOLERANCE_MS)


def test_words_near_the_cuts_are_those_of_an_uncut_run(recogniser, talk, tmp_path):
    pcm, duration_ms, said = talk
    whole = heard(recogniser, tmp_path / "whole", pcm, duration_ms)
    assert recogniser.spans == [(0, duration_ms)]
    cut = heard(recogniser, tmp_path / "cut", pcm, duration_ms, chunk_seconds=CHUNK_S)
    spans = list(recogniser.spans)
    assert len(spans) >= duration_ms / 1000 / CHUNK_S
    assert all(end - begin <= CHUNK_S * 1000 for begin, end in spans)
    assert [begin for begin, _ in spans[1:]] == [end for _, end in spans[:-1]]
    for _, end in spans[:-1]:  # never inside a word
        assert not any(word.start * 1000 < end < word.end * 1000 for word in said)
    assert_same_at_cuts(cut, whole, [end for _, end in spans[:-1]])
    assert error(cut, said) <= error(whole, said) <= 0.03  # this model is not without faults


def with_noise(pcm, folder):
    samples = np.fromfile(pcm, "<i2") * 0.8
    samples += np.random.default_rng(7).normal(0, 400, len(samples))
    noisy = folder / "noisy.pcm"
    noisy.write_bytes(samples.astype("<i2").tobytes())
    return noisy


def assert_as_said_at(cut: int, found: Transcript, said: Sequence[SpokenWord]) -> None:
    """Assert that around a moment no word is lost, doubled or another."""
    around = [word for word in said if abs(word.start * 1000 - cut) < _NEAR_MS]
    begin, end = around[0].start * 1000, around[-1].end * 1000
    words = [word for word in found.words if begin <= (word.start + word.end) / 2 <= end]
    assert [word.text.strip(".,").lower() for word in words] == [
        word.text.strip(".,").lower() for word in around
    ]


@pytest.mark.parametrize("chunk_s", [11, 14])
@pytest.mark.parametrize("noise", [False, True])
def test_where_words_follow_each_other_without_any_pause_none_is_lost_or_doubled_at_cuts(
    recogniser, tmp_path, noise, chunk_s
):
    pcm = tmp_path / "fast.pcm"
    duration_ms, said = spoken_pcm(pcm, [EASY] * 18, pause_s=0)
    pcm = with_noise(pcm, tmp_path) if noise else pcm
    whole = heard(recogniser, tmp_path / "whole", pcm, duration_ms)
    cut = heard(recogniser, tmp_path / "cut", pcm, duration_ms, chunk_seconds=chunk_s)
    begins = [begin for begin, _ in recogniser.spans[1:]]
    assert len(begins) >= 3
    for begin in (
        begins if chunk_s == 11 else ()
    ):  # with 14 the model says "the river" twice amid one
        assert_as_said_at(begin + 1000, cut, said)  # a cut is half a second to one and a half later
    assert error(cut, said) <= error(whole, said) + 0.01


def test_where_nothing_is_silent_no_word_is_lost_or_doubled_at_cuts(recogniser, talk, tmp_path):
    quiet, duration_ms, said = talk
    pcm = with_noise(quiet, tmp_path)
    whole = heard(recogniser, tmp_path / "whole", pcm, duration_ms)
    cut = heard(recogniser, tmp_path / "cut", pcm, duration_ms, chunk_seconds=CHUNK_S)
    spans = list(recogniser.spans)
    assert any(begin < before for (begin, _), (_, before) in zip(spans[1:], spans, strict=False))
    for begin, _ in spans[1:]:
        assert_as_said_at(begin + 1000, cut, said)
    assert error(cut, said) <= error(whole, said) <= 0.03


def test_other_chunks_need_no_new_hearing_and_what_a_kill_left_is_forgotten(recogniser, tmp_path):
    pcm = tmp_path / "short.pcm"
    duration_ms, _ = spoken_pcm(pcm, [EASY] * 8)
    found = heard(recogniser, tmp_path, pcm, duration_ms, chunk_seconds=CHUNK_S)
    [entry] = (tmp_path / FOLDER).iterdir()
    cache = JsonCache(tmp_path / FOLDER)
    Kept(cache, entry.stem).put(JsonCache.key(content="left", model="m", options={}), {})
    assert heard(recogniser, tmp_path, pcm, duration_ms, chunk_seconds=CHUNK_S + 1) == found
    assert recogniser.spans == []
    assert list((tmp_path / FOLDER).iterdir()) == [entry]


def test_with_voices_only_what_is_spoken_is_heard(recogniser, tmp_path):
    first, duration_ms = tmp_path / "first.pcm", 0
    duration_ms, said = spoken_pcm(first)
    silence = np.zeros(40 * SAMPLE_RATE, "<i2").tobytes()
    pcm = tmp_path / "gaps.pcm"
    pcm.write_bytes(silence + first.read_bytes() + silence + first.read_bytes() + silence)
    total = 120_000 + 2 * duration_ms
    found = heard(recogniser, tmp_path / "cache", pcm, total, vad=True)
    assert texts(found) == [word.text.strip(".,").lower() for word in said] * 2
    assert sum(end - begin for begin, end in recogniser.spans) < 2 * duration_ms + 3000
    begins = [found.words[0].start, found.words[len(said)].start]
    assert begins[0] == pytest.approx(40_000 + said[0].start * 1000, abs=_TOLERANCE_MS)
    assert begins[1] == pytest.approx(
        80_000 + duration_ms + said[0].start * 1000, abs=_TOLERANCE_MS
    )
