from dataclasses import replace

import pytest

from karaokify_daemon.adapters import status_file
from karaokify_daemon.adapters.status_file import StatusFile
from karaokify_daemon.domain.status import Live, Queued, Running, WorkerState
from tests.support.files import other_process

OTHER = (
    "from pathlib import Path\n"
    "from karaokify_daemon.adapters.status_file import StatusFile, own_process\n"
    "from karaokify_daemon.domain.status import Live\n"
    "pid, host, began = own_process()\n"
    "live = Live(version='1', pid=pid, host=host, process_started=began, started=0, written=0,"
    " state='serving')\n"
    "assert StatusFile(Path(sys.argv[1])).write(live)\n"
)


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
    assert StatusFile(tmp_path).write(live)
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
    file = StatusFile(tmp_path / "gone")
    assert not file.write(live) and not file.is_ours()
    file.touch()


def test_it_is_private_and_known_as_ours_until_somebody_else_writes_or_removes_it(tmp_path, live):
    file, other = StatusFile(tmp_path), StatusFile(tmp_path)
    assert file.write(live) and file.is_ours() and not other.is_ours()
    assert (tmp_path / status_file.NAME).stat().st_mode & 0o777 == 0o600
    assert other.write(live) and not file.is_ours()
    (tmp_path / status_file.NAME).unlink()
    assert not other.is_ours()


def test_a_name_that_is_no_text_is_written_all_the_same(tmp_path, live):
    assert StatusFile(tmp_path).write(replace(live, problem="caf\udce9.mp3"))
    assert status_file.read(tmp_path) is not None


def test_this_process_lives_and_one_that_only_has_its_id_does_not(live):
    assert status_file.is_alive(live, 0.0, most=1)
    assert not status_file.is_alive(replace(live, process_started="before"), 0.0, most=1)
    assert not status_file.is_alive(replace(live, state="stopped"), 0.0, most=1)


def test_what_a_service_that_runs_has_told_is_not_replaced_by_another_one(tmp_path, live):
    with other_process(OTHER, tmp_path) as process:
        assert not StatusFile(tmp_path).write(live)
        found, at = status_file.read(tmp_path)
        assert found.pid == process.pid and status_file.is_alive(found, at, most=1)
        process.kill()
    assert not status_file.is_alive(found, at, most=1)
    assert StatusFile(tmp_path).write(live)


def test_on_another_host_its_age_tells(live, tmp_path):
    other = replace(live, host="elsewhere")
    assert StatusFile(tmp_path).write(other)
    _, at = status_file.read(tmp_path)
    assert status_file.is_alive(other, at, most=1000)
    assert not status_file.is_alive(other, at - 2000, most=1000)
