"""A power cut loses what was not flushed: so each step is flushed before the one that needs it.

The power of a test machine cannot be cut: what is traced is the order in which the kernel is asked.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.attempt import BUNDLE, Attempt

_CHANGES = "write,writev,pwrite64,pwritev,ftruncate,rename,renameat,renameat2"
_NAMES = "link,linkat,unlink,unlinkat"
_TRACED = f"trace={_CHANGES},{_NAMES},fsync,fdatasync"


class Trace:
    """The system calls of a run in their order, each a name and its paths."""

    def __init__(self, path: Path) -> None:
        self.calls = []
        for line in _whole_lines(path.read_text(errors="replace")):
            if found := re.match(r"(\w+)\((.*)\) += \d+$", line):
                name, given = found.groups()
                paths = re.findall(r'(?<=<)/[^>]*(?=>)|(?<=")/[^"]*(?=")', given)
                self.calls.append((name, [p for p in paths if p != str(Path.cwd())]))

    def at(self, pattern: str, last: str) -> list[int]:
        """Return when calls with this (last) path were made, by a pattern of their names."""
        return [
            n
            for n, (name, paths) in enumerate(self.calls)
            if re.fullmatch(pattern, name) and paths and paths[-1] == last
        ]

    def one(self, pattern: str, last: Path | str) -> int:
        (when,) = self.at(pattern, str(last))
        return when

    def flushed(self, path: Path | str, before: int, after: int = -1) -> bool:
        """Tell whether a file or folder was flushed between two calls, and not changed since."""
        changed = [n for n in self.at("p?writev?(64)?|ftruncate", str(path)) if n < before]
        since = max([after, *changed])
        return any(since < n < before for n in self.at("f(data)?sync", str(path)))


def _whole_lines(trace: str) -> Iterator[str]:
    """Yield each call at its end: strace breaks the lines of those that others come between."""
    begun = {}
    for line in trace.splitlines():
        thread, call = line.split(None, 1)
        if call.endswith(" <unfinished ...>"):
            begun[thread] = call.removesuffix(" <unfinished ...>")
        else:
            resumed, ended, rest = call.partition(" resumed>")
            yield begun.pop(thread) + rest if ended and resumed.startswith("<...") else call


def traced(attempt: Attempt) -> Trace:
    attempt.drop()
    what = ["-f", "-y", "-qqq", "-o", str(attempt.trace), "-e", _TRACED, "-e", "signal=none"]
    attempt.run("strace", *what)
    return Trace(attempt.trace)


@pytest.mark.fault("a power cut: the bundle, the archive, the journal and the inbox, in this order")
@pytest.mark.needs("strace")
@pytest.mark.parametrize("archive", ["linked", "copied"])
def test_a_source_goes_when_all_that_replaces_it_is_on_the_disk(
    tmp_path, recording, elsewhere, archive
):
    attempt = Attempt(tmp_path / "tree", recording)
    folders = attempt.tree
    kept = elsewhere if archive == "copied" else folders.archive
    folders.settings["folders.archive"] = str(kept)
    trace = traced(attempt)
    assert (kept / "talk.wav").read_bytes() == attempt.files["talk.wav"]

    shown = trace.one("rename.*", folders.outbox / "talk")
    building = trace.calls[shown][1][0]
    for name in BUNDLE:
        assert trace.flushed(f"{building}/{name}", shown), name
    assert trace.flushed(building, shown)

    gone = trace.one("unlink.*", folders.inbox / "talk.wav")
    assert trace.flushed(folders.outbox, gone, after=shown)
    assert trace.flushed(folders.state / "journal.sqlite3-wal", gone, after=shown)
    for name in attempt.files:
        placed = trace.one("link.*", kept / name)
        assert shown < placed, "nothing is moved before the bundle is there"
        assert trace.flushed(kept, gone, after=placed)
        assert trace.flushed(folders.inbox / name, placed), "its content, too"
        if archive == "copied":
            assert trace.flushed(trace.calls[placed][1][0], placed), "whole, then shown"
    assert gone < trace.one("unlink.*", folders.inbox / "talk.json"), "the recording goes first"


@pytest.mark.fault("a power cut: the failed folder, the reason and the inbox, in this order")
@pytest.mark.needs("strace")
def test_a_failed_source_goes_when_it_and_its_reason_are_on_the_disk(tmp_path, recording):
    (recording / "talk.wav").write_text("This is no recording.")
    attempt = Attempt(tmp_path / "tree", recording)
    folders = attempt.tree
    trace = traced(attempt)

    gone = trace.one("unlink.*", folders.inbox / "talk.wav")
    placed = trace.one("link.*", folders.failed / "talk.wav")
    reason = trace.one("rename.*", folders.failed / "talk.wav.error.json")
    assert trace.flushed(folders.failed, gone, after=max(placed, reason))
    assert trace.flushed(trace.calls[reason][1][0], reason)
