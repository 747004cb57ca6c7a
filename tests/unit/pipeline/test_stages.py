from contextlib import nullcontext
from fractions import Fraction
from types import SimpleNamespace

import numpy as np
import pytest

from karaokify_daemon.config import Config, Folders, Limits, from_dict
from karaokify_daemon.domain.admission import Needs
from karaokify_daemon.domain.job import Job, Stage
from karaokify_daemon.domain.record import Record
from karaokify_daemon.domain.transcript import Segment, Transcript, Word
from karaokify_daemon.errors import NoSpeechError
from karaokify_daemon.pipeline.flights import Flights
from karaokify_daemon.pipeline.gate import Gate
from karaokify_daemon.pipeline.means import LONG_MS, Means
from karaokify_daemon.pipeline.notes import Notes
from karaokify_daemon.pipeline.stages import JobRun


@pytest.fixture
def run(tmp_path):
    """Return a function that finds highlights as an attempt at a job does; `notes` outlive it."""
    saved = []
    notes = Notes(Record(id="job", media="talk.wav"), saved.append)
    gate = SimpleNamespace(passed=lambda *_, **__: nullcontext())
    nothing = {"progress": lambda *_: None, "finished": lambda *_: None}
    watch = SimpleNamespace(**nothing, cancelled=lambda: False)

    def found(said):
        words = [Word(w, 400 * i, 400 * i + 300) for i, w in enumerate(said.split())]
        duration_ms = 400 * len(words) + 500
        np.zeros(duration_ms * 16, "<i2").tofile(tmp_path / "audio.pcm")
        job = Job(id="job", media=tmp_path / "talk.wav")
        means = SimpleNamespace(gate=gate, recogniser=None, flights=Flights())
        config = from_dict({"highlights": {"seconds": 3}})
        one = JobRun(means, None, job, config, watch, notes)
        one._rate = Fraction(30)
        decoded = SimpleNamespace(pcm=tmp_path / "audio.pcm")
        return one._highlight(Transcript((Segment(tuple(words)),)), decoded, duration_ms)

    found.saved, found.notes = saved, notes
    return found


TEXT = "Reefs are large. Corals live in them. They need warm and clear water."


def test_what_was_found_is_noted_once(run):
    run(TEXT)
    run(TEXT)
    assert len(run.saved) == 1


def test_what_was_found_of_other_sentences_is_noted_in_its_place(run):
    run(TEXT)
    run(TEXT + " Or else they bleach.")
    found = run(TEXT + " Or else they bleach.")
    assert len(run.saved) == 2
    assert run.notes.of(Stage.HIGHLIGHT)["said"] == found.noted["said"]


class Watch:
    def __init__(self):
        self.heard = []

    def finished(self, stage, seconds):
        pass

    def lasts(self, duration_ms):
        self.heard.append(duration_ms)

    def progress(self, stage, fraction):
        pass

    def cancelled(self):
        return False


@pytest.mark.parametrize("told", [None, 0, 1000])
def test_how_long_a_recording_is_is_told_before_and_after_it_is_decoded(tmp_path, told):
    config, watch = Config(limits=Limits(min_free_disk_mb=0, min_free_memory_mb=0)), Watch()
    recogniser = SimpleNamespace(has=lambda _: True, models=list)
    means = Means(config, recogniser, Gate(config.limits, Folders()))
    job = Job(id="job", media=tmp_path / "talk.webm")
    notes = Notes(Record(id="job", media="talk.webm"))
    one = JobRun(means, None, job, config, watch, notes)
    one._probe = lambda: SimpleNamespace(duration_ms=told, video=None)
    one.probe()
    assert watch.heard == [told or None]

    def hear(*_):
        assert watch.heard == [told or None, LONG_MS + 1]
        raise NoSpeechError("enough")

    one._decode = lambda _: SimpleNamespace(damage=None, duration_ms=LONG_MS + 1)
    one._hearing.transcript = hear
    with pytest.raises(NoSpeechError):
        one.publish({}, tmp_path, None)


def test_each_worker_and_each_model_is_asked_memory_for_and_nobody_else(tmp_path):
    limits = Limits(min_free_disk_mb=0, min_free_memory_mb=0, workers=2)
    means = Means(Config(limits=limits), SimpleNamespace(has=lambda _: False, models=list), None)
    means.gate = Gate(limits, Folders())

    def needs(model):
        config = from_dict({"transcribe": {"model": model}})
        job = Job(id="job", media=tmp_path / "talk.wav")
        notes = Notes(Record(id="job", media="talk.wav"))
        return JobRun(means, None, job, config, Watch(), notes)._to_transcribe(1000)

    def passed(one):
        return means.gate.passed(Stage.TRANSCRIBE, one, job="1", file="a", cancelled=lambda: False)

    assert needs("small").model == "small"
    with passed(needs("small")):
        assert needs("small").model == "small"
        with passed(needs("small")):
            assert needs("small") == Needs()  # two hear, and it will when one of them has ended
            assert needs("tiny").model == "tiny"
    means.recogniser.has = lambda _: True
    assert needs("small").model is None
