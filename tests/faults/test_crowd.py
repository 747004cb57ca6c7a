"""Several services on one inbox, killed at random; and more files than the kernel can tell of."""

import json
import random
import signal
from collections import Counter
from pathlib import Path

import psutil
import pytest

from tests.faults.conftest import FULL
from tests.support.media import speech, transcript
from tests.support.service import Service, Tree, events


@pytest.mark.fault("several daemons on one inbox, killed at random")
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("daemons", [2, 4])
def test_every_file_is_published_once_whoever_is_killed(tmp_path, daemons, points):
    tree = Tree(tmp_path / "tree")
    tree.settings |= {"video.size": "64x64", "video.waveform": "none", "intake.settle_seconds": "0"}
    files, kills = (200, 40) if FULL else (12, 4)
    names = crowd(tree, files)
    r = random.Random(daemons)
    services = [Service(tree.arguments()) for _ in range(daemons)]
    log = []
    try:
        for n in range(kills):
            # After so many more bundles, one of them is killed and another takes its place.
            enough = min(files, len(tree.names("outbox")) + r.randint(1, 2 * files // kills))
            at = r.randrange(daemons)
            await_bundles(services, tree, enough)
            services[at].process.send_signal(signal.SIGKILL)
            log += services[at].to_the_end()
            points.append(n)
            services[at] = Service(tree.arguments())
        await_bundles(services, tree, files)
        await_empty(services, tree)
    finally:
        for service in services:
            service.stop()
            log += service.to_the_end()
    assert tree.names("inbox") == [] == tree.names("failed")
    assert tree.names("outbox") == names
    assert len(tree.names("archive")) == 2 * files
    sources = Counter()
    for name in names:
        manifest = json.loads((tree.outbox / name / "manifest.json").read_text())
        sources[manifest["source"]["name"]] += 1
        assert (tree.outbox / name / f"{name}.mp4").stat().st_size > 1000
    assert sources == Counter(f"{name}.wav" for name in names)
    assert events(log, "job.crashed") == []


def crowd(tree, files):
    """Put different recordings into the inbox, each with its transcript; return their stems."""
    words = speech(tree.folder / "talk.wav", "Hello.")
    content = (tree.folder / "talk.wav").read_bytes()
    names = [f"talk{n:03}" for n in range(files)]
    for n, name in enumerate(names):
        transcript(tree.inbox / f"{name}.json", words)
        # one sample differs
        (tree.inbox / f"{name}.wav").write_bytes(content[:-2] + n.to_bytes(2, "little"))
    return names


def await_bundles(services, tree, count):
    """Follow the logs until so many bundles are there."""
    while len(tree.names("outbox")) < count:
        next_line(services)


def await_empty(services, tree):
    while tree.names("inbox"):
        next_line(services)


def next_line(services):
    """Wait for a line in any of the logs, or for a moment."""
    for service in services:
        service.read_line(0.2)


@pytest.mark.fault("20,000 files moved in at once, which overflows the queue of inotify")
@pytest.mark.timeout(900)
def test_all_of_twenty_thousand_files_are_found_in_bounded_memory(tmp_path):
    tree = Tree(tmp_path / "tree")
    tree.settings |= {"intake.rescan_seconds": "60", "log.level": "warning"}
    count = 20_000
    heap = tree.folder / "heap"
    heap.mkdir()
    for n in range(count):
        (heap / f"{n}.doc").touch()  # refused, each with a line: no need to process them all
    with tree.start() as service:
        service.wait_for("inbox.refused", file=first(tree))
        before = psutil.Process(service.process.pid).memory_info().rss
        for path in sorted(heap.iterdir()):
            path.rename(tree.inbox / path.name)
        seen = set()
        while len(seen) < count:
            line = service.read_line(120)
            assert line is not None
            if line["event"] == "inbox.refused" and line["file"] != "first.doc":
                seen.add(line["file"])
        after = psutil.Process(service.process.pid).memory_info().rss
        assert after - before < 100 * 2**20, f"{(after - before) / 2**20:.0f} MiB more"


def first(tree):
    Path(tree.inbox / "first.doc").touch()
    return "first.doc"
