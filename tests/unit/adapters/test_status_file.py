import subprocess
import sys
from dataclasses import replace

import psutil
import pytest

from karaokify_daemon.adapters import status_file
from karaokify_daemon.domain.status import Live, Queued, Running, WorkerState


@pytest.fixture
def live():
    pid, host, began = status_file.own_process()
    return Live(
        version="1",
        pid=pid,
        host=host,
        process_started=began,
        started=2.0,
        written=3.0,
        state="serving",
        running=(
            Running(id="1", name="ä.mp3", stage="render", fraction=0.5, in_stage=1.0, in_job=2.0),
        ),
        queue=(Queued(name="b.mp3", since=1.0, reason="is held"),),
        workers=(WorkerState(pid=None, model=None, device=None, restarts=0, memory=0),),
    )


def test_what_is_written_is_read(tmp_path, live):
    status_file.write(tmp_path, live)
    found, at = status_file.read(tmp_path)
    assert found == live
    assert at == pytest.approx((tmp_path / status_file.NAME).stat().st_mtime)
    assert [path.name for path in tmp_path.iterdir()] == [status_file.NAME]


def test_without_a_file_nothing_is_known(tmp_path):
    assert status_file.read(tmp_path) is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 1}'])
def test_one_that_is_not_understood_tells_nothing(tmp_path, content):
    (tmp_path / status_file.NAME).write_text(content)
    assert status_file.read(tmp_path) is None


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path, live):
    status_file.write(tmp_path / "gone", live)
    status_file.touch(tmp_path / "gone")


def test_this_process_lives_and_one_that_only_has_its_id_does_not(live):
    assert status_file.is_alive(live, 0.0, most=1)
    other = replace(live, process_started=live.process_started - 60)
    assert not status_file.is_alive(other, 0.0, most=1)
    assert not status_file.is_alive(replace(live, state="stopped"), 0.0, most=1)


def test_a_process_that_has_ended_does_not_live(live):
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    began = psutil.Process(child.pid).create_time()
    child.communicate(b"\n")
    gone = replace(live, pid=child.pid, process_started=began)
    assert not status_file.is_alive(gone, 0.0, most=1)


def test_on_another_host_its_age_tells(live, tmp_path):
    other = replace(live, host="elsewhere")
    status_file.write(tmp_path, other)
    _, at = status_file.read(tmp_path)
    assert status_file.is_alive(other, at, most=1000)
    assert not status_file.is_alive(other, at - 2000, most=1000)
