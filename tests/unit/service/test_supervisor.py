from pathlib import Path

import pytest

from karaokify_daemon.config import Transcribe
from karaokify_daemon.domain.job import Job
from karaokify_daemon.domain.record import Record
from karaokify_daemon.domain.retry import decide
from karaokify_daemon.errors import (
    ModelError,
    TranscribeError,
    WorkerDiedError,
    WorkerStalledError,
)
from karaokify_daemon.service.child import Patience
from karaokify_daemon.service.supervisor import Worker
from karaokify_daemon.service.worker import Answer, Beat, Begun, Loaded, LogLine

SETTINGS = Transcribe(start_seconds=100, stall_seconds=10, deadline_factor=2)
JOB = Job(id="1", media=Path("/inbox/talk.mp3"))
LOADED = Loaded(job=1, model="demo", device="cpu")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_loading_may_take_as_long_as_starting_may(clock):
    patience = Patience(SETTINGS, 1000, clock)
    clock.now = 100
    patience.check(None)
    clock.now = 101
    with pytest.raises(WorkerStalledError, match="load the model within 100 s"):
        patience.check(None)


def test_a_download_that_goes_on_is_waited_for(clock):
    patience = Patience(SETTINGS, 1000, clock)
    for clock.now in range(0, 1000, 50):
        patience.check(Beat(1, clock.now / 1000))
    assert patience.loading


def test_work_without_progress_is_a_stall(clock):
    patience = Patience(SETTINGS, 1000, clock)
    patience.check(LOADED)
    for clock.now in range(0, 50, 5):
        patience.check(Beat(1, 0.5))
    clock.now = 56
    with pytest.raises(WorkerStalledError, match="progress within 10 s"):
        patience.check(None)


def test_a_job_that_needs_no_model_is_at_work_from_its_beginning(clock):
    patience = Patience(SETTINGS, 1000, clock)
    patience.check(Begun(1))
    clock.now = 11
    with pytest.raises(WorkerStalledError, match="progress within 10 s"):
        patience.check(None)


def test_a_log_line_is_no_progress(clock):
    patience = Patience(SETTINGS, 1000, clock)
    patience.check(LOADED)
    clock.now = 11
    with pytest.raises(WorkerStalledError):
        patience.check(LogLine("library"))


@pytest.mark.parametrize(("duration_ms", "deadline"), [(1000, 120), (100_000, 300)])
def test_progress_without_end_is_a_stall(clock, duration_ms, deadline):
    clock.now = 50
    patience = Patience(SETTINGS, duration_ms, clock)
    patience.check(LOADED)
    while clock.now < 50 + deadline:
        patience.check(Beat(1, 0.5))
        clock.now += 5
    patience.check(Beat(1, 0.5))
    clock.now += 5
    with pytest.raises(WorkerStalledError, match=f"longer than {deadline} s"):
        patience.check(Beat(1, 0.5))


def test_an_answer_that_comes_late_is_taken(clock):
    patience = Patience(SETTINGS, 1000, clock)
    patience.check(LOADED)
    clock.now = 1000
    patience.check(Answer(job=1, result={}))


@pytest.mark.parametrize(
    ("error", "raised", "deaths"),
    [
        (TranscribeError("CUDA error: unspecified", engine_lost=True), WorkerDiedError, 1),
        (ModelError("CUDA error: unspecified", engine_lost=True), ModelError, 0),
        (TranscribeError("it tripped over itself"), TranscribeError, 0),
    ],
)
def test_a_gpu_that_fails_is_a_death_of_the_worker_and_no_fault_of_the_recording(
    tmp_path, monkeypatch, error, raised, deaths
):
    """What the child answers is made up: there is no GPU here that could fail."""
    events = []
    worker = Worker(Transcribe(), cache=tmp_path, on_log=lambda event, _: events.append(event))
    ended = []
    monkeypatch.setattr(worker, "_running", lambda _stop: None)
    monkeypatch.setattr(worker, "_answer", lambda *_: Answer(job=1, error=error))
    monkeypatch.setattr(worker, "_end", ended.append)
    with pytest.raises(raised) as caught:
        worker.recognise(tmp_path / "a.pcm", span=(0, 1), model="demo", language="en")
    assert decide(caught.value, Record.of(JOB).claimed(JOB), 0.0) is not None or not deaths
    assert events.count("worker.died") == deaths
    assert bool(ended) == bool(error.details.get("engine_lost"))
