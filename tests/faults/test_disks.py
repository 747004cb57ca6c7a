"""Disks that are full, read-only or gone: nothing partial, a clear reason, it goes on by itself."""

import shutil
import subprocess
from contextlib import suppress

import pytest

from tests.support.media import speech, transcript
from tests.support.service import Tree, events

pytestmark = pytest.mark.usefixtures("mounts")


@pytest.fixture(scope="session")
def mounts():
    """Skip where this process may not mount."""
    tried = subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True)
    if tried.returncode:
        pytest.skip("may not mount a file system here")


def mount(folder, size="64m"):
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    subprocess.run(command, check=True, capture_output=True)


def unmount(folder):
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def tree(tmp_path):
    tree = Tree(tmp_path / "tree")
    tree.settings["intake.rescan_seconds"] = "0.5"
    mounted = []
    tree.disk = lambda name, size: (mount(tree.folder / name, size), mounted.append(name))
    yield tree
    for name in mounted:
        subprocess.run(["umount", "-l", str(tree.folder / name)], check=False)


def drop(tree, name="talk.wav", text="Hello world."):
    words = speech(tree.folder / name, text)
    transcript((tree.inbox / name).with_suffix(".json"), words)
    shutil.move(tree.folder / name, tree.inbox / name)


@pytest.mark.fault("ENOSPC on a real small disk: outbox, state, cache, archive, failed")
@pytest.mark.parametrize("name", ["outbox", "cache", "archive", "state", "failed"])
def test_a_full_disk_is_waited_out(tree, name):
    tree.settings["limits.min_free_disk_mb"] = "0"  # no stage waits for what it may need
    tree.disk(name, "40m" if name == "cache" else "2m")  # the unpacked model is in the cache
    filler = tree.folder / name / "filler"
    with tree.start() as service:
        service.wait_for("inbox.watched")
        with suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        media = "talk.mp3" if name == "failed" else "talk.wav"
        if name == "failed":
            (tree.inbox / media).write_text("This is no recording.")
            told = service.wait_for("job.stuck")
        else:
            drop(tree)
            told = service.wait_for("job.unclaimable" if name == "state" else "job.retry")
        says = "disk is full" if name == "state" else "No space left on device"
        assert says in told["reason"] or says in told.get("trouble", ""), told
        # The source waits in the inbox also where its bundle is out, and the archive is full.
        visible = {"outbox": ["filler"], "archive": ["talk"]}
        assert tree.names("outbox") == visible.get(name, [])
        assert [n for n in tree.names("inbox") if n != "talk.json"] == [media]
        filler.unlink()
        if name == "failed":
            service.wait_for("job.failed")
            assert len(tree.names("failed")) == 3
        else:
            service.wait_for("job.done")
            assert tree.names("outbox") == ["talk"]
            assert tree.names("archive") == ["talk.json", "talk.wav"]
        assert tree.names("inbox") == []
    assert len(events(service.log, "job.done")) == (name != "failed")


@pytest.mark.fault("a read-only disk: outbox, cache, archive")
@pytest.mark.parametrize("name", ["outbox", "cache", "archive"])
def test_a_read_only_disk_is_waited_out(tree, name):
    tree.disk(name, "64m")
    with tree.start() as service:
        service.wait_for("inbox.watched")
        remount(tree.folder / name, "ro")
        drop(tree)
        assert "Read-only file system" in service.wait_for("job.retry")["reason"]
        remount(tree.folder / name, "rw")
        service.wait_for("job.done")
    assert tree.names("outbox") == ["talk"]
    assert tree.names("archive") == ["talk.json", "talk.wav"]


def remount(folder, how):
    subprocess.run(["mount", "-o", f"remount,{how}", str(folder)], check=True)


UNUSABLE = {"inbox": "inbox.unusable", "outbox": "outbox.unusable"}


@pytest.mark.fault("a disk unmounted at the start: inbox, outbox, archive, cache")
@pytest.mark.parametrize("name", ["inbox", "outbox", "archive", "cache"])
def test_an_empty_mount_point_is_not_used(tree, name):
    tree.disk(name, "64m")
    assert tree.once()[0] == 0  # where the folders are is known now
    unmount(tree.folder / name)
    assert "is not mounted now" in tree.cli("check").stdout
    if name != "inbox":
        drop(tree)
    with tree.start() as service:
        told = service.wait_for(UNUSABLE.get(name, "folder.unusable"))
        assert told["file"] == str(tree.folder / name)
        assert f"{name} folder was on a disk" in told["reason"]
        assert "is not mounted now" in told["reason"]
        assert [*(tree.folder / name).iterdir()] == []
        mount(tree.folder / name)
        if name == "inbox":
            drop(tree)
        service.wait_for("job.done")
    assert tree.names("outbox") == ["talk"] and tree.names("archive") == ["talk.json", "talk.wav"]


@pytest.mark.fault("a disk unmounted in the middle of a job and mounted again: inbox, outbox")
@pytest.mark.parametrize("name", ["inbox", "outbox"])
def test_a_disk_that_goes_and_comes_back_loses_nothing(tree, name, tmp_path):
    disk = tmp_path / "disk"  # one file system, mounted here for good
    mount(disk)
    try:
        bind = ["mount", "--bind", str(disk), str(tree.folder / name)]
        subprocess.run(bind, check=True)
        tree.settings["video.size"] = "1920x1080"  # it takes its time
        with tree.start() as service:
            service.wait_for("inbox.watched")
            drop(tree, text=" ".join(["Hello world."] * 10))
            service.wait_for("stage.finished", stage="caption")
            unmount(tree.folder / name)
            told = service.wait_for(UNUSABLE[name])
            assert f"{name} folder is on another device" in told["reason"]
            assert [*(tree.folder / name).iterdir()] == []
            subprocess.run(bind, check=True)
            service.wait_for("job.done")
        assert tree.names("outbox") == ["talk"]
        assert tree.names("archive") == ["talk.json", "talk.wav"]
        assert tree.names("inbox") == []
    finally:
        subprocess.run(["umount", "-l", str(tree.folder / name)], check=False)
        unmount(disk)
