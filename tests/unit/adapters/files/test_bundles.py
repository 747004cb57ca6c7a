import os
from pathlib import Path

import pytest

from karaokify_daemon.adapters.files import bundles
from tests.support.web import bundle

ABSENT = OSError  # which one it is, is the kernel's choice


def descriptors():
    return {path.name for path in Path("/proc/self/fd").iterdir()}


def names(outbox):
    return [one.name for one in bundles.found(outbox)]


def test_the_newest_bundle_comes_first(tmp_path):
    for name, at in (("old", 1), ("new", 3), ("middle", 2)):
        os.utime(bundle(tmp_path, name) / "manifest.json", (at, at))
    assert names(tmp_path) == ["new", "middle", "old"]


def test_what_is_no_bundle_is_not_found(tmp_path):
    bundle(tmp_path, "talk")
    bundle(tmp_path, ".building-1")
    bundle(tmp_path.parent / "elsewhere", "secret")
    (tmp_path / "link").symlink_to(tmp_path.parent / "elsewhere/secret")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "piped").mkdir()
    os.mkfifo(tmp_path / "piped/manifest.json")
    (tmp_path / "caf\udce9").mkdir()
    assert names(tmp_path) == ["talk"]


def test_only_regular_files_that_are_not_hidden_are_told(tmp_path):
    folder = bundle(tmp_path, "talk", files=["talk.srt", ".hidden"])
    (folder / "link.mp4").symlink_to("/etc/hostname")
    (folder / "folder.mp4").mkdir()
    os.mkfifo(folder / "pipe.mp4")
    told = bundles.files(tmp_path, "talk")
    assert list(told) == ["manifest.json", "poster.jpg", "talk.json", "talk.mp4", "talk.srt"]
    assert told["talk.mp4"] == 1024


@pytest.mark.parametrize("name", ["link.mp4", "pipe.mp4", "folder.mp4", ".hidden", "..", "", "x/y"])
def test_nothing_but_its_own_files_is_opened(tmp_path, name):
    folder = bundle(tmp_path, "talk", files=[".hidden"])
    (folder / "link.mp4").symlink_to(folder / "talk.mp4")
    (folder / "folder.mp4").mkdir()
    os.mkfifo(folder / "pipe.mp4")
    before = descriptors()
    with pytest.raises(ABSENT):
        bundles.opened(tmp_path, "talk", name)
    assert descriptors() == before


@pytest.mark.parametrize("name", ["link", "..", ".", "", ".hidden", "empty", "gone", "a/../talk"])
def test_no_other_folder_is_looked_into(tmp_path, name):
    outbox = tmp_path / "outbox"
    bundle(outbox, "talk")
    bundle(outbox, ".hidden")
    (outbox / "empty").mkdir()
    (outbox / "empty/talk.mp4").write_text("")
    (outbox / "link").symlink_to(outbox / "talk")
    with pytest.raises(ABSENT):
        bundles.files(outbox, name)
    with pytest.raises(ABSENT):
        bundles.opened(outbox, name, "talk.mp4")


def test_no_more_is_read_than_was_asked_for(tmp_path):
    bundle(tmp_path, "talk", files=["talk.txt"])
    assert bundles.read(tmp_path, "talk", "talk.txt", 7) == b"this is"
