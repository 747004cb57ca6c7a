"""Files that are not complete are never taken, whatever writes them; complete ones are, once."""

import hashlib
import json
import subprocess
import sys
from contextlib import contextmanager

import pytest

from tests.support.media import speech, transcript
from tests.support.service import Tree, events


@pytest.fixture
def tree(tmp_path):
    tree = Tree(tmp_path / "tree")
    tree.settings |= {"intake.settle_seconds": "0.5", "intake.rescan_seconds": "0.5"}
    transcript(tree.inbox / "talk.json", speech(tree.folder / "talk.wav", "Hello world."))
    return tree


# Copies a file in steps: each line of its standard input is one, how many bytes or what to do.
WRITER = """
import os, sys
source = open(sys.argv[1], 'rb').read()
file = open(sys.argv[2], 'wb', buffering=0)
at = 0
for line in sys.stdin:
    what = line.strip()
    if what == 'preallocate':
        os.posix_fallocate(file.fileno(), 0, len(source))
    elif what == 'rest':
        file.write(source[at:])
    else:
        file.write(source[at : at + int(what)])
        at += int(what)
    print(what, flush=True)
"""


@contextmanager
def writer(source, target):
    """Run a process that writes `target` in the steps that it is told to take."""
    command = [sys.executable, "-c", WRITER, str(source), str(target)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:

        def step(what):
            process.stdin.write(f"{what}\n")
            process.stdin.flush()
            assert process.stdout.readline().strip() == str(what)

        yield step
        process.stdin.close()


def is_published_once(tree, service):
    service.wait_for("job.done")
    service.stop()
    assert len(events(service.log, "job.claimed")) == 1
    manifest = json.loads((tree.outbox / "talk" / "manifest.json").read_text())
    content = (tree.folder / "talk.wav").read_bytes()
    assert manifest["source"]["sha256"] == hashlib.sha256(content).hexdigest()
    assert (tree.archive / "talk.wav").read_bytes() == content


def scans(service, tree, times):
    """Wait until the inbox was scanned so often: each new file that waits is told at once."""
    for n in range(times):
        name = f"marker{n}-{len(service.log)}.png"
        (tree.inbox / name).write_bytes(b"x")
        service.wait_for("inbox.waiting", file=name)


@pytest.mark.fault("a writer that holds the file open: slow, pausing, preallocated")
@pytest.mark.parametrize("steps", [["1000"] * 5, ["preallocate"], ["20"]])
def test_a_file_that_is_open_for_writing_is_left_alone(tree, steps):
    with tree.start() as service:
        service.wait_for("inbox.watched")
        with writer(tree.folder / "talk.wav", tree.inbox / "talk.wav") as step:
            for what in steps:
                step(what)
                scans(service, tree, 2)
            # Longer than the settle time, and still the writer has it open.
            told = service.wait_for("inbox.waiting", reason="is still being written")
            assert told["file"] == "talk.wav"
            scans(service, tree, 2)
            assert events(service.log, "job.claimed") == []
            if steps == ["preallocate"]:
                step("rest")
            else:
                step("rest")
        is_published_once(tree, service)


@pytest.mark.fault("copy tools: rsync, and an SFTP-style .filepart with a rename")
@pytest.mark.parametrize("name", [".talk.wav.Xy12Zz", "talk.wav.filepart", "talk.wav.part"])
def test_a_temporary_name_is_no_recording_until_it_is_renamed(tree, name):
    temporary = tree.inbox / name
    with tree.start() as service:
        service.wait_for("inbox.watched")
        temporary.write_bytes((tree.folder / "talk.wav").read_bytes())
        scans(service, tree, 3)
        assert events(service.log, "job.claimed") == []
        temporary.rename(tree.inbox / "talk.wav")
        is_published_once(tree, service)


@pytest.mark.fault("copy tools: rsync itself")
@pytest.mark.needs("rsync")
def test_rsync_delivers_a_recording_once(tree):
    with tree.start() as service:
        service.wait_for("inbox.watched")
        command = ["rsync", "--bwlimit=20", str(tree.folder / "talk.wav"), str(tree.inbox)]
        subprocess.run(command, check=True)
        is_published_once(tree, service)


@pytest.mark.fault("a file replaced or deleted while it is processed")
@pytest.mark.parametrize("how", ["replaced", "written to", "deleted", "sidecar replaced"])
def test_a_change_under_the_job_is_found_before_publication(tree, how):
    tree.settings["video.size"] = "1280x720"  # it takes its time
    media = tree.inbox / "talk.wav"
    old = (tree.folder / "talk.wav").read_bytes()
    words = speech(tree.folder / "talk.wav", "The quick brown fox.")
    with tree.start() as service:
        service.wait_for("inbox.watched")
        (tree.folder / "old.wav").write_bytes(old)
        (tree.folder / "old.wav").rename(media)
        service.wait_for("stage.finished", stage="caption")
        match how:
            case "replaced":
                (tree.inbox / ".new").write_bytes((tree.folder / "talk.wav").read_bytes())
                (tree.inbox / ".new").rename(media)
            case "written to":
                media.write_bytes((tree.folder / "talk.wav").read_bytes())
            case "deleted":
                media.unlink()
            case "sidecar replaced":
                transcript(tree.inbox / ".new", words)
                (tree.inbox / ".new").rename(tree.inbox / "talk.json")
        assert service.wait_for("job.retry")["code"] == "source_changed"
        if how == "deleted":
            service.wait_for("job.gone")
            service.stop()
            assert tree.names("outbox") == []
            assert list((tree.cache / "work").iterdir()) == []
            return
        service.wait_for("job.done")
    published = json.loads((tree.outbox / "talk" / "manifest.json").read_text())
    wanted = old if how == "sidecar replaced" else (tree.folder / "talk.wav").read_bytes()
    assert published["source"]["sha256"] == hashlib.sha256(wanted).hexdigest()
    assert tree.names("outbox") == ["talk"] and tree.names("inbox") == []
