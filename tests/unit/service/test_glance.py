import os
import time

import pytest

from karaokify_daemon.service import glance
from karaokify_daemon.service.glance import Glance


@pytest.fixture
def folders(tmp_path):
    made = [tmp_path / name for name in ("inbox", "preset", "outbox")]
    for folder in made:
        folder.mkdir()
    return made


@pytest.fixture
def later(monkeypatch):
    """Let folders have been as they are for long."""
    monkeypatch.setattr(glance.time, "time_ns", lambda: int(1e9 * (time.time() + 1000)))


@pytest.fixture
def seen(folders, later):
    return Glance.of(folders[:2], folders[2:])


def test_where_nothing_has_happened_a_glance_is_enough(seen):
    assert seen.is_enough()


@pytest.mark.parametrize("number", [0, 1])
def test_a_file_that_comes_or_goes_is_noticed(folders, seen, number):
    before = folders[number].stat()
    (folders[number] / "talk.wav").touch()
    assert not seen.is_enough()
    os.utime(folders[number], ns=(before.st_atime_ns, before.st_mtime_ns))  # as rsync does
    assert not seen.is_enough()


def test_what_comes_into_other_folders_does_not_matter(folders, seen):
    (folders[2] / "talk").mkdir()
    assert seen.is_enough()


@pytest.mark.parametrize("number", [0, 2])
def test_a_folder_that_is_another_one_or_gone_is_noticed(folders, seen, number):
    folder = folders[number]
    folder.rename(folder.with_name("elsewhere"))
    assert not seen.is_enough()
    folder.mkdir()
    assert not seen.is_enough()


def test_a_folder_that_has_just_changed_may_change_within_the_same_tick_of_its_clock(
    folders, monkeypatch
):
    (folders[0] / "talk.wav").touch()
    assert Glance.of(folders[:2], []) is None
    monkeypatch.setattr(glance.time, "time_ns", lambda: 10**18)  # a clock that was put back
    assert Glance.of(folders[:2], []) is None


def test_a_preset_without_folder_is_seen_when_it_comes(tmp_path):
    seen = Glance.of([tmp_path / "preset"], [])
    assert seen.is_enough()
    (tmp_path / "preset").mkdir()
    assert not seen.is_enough()


def test_after_a_while_all_is_looked_at_again(seen, monkeypatch):
    at = time.monotonic() + glance._MOST_S
    monkeypatch.setattr(glance.time, "monotonic", lambda: at)
    assert not seen.is_enough()
