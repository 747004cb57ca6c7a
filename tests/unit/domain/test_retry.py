from pathlib import Path

import pytest

from karaokify_daemon.domain.job import Job
from karaokify_daemon.domain.record import Record
from karaokify_daemon.domain.retry import decide, is_deadly, is_smaller
from karaokify_daemon.errors import (
    CancelledError,
    DeadlineError,
    FfmpegDiedError,
    FfmpegError,
    IntakeError,
    JournalError,
    LlmError,
    MachineError,
    MemoryLimitError,
    ModelError,
    NotMediaError,
    OutOfMemoryError,
    PublishError,
    SourceChangedError,
    VerifyError,
    WorkerDiedError,
    WorkerStalledError,
)

JOB = Job(id="1", media=Path("a.mp3"))


def record(attempts, deaths=0):
    return Record(id="1", media=Path("a.mp3"), attempts=attempts, deaths=deaths)


@pytest.mark.parametrize("error", [NotMediaError, FfmpegError])
def test_what_lies_in_the_file_fails_at_once(error):
    assert decide(error("is text"), record(1), 0) is None


@pytest.mark.parametrize(
    "error", [WorkerDiedError, WorkerStalledError, DeadlineError, FfmpegDiedError, MemoryLimitError]
)
def test_a_file_that_kills_its_worker_twice_is_set_aside(error):
    assert is_deadly(error("died"))
    assert decide(error("died"), record(1), 0) == 2 < decide(error("died"), record(1), 1) == 3
    assert decide(error("died"), record(2, deaths=1), 0) is None


def test_memory_that_is_short_is_waited_for_but_not_for_ever():
    waits = [decide(OutOfMemoryError("short"), record(n), 0) for n in range(1, 20)]
    assert waits[:3] == [5, 10, 20] and waits[-1] == 300
    assert decide(OutOfMemoryError("short"), record(20), 0) is None
    assert not is_deadly(OutOfMemoryError("short"))


def test_waiting_for_a_disk_is_no_death():
    assert decide(WorkerDiedError("died"), record(9), 0) == 2
    assert not is_deadly(PublishError("no space"))


def test_a_full_disk_is_waited_out_ever_longer_but_never_given_up():
    waits = [decide(PublishError("no space"), record(n), 0) for n in range(1, 40)]
    assert waits[:3] == [5, 10, 20] and waits[-1] == 300
    assert waits == sorted(waits)


def test_jobs_that_failed_together_do_not_come_back_together():
    waits = [decide(PublishError("no space"), record(2), chance / 10) for chance in range(11)]
    assert waits[0] == 10 and waits[-1] == 15 and len(set(waits)) == 11


def test_no_chance_takes_a_wait_above_the_cap():
    assert decide(PublishError("no space"), record(40), 1) == 300


@pytest.mark.parametrize("error", [IntakeError, JournalError, LlmError, ModelError, MachineError])
def test_what_lies_around_the_file_is_waited_out(error):
    assert decide(error("is not there"), record(1), 0) == 5
    assert decide(error("is not there"), record(40), 0) == 300


@pytest.mark.parametrize(
    ("asked", "seconds"), [(-5.0, 5), (3.0, 5), (3600.0, 3600), (float("inf"), 6 * 3600)]
)
def test_a_provider_is_left_alone_for_as_long_as_it_asks_for(asked, seconds):
    error = LlmError("no more requests for now", retry_after_seconds=asked)
    assert decide(error, record(1), 0) == seconds


def test_a_video_that_is_not_as_asked_for_gets_a_second_try():
    assert decide(VerifyError("is short"), record(1), 0) == 0
    assert decide(VerifyError("is short"), record(2), 0) is None


def test_a_stopped_job_starts_again():
    assert decide(CancelledError("stopped"), record(50), 0) == 0


def test_a_file_that_changes_again_and_again_is_waited_for():
    waits = [decide(SourceChangedError("changed"), record(n), 0) for n in range(1, 40)]
    assert waits[:2] == [0, 0] and waits[-1] == 300


def test_only_after_a_child_took_too_much_memory_less_is_tried():
    def after(error):
        return record(1).claimed(JOB).postponed(error.to_dict(), 0, deadly=True)

    once = after(MemoryLimitError("took 9 MB"))
    assert is_smaller(once)
    full = PublishError("the disk is full").to_dict()
    later = once.claimed(JOB).postponed(full, 0, deadly=False)
    assert is_smaller(later) and not is_smaller(later.renewed())
    assert not is_smaller(after(WorkerDiedError("died"))) and not is_smaller(record(1))
