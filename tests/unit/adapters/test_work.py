import os
from types import SimpleNamespace

import pytest

from karaokify_daemon.adapters.work import discard, job_folder, sweep, usage, work_folder
from karaokify_daemon.errors import PublishError
from tests.support.files import other_process

HOLD = (
    "from pathlib import Path\n"
    "from karaokify_daemon.adapters.work import job_folder, work_folder\n"
    "held = job_folder(Path(sys.argv[1]), 'k') if sys.argv[2] == 'job' else "
    "work_folder(Path(sys.argv[1]))\n"
    "(held.__enter__() / 'x').write_text('x')\n"
)
SWEEP = (
    "import threading\n"
    "from pathlib import Path\n"
    "from karaokify_daemon.adapters.work import sweep\n"
    "def on():\n"
    "    while True: sweep(Path(sys.argv[1]))\n"
    "threading.Thread(target=on, daemon=True).start()\n"
)


def folders(cache):
    return list((cache / "work").iterdir())


def test_a_working_folder_is_private_and_gone_afterwards(tmp_path):
    with work_folder(tmp_path) as folder:
        (folder / "x").write_text("x")
        assert folder.stat().st_mode & 0o777 == 0o700
        assert sweep(tmp_path) == 0 and folder.exists()
    assert folders(tmp_path) == []


def test_a_job_finds_its_folder_again_until_it_is_discarded(tmp_path):
    with job_folder(tmp_path, "k") as folder:
        (folder / "x").write_text("x")
        assert folder.stat().st_mode & 0o777 == 0o700
    with job_folder(tmp_path, "k") as folder:
        assert (folder / "x").read_text() == "x"
    with job_folder(tmp_path, "other") as folder:
        assert list(folder.iterdir()) == []
    with job_folder(tmp_path, "k") as folder:
        discard(tmp_path, "k")
        assert (folder / "x").read_text() == "x"
    discard(tmp_path, "k")
    discard(tmp_path, "k")
    assert len(folders(tmp_path)) == 1


@pytest.mark.parametrize("kind", ["job", "other"])
def test_the_folder_of_a_killed_process_is_swept_and_that_of_a_living_one_is_not(tmp_path, kind):
    with other_process(HOLD, tmp_path, kind) as process:
        assert sweep(tmp_path) == 0
        process.kill()
    assert sweep(tmp_path) == 1
    assert folders(tmp_path) == []


def test_the_folder_of_a_job_that_goes_on_is_not_swept(tmp_path):
    with other_process(HOLD, tmp_path, "job") as process:
        process.kill()
    assert sweep(tmp_path, ["k"]) == 0
    assert sweep(tmp_path, ["l"]) == 1


@pytest.mark.parametrize("take", [lambda cache: job_folder(cache, "k"), work_folder])
def test_a_folder_that_is_swept_before_it_is_held_is_made_again(tmp_path, take):
    with other_process(SWEEP, tmp_path):
        for _ in range(1000):
            with take(tmp_path) as folder:
                (folder / "x").write_text("x")


def test_a_cache_that_is_no_folder_is_told(tmp_path):
    (tmp_path / "cache").write_text("a file")

    with pytest.raises(PublishError, match="cannot be made"), job_folder(tmp_path / "cache", "k"):
        pass


def test_the_folder_of_a_job_that_goes_on_stays_until_it_is_too_old(tmp_path):
    with job_folder(tmp_path, "k") as folder:
        (folder / "x").write_text("x" * 5000)
        for path in (folder / "x", folder):
            os.utime(path, (1000, 1000))
        assert sweep(tmp_path, ["k"], since=2000) == 0  # it is in use
    assert usage(tmp_path) >= 5000
    assert sweep(tmp_path, ["k"]) == sweep(tmp_path, ["k"], since=999) == 0
    assert sweep(tmp_path, ["k"], since=1001) == 1
    assert usage(tmp_path) == 0


def test_folders_of_a_host_whose_name_begins_like_ours_are_left_alone(tmp_path, monkeypatch):
    uname = os.uname
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(nodename=f"{uname().nodename}-2"))
    with job_folder(tmp_path, "k"):
        pass
    monkeypatch.setattr(os, "uname", uname)
    assert sweep(tmp_path) == 0 and len(folders(tmp_path)) == 1
    with job_folder(tmp_path, "k"):
        pass
    assert sweep(tmp_path) == 1
