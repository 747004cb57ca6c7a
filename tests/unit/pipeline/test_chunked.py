import math
from array import array

import pytest

from karaokify_daemon.adapters.cache import JsonCache
from karaokify_daemon.errors import TranscribeError, WorkerDiedError
from karaokify_daemon.pipeline.chunked import Chunked, Task
from karaokify_daemon.pipeline.kept import Kept
from karaokify_daemon.pipeline.recognition import Seat

HZ = 16_000


class Script:
    """A recogniser that hears given words, at their times, in whatever part it is given."""

    def __init__(self, words, language="en", voices=()):
        self.words, self.language, self.found = words, language, list(voices)
        self.asked, self.listened, self.fails_at = [], [], None

    def recognise(self, _pcm, *, span, language, on_progress, **_):
        self.asked.append((span, language))
        if len(self.asked) == self.fails_at:
            raise WorkerDiedError("the worker ended")
        on_progress(0.5)
        heard = [
            {"text": text, "start": max(start, span[0]) / 1000, "end": min(end, span[1]) / 1000}
            for text, start, end in self.words
            if start < span[1] and end > span[0]
        ]
        own = self.language if language == "auto" else language
        segments = [{"words": heard}] if heard else []
        return {"language": own, "segments": segments, "engine": {"model": "script"}}

    def voices(self, _pcm, *, span, **_):
        self.asked.append("voices")
        self.listened.append(span)
        return self.found


def written(pcm, loud, duration_ms):
    """Write a recording that sounds in some stretches (ms), and is silent elsewhere."""
    samples = array("h", bytes(2 * 16 * duration_ms))
    for start, end in loud:
        for i in range(16 * start, 16 * end):
            samples[i] = round(8000 * math.sin(i / 3))
    pcm.write_bytes(samples.tobytes())
    return pcm


@pytest.fixture
def hear(tmp_path):
    """Return what hears a recording of 60 s in chunks of 20 s."""
    cache = JsonCache(tmp_path / "cache")

    def run(script, loud, *, kept=cache, language="en", vad=False, heard=None):
        task = Task(
            pcm=written(tmp_path / "audio.pcm", loud, 60_000),
            content="hash",
            duration_ms=60_000,
            model="demo",
            identity="demo",
            options={"engine": "script"},
            language=language,
            threads=0,
            chunk_ms=20_000,
            vad=vad,
        )
        follow = None if heard is None else heard.append
        chunked = Chunked(
            task,
            script,
            kept,
            kept=kept and Kept(kept, "whole"),
            seat=Seat(),
            on_progress=follow,
            cancelled=lambda: False,
        )
        return chunked, chunked.recognise()

    return run


SOUND = [(0, 13_000), (14_000, 31_000), (32_000, 60_000)]
WORDS = [(f"w{i}", 500 * i, 500 * i + 400) for i in range(120)]


def texts(transcript):
    return [word.text for word in transcript.words]


def test_chunks_end_in_silences_and_together_hear_all(hear):
    script, heard = Script([w for w in WORDS if any(a <= w[1] < b for a, b in SOUND)]), []
    _, (transcript, engine) = hear(script, SOUND, heard=heard)
    assert [span for span, _ in script.asked][:2] == [(0, 13_500), (13_500, 31_500)]
    assert texts(transcript) == [w[0] for w in script.words]
    assert engine == {"model": "script", "chunks": len(script.asked)}
    assert heard == sorted(heard)
    assert heard[-1] == 1


def test_without_silences_no_word_is_cut_heard_twice_or_lost(hear):
    script = Script(WORDS)
    _, (transcript, _) = hear(script, [(0, 60_000)])
    assert texts(transcript) == [w[0] for w in WORDS]
    assert [(w.start, w.end) for w in transcript.words] == [w[1:] for w in WORDS]
    assert script.asked[1][0][0] < 20_000  # what follows the gap is heard again


def test_what_was_heard_before_a_death_is_not_heard_again(hear, tmp_path):
    script = Script(WORDS)
    script.fails_at = 3
    with pytest.raises(WorkerDiedError):
        hear(script, SOUND)
    first, script.fails_at = list(script.asked), None
    script.asked.clear()
    _, (transcript, _) = hear(script, SOUND)
    assert script.asked[0] == first[2]
    assert texts(transcript) == [w[0] for w in WORDS]
    Kept(JsonCache(tmp_path / "cache"), "whole").forget()
    assert list((tmp_path / "cache").iterdir()) == []
    hear(script, SOUND)
    assert script.asked[-len(first) :][0] != first[2]


def test_the_language_of_the_first_words_is_that_of_all(hear):
    script = Script([w for w in WORDS if w[1] >= 14_000], language="de")
    _, (transcript, _) = hear(script, SOUND, language="auto")
    assert [language for _, language in script.asked][:3] == ["auto", "auto", "de"]
    assert transcript.language == "de"


def test_only_voices_are_heard_where_that_is_asked_for(hear):
    script = Script(WORDS, voices=[[1000, 4000], [36_000, 39_000], [46_000, 47_000]])
    _, (transcript, _) = hear(script, SOUND, vad=True)
    assert [ask[0] for ask in script.asked[1:]] == [(500, 4500), (35_500, 47_500)]
    assert all(w.end <= 4500 or w.start >= 35_500 for w in transcript.words)


def test_voices_of_a_long_recording_are_looked_for_in_parts_kept_for_every_model(tmp_path):
    pcm, hours = tmp_path / "audio.pcm", 1_500_000
    pcm.write_bytes(b"")
    cache = JsonCache(tmp_path / "cache")
    script = Script([], voices=[])
    fits = {"content": "hash", "duration_ms": hours, "language": "en", "threads": 0, "vad": True}
    for model, chunk_ms in (("demo", 20_000), ("small", 30_000)):
        task = Task(
            pcm=pcm, model=model, identity=model, options={"n": chunk_ms}, chunk_ms=chunk_ms, **fits
        )
        Chunked(
            task, script, cache, seat=Seat(), on_progress=None, cancelled=lambda: False
        ).recognise()
    assert script.listened == [(0, 605_000), (600_000, 1_205_000), (1_200_000, 1_500_000)]


def test_a_recording_without_voices_is_not_heard_at_all(hear):
    script = Script(WORDS, voices=[])
    _, (transcript, engine) = hear(script, SOUND, vad=True)
    assert script.asked == ["voices"]
    assert transcript.words == []
    assert engine == {"model": "none"}


def test_silence_is_cut_anywhere(hear):
    script = Script([])
    hear(script, [])
    assert [span for span, _ in script.asked] == [(0, 20_000), (20_000, 40_000), (40_000, 60_000)]


def test_without_a_cache_nothing_is_kept(hear, tmp_path):
    hear(Script(WORDS), SOUND, kept=None)
    assert not (tmp_path / "cache").exists()


def test_a_malformed_result_is_an_error_of_recognition(hear):
    script = Script([(None, 100, 400)])
    with pytest.raises(TranscribeError, match="malformed"):
        hear(script, SOUND, kept=None)


def test_what_was_heard_with_less_than_is_configured_is_not_kept_and_told(hear):
    script = Script(WORDS)
    whole, spans = script.recognise, []

    def smaller(pcm, *, span, **options):
        result = whole(pcm, span=span, **options)
        spans.append(span)
        if len(spans) == 2:
            result["engine"] = {"model": "small", "instead_of": {"model": "large"}}
        return result

    script.recognise = smaller
    _, (_, engine) = hear(script, SOUND)
    assert engine["instead_of"] == {"model": "large"}
    second = spans[1]
    spans.clear()
    hear(script, SOUND)
    assert spans == [second]
