"""SIGKILL of the daemon at every step of a job: afterwards all is as if nothing had happened."""

import itertools
import time

import pytest

from tests.faults.attempt import CALLS, Attempt
from tests.faults.conftest import FULL

PARTS = 4 if FULL else 2


@pytest.mark.fault("SIGKILL of the daemon at a system call (strace)")
@pytest.mark.needs("strace")
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("call", CALLS if FULL else ["rename", "linkat", "fsync", "unlink"])
def test_a_kill_at_any_change_of_the_disk_leaves_one_bundle(tmp_path, recording, call, points):
    for n in itertools.count(1, 1 if FULL else 8):
        attempt = Attempt(tmp_path / str(n), recording)
        attempt.drop()
        if attempt.run(*attempt.traced(call, f"signal=SIGKILL:when={n}")) == 0:
            break  # no thread has made so many of these calls
        if attempt.begun:
            points.append(n)
        attempt.nothing_half_made()
        assert attempt.run() == 0, f"at {call} number {n}: {attempt.output}"
        attempt.is_done()


@pytest.mark.fault("SIGKILL of the daemon at a moment (sweep over time)")
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("kind", [{}, {"recognise": True}, {"reels": True}])
def test_a_kill_at_any_moment_leaves_one_bundle(tmp_path, recording, part, kind, points):
    attempt = Attempt(tmp_path / "all", recording, **kind)
    attempt.drop()
    start = time.monotonic()
    assert attempt.run() == 0
    whole = time.monotonic() - start
    tries = (8 if kind else 25) if FULL else 1
    for n in range(tries):
        attempt = Attempt(tmp_path / str(n), recording, **kind)
        attempt.drop()
        # The first half second imports modules; the parts share the rest of the time.
        moment = 0.5 + (whole - 0.5) * (part + n / tries) / PARTS
        if not attempt.killed_after(moment):
            continue
        points.append(n)
        attempt.nothing_half_made()
        assert attempt.run() == 0, f"after {moment:.2f} s: {attempt.output}"
        attempt.is_done()
