"""EIO, EDQUOT and EROFS at every system call that changes a disk: a reason, and nothing is lost."""

import contextlib
import errno
import itertools
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.attempt import CALLS, Attempt
from tests.faults.conftest import FULL

ERRORS = ("EIO", "EDQUOT", "EROFS")
REASONS = {name: os.strerror(getattr(errno, name)) for name in ERRORS}
SQLITE_SAYS = "disk I/O error"  # and not which


@pytest.mark.fault("EIO, EDQUOT or EROFS at a system call of the daemon (strace)")
@pytest.mark.needs("strace")
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("call", CALLS if FULL else ["rename", "fsync", "symlink"])
def test_an_error_at_any_change_of_the_disk_leaves_one_bundle(tmp_path, recording, call, points):
    for n in itertools.count(1, 1 if FULL else 10):
        attempt = Attempt(tmp_path / str(n), recording)
        attempt.drop()
        error = ERRORS[n % len(ERRORS)]
        status = attempt.run(*attempt.traced(call, f"error={error}:when={n}"))
        if "(INJECTED)" not in attempt.trace.read_text():
            break  # no thread has made so many of these calls
        points.append(n)
        assert "Traceback" not in attempt.output and "job.crashed" not in attempt.output
        told = REASONS[error] in attempt.output or SQLITE_SAYS in attempt.output
        assert status == 0 or told, attempt.output
        attempt.nothing_half_made()
        assert attempt.run() == 0, f"{error} at {call} number {n}: {attempt.output}"
        attempt.is_done()


# Calls, and the one path at which they fail; a bundle's rename fails wherever it would go.
PLACES = {
    "state": ("pwrite64,fdatasync", "state/journal.sqlite3-wal"),
    "cache": ("mkdir", "cache/work"),
    "outbox": ("rename", None),
}


@pytest.mark.fault(
    "EIO, EDQUOT or EROFS for a while: state, cache, outbox; the same process goes on"
)
@pytest.mark.needs("strace")
@pytest.mark.parametrize("place", PLACES)
def test_an_error_that_passes_is_waited_out_by_the_same_process(tmp_path, recording, place, points):
    for error in ERRORS if FULL else ERRORS[:1]:
        points.append(error)
        attempt = Attempt(tmp_path / error, recording)
        tree = attempt.tree
        with tree.start() as service:
            service.wait_for("inbox.watched")
            with failing(service.process.pid, place, error, tree.folder):
                attempt.put()
                if place == "state":
                    assert SQLITE_SAYS in service.wait_for("job.unclaimable")["reason"]
                else:
                    assert REASONS[error] in service.wait_for("job.retry")["reason"]
                attempt.nothing_half_made()
            service.wait_for("job.done")
        attempt.is_done()


@contextlib.contextmanager
def failing(pid: int, place: str, error: str, folder: Path) -> Iterator[None]:
    """Let the calls of a running process fail at one place, for as long as this lasts."""
    calls, where = PLACES[place]
    what = ["-e", f"inject={calls}:error={error}"]
    what += ["-P", str(folder / where)] if where else []
    command = ["strace", "-f", "-o", "/dev/null", *what, "-p", str(pid)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as strace:
        assert any("attached" in line for line in strace.stderr)
        try:
            yield
        finally:
            strace.terminate()
