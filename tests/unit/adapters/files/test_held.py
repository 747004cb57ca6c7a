import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from karaokify_daemon.adapters.files.held import hold
from karaokify_daemon.errors import IntakeError, SourceChangedError
from tests.support.files import job_of, put


@pytest.fixture
def links(tmp_path):
    folder = tmp_path / "links"
    folder.mkdir()
    return folder


def test_what_is_held_is_read_whatever_takes_its_name(tmp_path, links):
    put(tmp_path, "talk.mp3", "talk.png", "talk.json", "talk.toml", content=b"old")
    with hold(job_of(tmp_path / "talk.mp3")) as held:
        job = held.linked(links)
        for name in ("talk.mp3", "talk.png", "talk.json", "talk.toml"):
            (tmp_path / name).unlink()
            (tmp_path / name).symlink_to("/etc/passwd")
        assert [path.name for path in job.paths()] == [path.name for path in held.job.paths()]
        for path in job.paths():
            # as a child process sees it
            assert subprocess.check_output(["cat", path]) == b"old"
        assert held.sha256(tmp_path / "talk.mp3") == hashlib.sha256(b"old").hexdigest()
        with pytest.raises(SourceChangedError, match="changed while"):
            held.check()


def test_nothing_has_changed_where_nothing_has(tmp_path):
    put(tmp_path, "talk.mp3", "talk.png")
    with hold(job_of(tmp_path / "talk.mp3")) as held:
        held.check()


@pytest.mark.parametrize("how", ["written", "replaced", "removed"])
def test_a_change_is_seen(tmp_path, how):
    (media,) = put(tmp_path, "talk.mp3")
    with hold(job_of(media)) as held:
        match how:
            case "written":
                with media.open("ab") as file:
                    file.write(b"more")
            case "replaced":
                put(tmp_path, "new")[0].rename(media)
            case "removed":
                media.unlink()
        with pytest.raises(SourceChangedError) as caught:
            held.check()
    assert caught.value.file == "talk.mp3"


def test_a_file_that_was_linked_since_the_scan_is_refused_but_not_one_that_we_have_linked(tmp_path):
    (tmp_path / "archive").mkdir()
    (tmp_path / "outside").mkdir()
    (media,) = put(tmp_path, "talk.mp3")
    job = job_of(media)
    (tmp_path / "archive" / "talk.mp3").hardlink_to(media)
    with hold(job, own=[tmp_path / "archive"]):
        pass
    (tmp_path / "outside" / "talk.mp3").hardlink_to(media)
    with (
        pytest.raises(SourceChangedError, match="other names"),
        hold(job, own=[tmp_path / "archive"]),
    ):
        pass
    with hold(job, follow=True):  # in the foreground it is the user's own
        pass


@pytest.mark.parametrize("what", ["link", "pipe", "folder", "nothing"])
def test_what_is_no_file_is_refused_without_waiting(tmp_path, what):
    (media,) = put(tmp_path, "talk.mp3")
    job = job_of(media)
    media.unlink()
    match what:
        case "link":
            media.symlink_to("/etc/passwd")
        case "pipe":
            os.mkfifo(media)
        case "folder":
            media.mkdir()
    with pytest.raises(SourceChangedError) as caught, hold(job):
        pass
    assert caught.value.file == "talk.mp3"


def test_a_users_own_link_is_followed_where_it_may_be(tmp_path):
    put(tmp_path, "real.mp3", content=b"real")
    (tmp_path / "talk.mp3").symlink_to("real.mp3")
    with hold(job_of(tmp_path / "talk.mp3"), follow=True) as held:
        assert held.sha256(tmp_path / "talk.mp3") == hashlib.sha256(b"real").hexdigest()
        held.check()


def test_a_file_that_cannot_be_opened_waits(tmp_path, monkeypatch):
    (media,) = put(tmp_path, "talk.mp3")
    job = job_of(media)
    name = "x" * 300 + ".mp3"  # as root may open everything else
    with (
        pytest.raises(IntakeError, match="cannot be opened"),
        hold(type(job)(id="1", media=tmp_path / name)),
    ):
        pass


def test_nothing_stays_open(tmp_path):
    (media,) = put(tmp_path, "talk.mp3")
    before = open_files()
    with hold(job_of(media)):
        assert len(open_files()) == len(before) + 1
    assert open_files() == before


def open_files():
    return sorted(path.name for path in Path("/proc/self/fd").iterdir())
