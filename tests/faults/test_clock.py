"""A wall clock that jumps by a day, there and back, while the real service runs."""

import datetime as dt
import signal
import struct
import subprocess
from pathlib import Path

import pytest

from tests.support.media import speech
from tests.support.service import Tree, events

DAY_S = 86_400


@pytest.fixture
def jump(tmp_path, monkeypatch):
    """Return what sets how far the clock of all processes to be started is off, in seconds."""
    library, offset = tmp_path / "clock.so", tmp_path / "offset"
    source = Path(__file__).with_name("clock.c")
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, source], check=True)
    offset.write_bytes(bytes(8))
    monkeypatch.setenv("LD_PRELOAD", str(library))
    monkeypatch.setenv("JUMPING_CLOCK", str(offset))

    def to(seconds: int) -> None:
        with offset.open("r+b", buffering=0) as file:  # in place: it is mapped
            file.write(struct.pack("l", seconds))

    return to


@pytest.mark.fault("a clock that jumps by a day: settling, backoff, claim")
@pytest.mark.needs("cc")
@pytest.mark.parametrize("days", [1, -1])
def test_a_clock_that_jumps_changes_nothing(tmp_path, jump, days):
    tree = Tree(tmp_path / "tree")
    tree.settings["intake.settle_seconds"] = "2"
    (tree.cache / "work").write_text("in the way of the working folders")
    with tree.start() as service:
        service.wait_for("inbox.watched")
        speech(tree.folder / "talk.wav", "Hello world.")
        (tree.folder / "talk.wav").rename(tree.inbox / "talk.wav")
        service.wait_for("inbox.waiting")
        jump(days * DAY_S)  # while it settles
        assert 4 < service.wait_for("job.retry")["after_seconds"] < 20
        (tree.cache / "work").unlink()
        jump(0)  # while it waits for another attempt
        service.wait_for("job.claimed", attempt=2)
        service.process.send_signal(signal.SIGSTOP)
        jump(2 * days * DAY_S)
        with tree.start() as second:  # a claim is as good as before to one that starts now
            second.wait_for("job.taken")
        service.process.send_signal(signal.SIGCONT)
        service.wait_for("job.done")
    assert tree.names("outbox") == ["talk"] and tree.names("archive") == ["talk.wav"]
    assert len(events(service.log, "job.claimed")) == 2
    told = [dt.datetime.fromisoformat(line["timestamp"]) for line in service.log]
    span = max(told) - min(told)
    assert span > dt.timedelta(days=1.9)  # or the clock has not jumped at all
