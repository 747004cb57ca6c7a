import os
import sqlite3
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from karaokify_daemon.adapters.journal import Journal, clock, now
from karaokify_daemon.domain.job import Job, JobState, Stage
from karaokify_daemon.domain.record import ImpossibleTransitionError, Record
from karaokify_daemon.errors import JournalError

JOB = Job(id="1", media=Path("/inbox/talk.mp3"), preset="songs")


@pytest.fixture
def damaged():
    return []


@pytest.fixture
def journal(tmp_path, damaged):
    opened = Journal(tmp_path, on_damage=lambda path, reason: damaged.append((path, reason)))
    yield opened
    opened.close()


def full(**changes):
    record = Record.of(JOB).claimed(JOB).identified("abc")
    record = record.finished(Stage.DECODE, {"seconds": 1.5, "text": "é\udce9"})
    return replace(record, bundle="talk-2", reason={"code": "x"}, deaths=1, **changes)


def test_a_record_comes_back_as_it_was_also_to_another_process(journal, tmp_path):
    record = full(media=Path("/inbox/caf\udce9.mp3"), not_before=now() + 5)
    journal.save(record)

    other = Journal(tmp_path)
    assert journal.get("1") == other.get("1") == record
    other.close()


def test_what_is_not_there_is_none(journal):
    assert journal.get("2") is None
    assert journal.is_new


def test_records_are_found_by_state_and_by_content(journal):
    held = replace(Record.of(JOB), id="2").held()
    journal.save(full(), held)

    assert journal.in_state(JobState.HELD, JobState.WAITING) == [held]
    assert [r.id for r in journal.with_content("abc")] == ["1"]
    journal.remove(["1"])
    assert journal.get("1") is None


def test_ids_of_what_is_done(journal):
    journal.save(full().done(), replace(Record.of(JOB), id="2"))

    assert journal.ids_done() == {"1"}


def test_an_impossible_change_leaves_all_as_it_was(journal):
    held = Record.of(JOB).held()
    journal.save(held)

    with pytest.raises(ImpossibleTransitionError):
        journal.change(Record.of(JOB), lambda record: record.claimed(JOB))
    assert journal.get("1") == held


def test_changes_of_threads_and_processes_do_not_overwrite_each_other(journal, tmp_path):
    journal.save(Record.of(JOB))
    others = [Journal(tmp_path) for _ in range(3)]

    def count(own):
        for _ in range(20):
            own.change(Record.of(JOB), lambda r: replace(r, attempts=r.attempts + 1))

    threads = [threading.Thread(target=count, args=(own,)) for own in [*others, journal]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for own in others:
        own.close()
    assert journal.get("1").attempts == 80


def test_a_wait_does_not_outlive_the_machine(journal, monkeypatch):
    journal.save(replace(Record.of(JOB), not_before=now() + 1e6))

    monkeypatch.setattr("karaokify_daemon.adapters.journal.rows.boot", lambda: "another")
    assert journal.get("1").not_before is None
    assert clock.boot()


def test_it_is_private(journal, tmp_path):
    journal.save(full())

    for path in tmp_path.glob("journal*"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


@pytest.mark.parametrize("damage", ["garbage", "truncated", "nonsense", "emptied"])
def test_a_damaged_journal_is_set_aside_and_begun_anew(tmp_path, damage, damaged):
    journal = Journal(tmp_path, on_damage=lambda path, reason: damaged.append((path, reason)))
    journal.save(*[replace(full(), id=str(n)) for n in range(200)])
    journal.close()
    path = tmp_path / "journal.sqlite3"
    match damage:
        case "garbage":
            path.write_bytes(os.urandom(8192))
        case "truncated":
            os.truncate(path, path.stat().st_size // 2)
        case "nonsense":
            with sqlite3.connect(path) as connection:
                connection.execute("UPDATE jobs SET state = 'asleep' WHERE id = '7'")
            connection.close()
        case "emptied":
            path.write_bytes(b"")
    again = Journal(tmp_path, on_damage=lambda path, reason: damaged.append((path, reason)))

    if damage == "nonsense":  # found only where it is read
        with pytest.raises(JournalError, match="not understood"):
            again.get("7")
    assert again.get("1") is None
    assert again.is_new
    again.save(full())
    assert again.get("1") == full()
    assert len(damaged) == (damage != "emptied")
    assert all(path.exists() for path, _ in damaged)
    again.close()


def test_damage_in_use_is_an_error_once_and_then_a_new_journal(journal, tmp_path, damaged):
    journal.save(*[replace(full(), id=str(n)) for n in range(500)])
    with sqlite3.connect(tmp_path / "journal.sqlite3") as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    with (tmp_path / "journal.sqlite3").open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 65536)
    journal.close()

    journal.save(full())
    assert journal.get("499") is None
    assert journal.get("1") == full()
    assert len(damaged) == 1


def test_one_that_was_removed_or_set_aside_by_another_process_is_begun_anew(journal, tmp_path):
    journal.save(full())
    for path in tmp_path.glob("journal*"):
        path.rename(path.with_name(f"away-{path.name}"))

    assert journal.get("1") is None
    journal.save(full())
    assert (tmp_path / "journal.sqlite3").exists()


def test_one_of_a_newer_version_is_left_alone(journal, tmp_path):
    journal.save(full())
    journal.close()
    with sqlite3.connect(tmp_path / "journal.sqlite3") as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()

    with pytest.raises(JournalError, match="version 99"):
        journal.get("1")
    assert list(tmp_path.glob("*damaged*")) == []


def test_a_state_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "state").write_text("a file")
    journal = Journal(tmp_path / "state")

    with pytest.raises(JournalError, match="cannot be used") as caught:
        journal.get("1")
    assert caught.value.retryable
    assert str(tmp_path) in caught.value.file


_KILLED = """
import os, signal, sys
from pathlib import Path
from karaokify_daemon.adapters.journal import Journal
from karaokify_daemon.domain.record import Record
from karaokify_daemon.domain.job import Job
journal = Journal(Path(sys.argv[1]))
for n in range(int(sys.argv[2])):
    journal.save(Record.of(Job(id=str(n), media=Path("/a"))))
journal._opened().execute("BEGIN IMMEDIATE")
journal._opened().execute("DELETE FROM jobs")
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_was_saved_survives_a_kill_and_what_was_not_does_not(journal, tmp_path, damaged):
    subprocess.run([sys.executable, "-c", _KILLED, tmp_path, "5"], check=False)

    assert len(journal.in_state(JobState.WAITING)) == 5
    assert damaged == []
