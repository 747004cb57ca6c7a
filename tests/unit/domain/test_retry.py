import pytest

from karaokify_daemon.domain.retry import decide
from karaokify_daemon.errors import (
    CancelledError,
    DeadlineError,
    NotMediaError,
    PublishError,
    SourceChangedError,
    WorkerDiedError,
    WorkerStalledError,
)


def test_what_lies_in_the_file_fails_at_once():
    assert decide(NotMediaError("is text"), 1).gives_up


@pytest.mark.parametrize("error", [WorkerDiedError, WorkerStalledError, DeadlineError])
def test_a_file_that_ends_its_worker_twice_is_set_aside(error):
    assert decide(error("died"), 1).after_seconds == 0
    assert decide(error("died"), 2).gives_up


def test_a_full_disk_is_waited_out_ever_longer_but_never_given_up():
    waits = [decide(PublishError("no space"), n).after_seconds for n in range(1, 40)]
    assert waits[:3] == [5, 10, 20] and waits[-1] == 300
    assert waits == sorted(waits)


@pytest.mark.parametrize("error", [CancelledError("stopped"), SourceChangedError("changed")])
def test_a_stopped_job_and_a_changed_file_start_again(error):
    assert decide(error, 50).after_seconds == 0
