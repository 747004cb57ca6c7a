import pytest

from karaokify_daemon.domain.retry import decide
from karaokify_daemon.errors import (
    CancelledError,
    DeadlineError,
    IntakeError,
    MachineError,
    ModelError,
    NotMediaError,
    PublishError,
    SourceChangedError,
    WorkerDiedError,
    WorkerStalledError,
)


def test_what_lies_in_the_file_fails_at_once():
    assert decide(NotMediaError("is text"), 1) is None


@pytest.mark.parametrize("error", [WorkerDiedError, WorkerStalledError, DeadlineError])
def test_a_file_that_ends_its_worker_twice_is_set_aside(error):
    assert decide(error("died"), 1) == 0
    assert decide(error("died"), 2) is None


def test_a_full_disk_is_waited_out_ever_longer_but_never_given_up():
    waits = [decide(PublishError("no space"), n) for n in range(1, 40)]
    assert waits[:3] == [5, 10, 20] and waits[-1] == 300
    assert waits == sorted(waits)


@pytest.mark.parametrize("error", [IntakeError, ModelError, MachineError])
def test_what_lies_around_the_file_is_waited_out(error):
    assert decide(error("is not there"), 1) == 5
    assert decide(error("is not there"), 40) == 300


def test_a_stopped_job_starts_again():
    assert decide(CancelledError("stopped"), 50) == 0


def test_a_file_that_changes_again_and_again_is_waited_for():
    waits = [decide(SourceChangedError("changed"), n) for n in range(1, 40)]
    assert waits[:2] == [0, 0] and waits[-1] == 300
