"""Fixtures that every kind of test shares."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import hypothesis
import pytest

from tests.support.receiver import Receiver
from tests.support.service import Tree

# The same examples on every run, and no verdict on how fast a shared machine draws them.
hypothesis.settings.register_profile(
    "suite",
    derandomize=True,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("suite")


# A shell starts what goes on in the background with SIGINT ignored, and so would be all that the
# tests start, and stop by it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A fresh tree written by `karaokify-daemon init`."""
    return Tree(tmp_path / "tree")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A server on loopback that messages to people are sent to."""
    with Receiver() as one:
        yield one


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on another file system, so that nothing can be linked to it."""
    if Path("/dev/shm").stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs a second file system")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


@pytest.fixture
def small_outbox(tree: Tree) -> Iterator[Path]:
    """Return the file that fills the outbox, which is a disk of 4 MB, but for 200 kB."""
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "none", str(tree.outbox)]
    if subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("may not mount a file system here")
    filler = tree.outbox / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    os.truncate(filler, filler.stat().st_size - 200_000)
    yield filler
    subprocess.run(["umount", "-l", str(tree.outbox)], check=True)
