"""What `status` and `health` tell of a real service: at work, in trouble, hung, and gone."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from tests.support.media import speech, transcript
from tests.support.service import PATIENCE_S, run_cli


def told(tree):
    found = tree.cli("status", "--json")
    assert found.returncode == 0, found.stderr
    return json.loads(found.stdout)


def health(tree):
    found = tree.cli("health")
    return found.returncode, found.stdout.strip()


def drop(tree, name="talk"):
    words = speech(tree.folder / f"{name}.wav")
    transcript(tree.inbox / f"{name}.json", words)
    (tree.folder / f"{name}.wav").replace(tree.inbox / f"{name}.wav")


def test_before_the_first_start_what_lies_in_the_inbox_is_told(tree):
    (tree.inbox / "early.wav").touch()
    found = told(tree)
    assert found["live"]["state"] == "never" and not found["is_alive"]
    assert [one["name"] for one in found["live"]["queue"]] == ["early.wav"]
    assert "has not run yet" in tree.cli("status").stdout
    assert health(tree) == (1, "the service does not run")


def test_what_was_done_what_failed_and_what_waits_is_told_while_it_runs_and_afterwards(tree):
    (tree.inbox / "bad.mp3").write_text("no recording")
    (tree.inbox / "lonely.json").write_text("{}")
    (tree.inbox / "evil.exe").write_text("")
    drop(tree)
    with tree.start() as service:
        service.wait_for("job.done")
        service.wait_for("job.failed")
        drop(tree, "second")
        service.wait_for("job.done", file="second.wav")
        assert health(tree)[0] == 0
        found = told(tree)
        shown = tree.cli("status").stdout
    live = found["live"]
    assert found["is_alive"] and live["state"] == "serving" and live["pid"] == service.process.pid
    assert found["jobs"] == {"done": 2, "failed": 1}
    assert [one["name"] for one in found["failures"]] == ["bad.mp3"]
    assert "lonely.json" in [one["name"] for one in live["queue"]]
    assert [one["name"] for one in live["refused"]] == ["evil.exe"]
    assert {name for disk in found["disks"] for name in disk["folders"]} >= {"inbox", "outbox"}
    for text in ("serving", "lonely.json", "waits for its recording", "bad.mp3", "2 done"):
        assert text in shown, shown
    drop(tree, "later")
    found = told(tree)
    assert not found["is_alive"] and found["live"]["running"] == []
    assert [one["name"] for one in found["live"]["queue"]] == ["later.wav"]
    assert sum(found["live"]["ages"]) == 1
    assert "does not run" in tree.cli("status").stdout
    assert health(tree) == (1, "the service does not run")


def test_a_job_at_work_is_told_with_its_stage_and_what_it_waits_for(tree):
    tree.settings["limits.min_free_memory_mb"] = "100000000"  # more than any machine has
    drop(tree)
    with tree.start() as service:
        service.wait_for("stage.waiting")
        running = _until(
            lambda: told(tree)["live"]["running"], lambda found: found and found[0]["waits_for"]
        )
        [one] = running
        assert one["name"] == "talk.wav" and one["stage"] in ("probe", "decode", "transcribe")
        assert "min_free_memory_mb" in one["waits_for"]
        assert "min_free_memory_mb" in tree.cli("status").stdout.replace("\n", "")


def test_a_held_recording_waits_visibly(tree):
    drop(tree)
    assert tree.cli("hold", "talk.wav").returncode == 0
    with tree.start() as service:
        service.wait_for("job.held")
        held = [("talk.wav", "is held")]
        _until(lambda: told(tree)["live"]["queue"], lambda found: held == _reasons(found))


def test_a_service_that_cannot_work_says_why(tree):
    with tree.start() as service:
        service.wait_for("inbox.watched")
        tree.outbox.rename(tree.folder / "gone")
        service.wait_for("inbox.unusable")
        _, line = _until(lambda: health(tree), lambda found: found[0] == 1)
        assert "outbox" in line
        (tree.folder / "gone").rename(tree.outbox)
        _until(lambda: health(tree), lambda found: found[0] == 0)


def test_one_that_was_killed_does_not_run(tree):
    service = tree.start()
    service.wait_for("inbox.watched")
    service.stop(signal.SIGKILL)
    assert health(tree) == (1, "the service does not run")


def test_reading_needs_no_right_to_write(tree):
    """As another user, of a service that has ended: SQLite may not make its files there."""
    drop(tree)
    assert tree.once()[0] == 0
    for kind in ("-wal", "-shm"):
        assert not (tree.state / f"journal.sqlite3{kind}").exists()
    tree.folder.parent.chmod(0o755)
    code = (
        "import os, sys, pathlib\n"
        "from karaokify_daemon.adapters.journal import counts\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "print(counts(pathlib.Path(sys.argv[1])))\n"
    )
    copy = tree.folder.parent / "state"
    shutil.copytree(tree.state, copy)
    copy.chmod(0o555)
    (copy / "journal.sqlite3").chmod(0o444)
    _reachable(copy)
    found = subprocess.run(
        [sys.executable, "-c", code, copy], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "{'done': 1}"


def _reachable(path):
    """Let anybody come to a path; skip where that is not ours to allow."""
    if subprocess.run(["id", "-u"], capture_output=True, check=True).stdout.strip() != b"0":
        pytest.skip("needs root, to become somebody else")
    for folder in path.parents:
        if not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o011)


def test_a_damaged_journal_is_told_and_left_alone(tree):
    tree.state.mkdir(exist_ok=True)
    (tree.state / "journal.sqlite3").write_bytes(b"no database" * 99)
    found = run_cli("status", "--config", tree.config)
    assert found.returncode == 1 and "journal cannot be read" in found.stderr
    with pytest.raises(sqlite3.DatabaseError):
        sqlite3.connect(tree.state / "journal.sqlite3").execute("SELECT 1 FROM jobs")


def _reasons(queue):
    return [(one["name"], one["reason"]) for one in queue]


def _until(look, is_right):
    """Look until it is right, as a person would: again and again, for a while."""
    until = time.monotonic() + PATIENCE_S
    while not is_right(found := look()):
        assert time.monotonic() < until, found
        time.sleep(0.1)
    return found


def test_figures_are_told_to_prometheus(tree):
    tree.settings["metrics.textfile"] = str(tree.folder / "karaokify.prom")
    drop(tree)
    with tree.start() as service:
        service.wait_for("job.done")
    told_last = (tree.folder / "karaokify.prom").read_text()
    assert 'karaokify_jobs_total{result="done"} 1.0' in told_last
    assert 'karaokify_stage_seconds_count{stage="render"} 1.0' in told_last
    assert f"karaokify_media_seconds_total {_seconds(tree)}" in told_last


def _seconds(tree):
    return json.loads((tree.outbox / "talk/manifest.json").read_text())["duration_seconds"]


def test_a_service_that_has_told_nothing_for_long_is_watched_until_it_stirs(tree):
    with tree.start() as service:
        service.wait_for("inbox.watched")
        file = tree.folder / "state/status.json"
        _until(lambda: told(tree)["live"]["state"], lambda state: state == "serving")
        long_ago = time.time() - 1000
        os.utime(file, (long_ago, long_ago))
        assert health(tree) == (0, "idle; 0 waiting, 0 done, 0 failed")
