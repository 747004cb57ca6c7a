"""Odd states and signals: locks of garbage, reused process numbers, clocks that jump, SIGHUP."""

import json
import os
import signal
import socket
import sqlite3
import subprocess

import psutil
import pytest

from karaokify_daemon.adapters.files import claims
from karaokify_daemon.adapters.work import job_folder
from karaokify_daemon.config import load
from karaokify_daemon.pipeline.run import work_key
from tests.support.files import dead_pid, other_process, write_lock
from tests.support.media import speech, transcript
from tests.support.service import COMMAND, Tree, events

LONG = " ".join(["The quick brown fox jumps over the lazy dog."] * 12)


@pytest.fixture
def tree(tmp_path):
    tree = Tree(tmp_path / "tree")
    tree.settings["intake.rescan_seconds"] = "0.5"
    return tree


def drop(tree, name="talk.wav", text="Hello world."):
    words = speech(tree.folder / name, text)
    transcript((tree.inbox / name).with_suffix(".json"), words)
    (tree.folder / name).rename(tree.inbox / name)


def lock_of(tree, name="talk.wav"):
    """Return where the lock of a recording is."""
    media = tree.inbox / name
    existed = media.exists()
    media.touch()
    with claims.claim(media):
        (path,) = tree.inbox.glob(".karaokify-*.lock")
    if not existed:
        media.unlink()
    return path


@pytest.mark.fault("a lock of a dead process, whose number is another one's now")
def test_a_reused_process_number_holds_nothing(tree):
    path = lock_of(tree)
    drop(tree)
    path.write_text(
        f"{os.getpid()}\n{socket.gethostname()}\n1\n"
    )  # runs, but began at another time
    assert tree.once()[0] == 0
    assert tree.names("outbox") == ["talk"]


@pytest.mark.fault("a lock that is empty, cut short or garbage")
@pytest.mark.parametrize("content", [b"", b"123", b"123\n", b"\xff" * 64])
def test_a_damaged_lock_is_cleared_by_itself_or_by_hand(tree, content):
    path = lock_of(tree)
    drop(tree)
    path.write_bytes(content)
    os.utime(path, (4e9, 4e9))  # as if it was written this very moment, and not to its end
    _, log = tree.once()
    assert "an unknown process" in events(log, "job.taken")[0]["reason"]
    assert tree.names("inbox") == ["talk.json", "talk.wav"]
    if content:
        assert tree.cli("unlock", "talk.wav", "--yes").returncode == 0
    else:
        os.utime(path, (1e9, 1e9))
    assert tree.once()[0] == 0
    assert tree.names("outbox") == ["talk"]


@pytest.mark.fault("the lock of another host")
def test_another_hosts_lock_counts_until_it_is_removed_by_hand(tree):
    path = lock_of(tree)
    drop(tree)
    write_lock(path, 1, "nas2")
    _, log = tree.once()
    assert "process 1 on nas2" in events(log, "job.taken")[0]["reason"]
    assert tree.names("inbox") == ["talk.json", "talk.wav"]
    asked = tree.cli("unlock", "talk.wav")  # nobody is there to answer
    assert "process 1 on nas2" in asked.stdout and "Add --yes" in asked.stderr
    assert asked.returncode == 1
    assert tree.names("outbox") == []
    assert tree.cli("unlock", "talk.wav", "--yes").returncode == 0
    assert tree.once()[0] == 0


@pytest.mark.fault("a journal that is truncated, garbage or lost")
@pytest.mark.parametrize("damage", ["truncated", "garbage", "lost"])
def test_a_damaged_journal_is_rebuilt_and_nothing_is_done_twice(tree, damage):
    tree.settings["intake.after_success"] = "keep"
    drop(tree)
    assert tree.once()[0] == 0
    path = tree.state / "journal.sqlite3"
    match damage:
        case "truncated":
            os.truncate(path, 1000)
        case "garbage":
            path.write_bytes(os.urandom(5000))
        case "lost":
            path.unlink()
    drop(tree, "new.wav")
    status, log = tree.once()
    assert status == 0
    assert [line["file"] for line in events(log, "job.done")] == ["new.wav"]
    assert len(events(log, "journal.damaged")) == (damage != "lost")
    assert events(log, "journal.rebuilt")[0]["jobs"] == 1
    assert tree.names("outbox") == ["new", "talk"]


@pytest.mark.fault("a kill between the move of the source and the journal")
def test_a_job_that_was_done_but_not_noted_is_noted_and_its_leftovers_go(tree):
    drop(tree)
    path = lock_of(tree)
    assert tree.once()[0] == 0
    write_lock(path, dead_pid())
    with sqlite3.connect(tree.state / "journal.sqlite3") as journal:
        journal.execute("UPDATE jobs SET state = 'claimed'")
        ((content,),) = journal.execute("SELECT content FROM jobs")
    journal.close()
    folders = load(tree.config).folders
    with job_folder(folders.cache, work_key(folders, content)) as work:
        (work / "audio.pcm").write_bytes(bytes(100))
    status, log = tree.once()
    assert status == 0
    assert [line["state"] for line in events(log, "job.settled")] == ["done"]
    assert list((tree.cache / "work").iterdir()) == [] == tree.hidden("inbox")
    assert tree.names("outbox") == ["talk"]


@pytest.mark.fault("a guard of locks that somebody holds")
def test_a_guard_that_somebody_holds_stops_nobody_for_ever(tree):
    drop(tree)
    guard = tree.inbox / ".karaokify-guard"
    hold = "import fcntl; file = open(sys.argv[1], 'a'); fcntl.flock(file, fcntl.LOCK_EX)"
    with other_process(hold, guard), tree.start() as service:
        assert "cannot be claimed" in service.wait_for("job.unclaimable")["reason"]
        assert service.stop() == 0
    assert tree.once()[0] == 0


@pytest.mark.fault("SIGHUP: a configuration with tables in tables without end")
def test_a_configuration_nested_too_deeply_is_refused(tree):
    with tree.start() as service:
        service.wait_for("inbox.watched")
        before = tree.config.read_text()
        tree.config.write_text(before + "\n[x]\n" + ".".join("a" * 3000) + " = 1\n")
        service.process.send_signal(signal.SIGHUP)
        service.wait_for("config.refused")
        drop(tree)
        service.wait_for("job.done")


@pytest.mark.fault("the limits of inotify: no watch, no instance")
@pytest.mark.needs("unshare")
@pytest.mark.parametrize("limit", ["max_inotify_watches", "max_inotify_instances"])
def test_without_kernel_events_the_inbox_is_polled(tree, limit):
    drop(tree)
    none = f'echo 0 > /proc/sys/user/{limit} && exec "$@"'
    limited = ["unshare", "--user", "--map-root-user", "sh", "-c", none, "sh"]
    if subprocess.run([*limited, "true"], capture_output=True, check=False).returncode:
        pytest.skip("may not make a user namespace here")
    command = [*limited, *COMMAND, *tree.arguments(), "--once"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    log = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr
    assert len(events(log, "watch.polling")) == 1
    assert events(log, "inbox.watched")[0]["how"] == "poll"
    assert tree.names("outbox") == ["talk"]


@pytest.mark.fault("SIGTERM: the job at work gets the time to finish")
def test_sigterm_lets_the_job_at_work_finish_and_begins_no_other(tree):
    tree.settings |= {"limits.drain_seconds": "100", "limits.jobs": "1", "video.size": "1280x720"}
    with tree.start() as service:
        drop(tree, "one.wav", LONG)
        service.wait_for("stage.finished", stage="caption")
        drop(tree, "two.wav")
        assert service.stop() == 0
        log = service.to_the_end()
    assert [line["file"] for line in events(log, "job.done")] == ["one.wav"]
    assert tree.names("inbox") == ["two.json", "two.wav"] and tree.hidden("inbox") == []


@pytest.mark.fault("SIGTERM: the time is over, or a second one comes")
@pytest.mark.parametrize("twice", [False, True])
def test_a_job_that_takes_too_long_is_stopped_and_goes_on_later(tree, twice):
    tree.settings |= {"limits.drain_seconds": "100" if twice else "0.2", "video.size": "1920x1080"}
    with tree.start() as service:
        drop(tree, "one.wav", LONG)
        service.wait_for("stage.finished", stage="caption")
        children = psutil.Process(service.process.pid).children(recursive=True)
        service.process.send_signal(signal.SIGTERM)
        service.wait_for("service.stopping")
        if twice:
            service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(60) == 0
        log = service.to_the_end()
    assert not psutil.wait_procs(children, timeout=20)[1]
    assert len(events(log, "job.stopped")) == 1
    assert tree.hidden("inbox") == [] and tree.names("inbox") == ["one.json", "one.wav"]
    tree.settings["video.size"] = "320x180"
    assert tree.once()[0] == 0


@pytest.mark.fault("SIGHUP: a changed configuration is taken up, a broken one is not")
def test_sighup_takes_up_what_is_right_and_says_what_is_not(tree):
    text = tree.config.read_text()
    broken = text.replace('title = "{stem}"', 'titel = "x"')
    moved = text.replace('outbox = "outbox"', 'outbox = "elsewhere"')
    good = text.replace('title = "{stem}"', 'title = "Hello there"')
    assert len({text, broken, moved, good}) == 4
    with tree.start() as service:
        service.wait_for("inbox.watched")
        for content, says in ((broken, "titel"), (moved, "folders.outbox")):
            tree.config.write_text(content)
            service.log.clear()
            service.process.send_signal(signal.SIGHUP)
            assert says in service.wait_for("config.refused")["reason"]
        tree.config.write_text(good)
        service.process.send_signal(signal.SIGHUP)
        service.wait_for("config.reloaded")
        drop(tree)
        service.wait_for("job.done")
    assert "Hello there" in (tree.outbox / "talk" / "talk.ass").read_text()


@pytest.mark.fault("SIGHUP: another model, while a job is at work")
def test_a_changed_model_waits_for_the_job_at_work(tree):
    tree.settings["video.size"] = "1280x720"
    del tree.settings["transcribe.threads"]
    with tree.start() as service:
        drop(tree, "one.wav", LONG)
        service.wait_for("stage.finished", stage="caption")
        tree.config.write_text(tree.config.read_text().replace("threads = 0", "threads = 2"))
        service.process.send_signal(signal.SIGHUP)
        drop(tree, "two.wav")
        service.wait_for("job.done", file="one.wav")
        service.wait_for("config.reloaded")
        service.wait_for("job.done", file="two.wav")
        claimed = [line["file"] for line in service.log if line["event"] == "job.claimed"]
    assert claimed == ["one.wav", "two.wav"]


@pytest.mark.fault("modification times of the far future and past")
def test_what_time_a_file_bears_changes_nothing(tree):
    for name, seconds in (("future.wav", 4e9), ("past.wav", 1.0)):
        drop(tree, name)
        os.utime(tree.inbox / name, (seconds, seconds))
    status, log = tree.once()
    assert status == 0
    assert len(events(log, "job.claimed")) == 2
    assert tree.names("outbox") == ["future", "past"] and tree.names("inbox") == []


@pytest.mark.fault("hold, release and retry, by hand")
def test_a_person_can_hold_release_and_retry(tree):
    with tree.start() as service:
        service.wait_for("inbox.watched")
        service.stop()
    drop(tree)
    assert tree.cli("hold", "talk.wav").returncode == 0
    status, log = tree.once()
    assert status == 0 and len(events(log, "job.held")) == 1
    assert tree.names("outbox") == []
    assert tree.cli("release", "talk.wav").returncode == 0
    (tree.inbox / "bad.mp3").write_text("This is no recording.")
    assert tree.once()[0] == 1
    assert tree.names("outbox") == ["talk"] and "bad.mp3" in tree.names("failed")
    done = tree.cli("retry", "--all")
    assert done.returncode == 0 and "bad.mp3 is back" in done.stdout
    assert tree.names("failed") == [] and tree.names("inbox") == ["bad.mp3"]


def test_the_journal_can_be_read_by_anyone_while_it_is_written(tree):
    drop(tree)
    with tree.start() as service:
        service.wait_for("job.claimed")
        uri = f"file:{tree.state / 'journal.sqlite3'}?mode=ro"
        with sqlite3.connect(uri, uri=True) as reader:
            ((state,),) = reader.execute("SELECT state FROM jobs")
        reader.close()
        assert state in ("claimed", "done")
        service.wait_for("job.done")
