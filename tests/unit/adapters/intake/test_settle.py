import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from karaokify_daemon.adapters.intake.settle import Settling, is_being_written, signature
from tests.support.files import other_process, put


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


def state_of(path):
    return (signature(path.lstat()),)


def test_a_file_settles_when_it_has_not_changed_for_long_enough(tmp_path):
    (path,) = put(tmp_path, "talk.mp3")
    clock = Clock()
    settling = Settling(3.0, clock)

    assert settling.remaining(path, state_of(path)) == 3.0
    clock.now += 2.0
    assert settling.remaining(path, state_of(path)) == 1.0
    clock.now += 1.0
    assert settling.remaining(path, state_of(path)) == 0.0


def test_a_change_starts_the_time_again(tmp_path):
    (path,) = put(tmp_path, "talk.mp3")
    clock = Clock()
    settling = Settling(3.0, clock)
    settling.remaining(path, state_of(path))
    clock.now += 2.9
    path.write_bytes(b"more and more")

    assert settling.remaining(path, state_of(path)) == 3.0


def test_a_write_that_keeps_size_and_times_is_a_change(tmp_path):
    (path,) = put(tmp_path, "talk.mp3", content=b"aaaa")
    before, info = state_of(path), path.lstat()
    path.write_bytes(b"bbbb")
    os.utime(path, ns=(info.st_atime_ns, info.st_mtime_ns))

    assert state_of(path) != before


def test_a_file_that_went_and_came_back_settles_anew(tmp_path):
    (path,) = put(tmp_path, "talk.mp3")
    clock = Clock()
    settling = Settling(3.0, clock)
    settling.remaining(path, state_of(path))
    settling.forget_unseen()
    settling.forget_unseen()
    clock.now += 10

    assert settling.remaining(path, state_of(path)) == 3.0


def test_a_file_that_another_process_writes_is_being_written(tmp_path):
    (path,) = put(tmp_path, "talk.mp3")

    with other_process("file = open(sys.argv[1], 'ab')", path):
        assert is_being_written([path])
    assert not is_being_written([path])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_of_another_users_file_it_is_not_known_so_it_must_not_have_changed_for_longer():
    script = (
        "import os, sys, pathlib\n"
        "from karaokify_daemon.adapters.intake.inbox import Inbox\n"
        "from karaokify_daemon.config import Intake\n"
        "os.setgroups([]); os.setresuid(65534, 65534, 65534)\n"
        "now = [0.0]\n"
        "inbox = Inbox(pathlib.Path(sys.argv[1]), Intake(settle_seconds=3), [],\n"
        "              clock=lambda: now[0])\n"
        "for now[0] in (0.0, 4.0, 29.0, 31.0):\n"
        "    print([waiting.reason for waiting in inbox.scan().waiting])\n"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        (path,) = put(folder, "talk.mp3")
        path.chmod(0o644)
        with other_process("file = open(sys.argv[1], 'ab')", path):
            command = [sys.executable, "-c", script, folder]
            told = subprocess.check_output(command, text=True).splitlines()
    assert "no longer changes" in told[0]
    assert "another user's" in told[1] and "another user's" in told[2]
    assert told[3] == "[]"


def test_one_file_of_several_is_enough(tmp_path):
    media, picture = put(tmp_path, "talk.mp3", "talk.png")

    with other_process("file = open(sys.argv[1], 'ab')", picture):
        assert is_being_written([media, picture])


def test_readers_do_not_count_as_writers(tmp_path):
    (path,) = put(tmp_path, "talk.mp3")

    with other_process("file = open(sys.argv[1], 'rb')", path):
        assert not is_being_written([path])


def test_what_cannot_be_opened_gives_no_information(tmp_path):
    link = tmp_path / "link.mp3"
    link.symlink_to("/dev/zero")

    assert not is_being_written([tmp_path / "gone.mp3", link])


def test_a_writer_that_comes_in_the_moment_of_looking_does_not_end_the_service(tmp_path):
    """The kernel signals a process whose lease is asked back; that signal must not kill."""
    (path,) = put(tmp_path, "talk.mp3")
    look = (
        "import sys, pathlib\n"
        "from karaokify_daemon.adapters.intake.settle import is_being_written\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "while not is_being_written([path]): pass\n"  # the writer is at work
        "for _ in range(20_000): is_being_written([path])\n"
    )
    write = "import sys\nwhile True: open(sys.argv[1], 'ab').close()\n"
    with subprocess.Popen([sys.executable, "-c", write, path]) as writer:
        try:
            looker = subprocess.run([sys.executable, "-c", look, path], check=False)
        finally:
            writer.kill()

    assert looker.returncode == 0
