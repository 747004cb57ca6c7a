import json
from pathlib import Path

import pytest

from karaokify_daemon.config import from_dict
from karaokify_daemon.errors import IntakeError, PublishError
from karaokify_daemon.service.devices import Devices


@pytest.fixture
def folders(tmp_path):
    names = ("inbox", "outbox", "archive", "failed", "state", "cache")
    return from_dict({"folders": {name: str(tmp_path / name) for name in names}}).folders


def test_folders_are_made_and_where_they_are_is_remembered(folders):
    Devices(folders).check()

    assert all(path.is_dir() for _, path in folders)
    remembered = json.loads((folders.state / "mounts.json").read_text())
    assert set(remembered) == {str(path) for _, path in folders}


def test_a_disk_that_was_there_and_is_not_is_waited_for(folders, tmp_path):
    folders.state.mkdir()
    (folders.state / "mounts.json").write_text(json.dumps({str(folders.outbox): str(tmp_path)}))

    with pytest.raises(IntakeError, match=f"mounted at {tmp_path}, which is not mounted now"):
        Devices(folders).check()
    assert not folders.outbox.exists() and not folders.inbox.exists()


def test_a_disk_of_its_own_is_no_reason_to_wait(folders):
    folders.state.mkdir()
    (folders.state / "mounts.json").write_text(json.dumps({str(folders.outbox): "/"}))

    Devices(folders).check()


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff"])
def test_a_damaged_memory_is_made_anew(folders, content):
    folders.state.mkdir()
    (folders.state / "mounts.json").write_bytes(content)

    Devices(folders).check()
    assert len(json.loads((folders.state / "mounts.json").read_text())) == 6


def test_a_folder_that_vanishes_is_told_by_its_name(folders):
    devices = Devices(folders)
    devices.check()
    folders.archive.rmdir()

    with pytest.raises(IntakeError, match="the archive folder is not there"):
        devices.check()


def test_a_folder_that_cannot_be_made_is_told(folders):
    folders.outbox.write_text("a file")

    with pytest.raises(PublishError, match="the folder cannot be made"):
        Devices(folders).check()


def test_a_folder_on_another_device_than_before_is_refused_until_it_is_back(folders, tmp_path):
    bare = Path("/dev/shm")
    if bare.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs a second file system")
    devices = Devices(folders)
    devices.check()
    folders.inbox.rmdir()
    folders.inbox.symlink_to(bare)

    with pytest.raises(IntakeError, match="inbox folder is on another device"):
        devices.check()
    folders.inbox.unlink()
    folders.inbox.mkdir()
    devices.check()
