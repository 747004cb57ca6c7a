import subprocess
import sys
import threading

import pytest

from karaokify_daemon.adapters.watch import Watcher
from karaokify_daemon.errors import IntakeError
from tests.support.files import put


@pytest.fixture
def woken():
    return threading.Event()


@pytest.fixture
def watcher(tmp_path, woken):
    made = []

    def make(mode, **options):
        made.append(Watcher(tmp_path, mode, woken.set, **options))
        made[-1].start()
        return made[-1]

    yield make
    for one in made:
        one.stop()


def test_events_wake_the_service_when_a_file_comes(watcher, woken, tmp_path):
    assert watcher("auto").kind == "events"

    put(tmp_path, "talk.mp3")

    assert woken.wait(30)


def test_events_come_from_subfolders_that_are_made_later(watcher, woken, tmp_path):
    watcher("events")
    (tmp_path / "lyrics").mkdir()
    assert woken.wait(30)
    woken.clear()

    put(tmp_path / "lyrics", "song.mp3")

    assert woken.wait(30)


def test_a_file_that_gets_its_final_name_wakes_the_service(watcher, woken, tmp_path):
    (hidden,) = put(tmp_path, ".talk.mp3.Xy12Zz")
    watcher("events")

    hidden.rename(tmp_path / "talk.mp3")

    assert woken.wait(30)


def test_polling_wakes_the_service_too(watcher, woken, tmp_path):
    assert watcher("poll", poll_seconds=0.05).kind == "poll"

    for n in range(600):  # the first look may come after the first file
        put(tmp_path, f"{n}.mp3")
        if woken.wait(0.05):
            break
    assert woken.is_set()


def test_our_own_looks_and_claims_do_not_wake_us(watcher, tmp_path):
    """Else each scan would cause the next one, for ever."""
    seen, done = [], threading.Event()
    (path,) = put(tmp_path, "talk.mp3")
    (tmp_path / "marker").mkdir()
    one = Watcher(tmp_path, "events", lambda: (seen.append(1), done.set()))
    one.start()

    path.read_bytes()
    put(tmp_path, ".karaokify-0123456789abcdef.lock")
    (tmp_path / ".karaokify-0123456789abcdef.lock").unlink()
    (tmp_path / "marker").rename(tmp_path / "moved")  # events come in order: this one is last

    assert done.wait(30)
    one.stop()
    assert len(seen) == 1


def test_off_watches_nothing(watcher):
    one = watcher("off")

    assert one.kind == "off"
    one.stop()


def test_stopping_ends_the_threads(tmp_path, woken):
    before = threading.active_count()
    for mode in ("events", "poll"):
        one = Watcher(tmp_path, mode, woken.set, poll_seconds=0.05)
        one.start()
        one.stop()
        one.stop()
        assert one.kind == "off"

    assert threading.active_count() <= before + 1  # inotify's one reader is shared and stays


def test_a_missing_inbox_is_an_error(tmp_path, woken):
    with pytest.raises(IntakeError):
        Watcher(tmp_path / "gone", "auto", woken.set).start()


@pytest.mark.parametrize(
    ("free", "kind", "said"),
    [(2, "poll", "events cannot be had"), (0, "off", "only rescans find new files")],
)
def test_a_process_out_of_files_does_with_less_and_says_so(tmp_path, free, kind, said):
    """The limit of open files stands for inotify's own, which is the whole machine's."""
    code = (
        "import resource\n"
        "from pathlib import Path\n"
        "from karaokify_daemon.adapters.watch import Watcher\n"
        "said = []\n"
        "watcher = Watcher(Path(sys.argv[1]), 'events', lambda: None, warn=said.append)\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n"
        "held = []\n"
        "try:\n"
        "    while True: held.append(os.open('/dev/null', os.O_RDONLY))\n"
        "except OSError: pass\n"
        "for _ in range(int(sys.argv[2])): os.close(held.pop())\n"
        "watcher.start()\n"
        "for fd in held: os.close(fd)\n"
        "print(watcher.kind, said[-1])\n"
        "watcher.stop()\n"
    )
    command = [sys.executable, "-c", f"import os, sys\n{code}", str(tmp_path), str(free)]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout

    assert output.startswith(kind)
    assert said in output
