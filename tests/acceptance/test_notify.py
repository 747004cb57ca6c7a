"""Messages to people: the real service, the real apprise, and a real server on loopback."""

import json
import os
import re
import time

import pytest

from tests.support.media import speech, transcript
from tests.support.service import events, run_cli

pytest.importorskip("apprise")

URLS = re.compile(r"^urls = .*$", re.MULTILINE)
SECRET = "0123456789-do-not-tell"


def configure(tree, *urls):
    text = URLS.sub(f"urls = {json.dumps(urls)}", tree.config.read_text())
    tree.config.write_text(text)


def drop(tree, name="talk", text="Hello world."):
    words = speech(tree.folder / f"{name}.wav", text)
    transcript(tree.inbox / f"{name}.json", words)
    (tree.folder / f"{name}.wav").rename(tree.inbox / f"{name}.wav")


def test_what_is_done_and_what_failed_is_told(tree, receiver):
    configure(tree, receiver.url())
    tree.settings["video.title"] = "About {stem}"
    with tree.start() as service:
        drop(tree, "@everyone")
        first = receiver.message()
        service.wait_for("notify.sent", notice="done", url="the 1st url (json)")
        (tree.inbox / "bad.mp3").write_text("no recording")
        service.wait_for("job.failed")
    second = receiver.message()
    assert (first["title"], first["type"]) == ("Done: About @\u200beveryone", "success")
    lines = first["message"].splitlines()
    assert re.fullmatch(r"@\u200beveryone\.wav, \d s long, took \d+ (s|min \d+ s)\.", lines[0])
    assert lines[1].replace("\u200b", "") == str(tree.outbox / "@everyone")
    assert (second["title"], second["type"]) == ("Failed: bad.mp3", "failure")
    assert "is not a recording" in second["message"] or "bad.mp3" in second["message"]
    assert str(tree.failed / "bad.mp3") in second["message"]


def test_many_at_once_are_few_messages(tree, receiver):
    configure(tree, receiver.url())
    for i in range(3):
        drop(tree, f"talk{i}")
    (tree.inbox / "bad.mp3").write_text("no recording")
    status, log = tree.once()
    assert status == 1 and len(events(log, "job.done")) == 3
    first, second = receiver.all()
    assert re.match(r"(Done: talk\d|Failed: bad.mp3)$", first["title"])
    assert second["title"] in ("2 done, 1 failed", "3 done")
    assert len(events(log, "notify.sent")) == 2


def test_a_server_that_hangs_delays_neither_jobs_nor_the_end(tree, receiver):
    configure(tree, receiver.url("hang?rto=300"))
    with tree.start() as service:
        drop(tree, "one")
        assert receiver.hanging.wait(120)
        drop(tree, "two")
        service.wait_for("job.done", file="two.wav")
        assert events(service.log, "notify.failed") == []
        start = time.monotonic()
        assert service.stop() == 0
        assert time.monotonic() - start < 20
        log = service.to_the_end()
    reasons = {line["reason"] for line in events(log, "notify.failed")}
    assert any("has ended before" in reason or "did not end" in reason for reason in reasons)
    assert tree.names("outbox") == ["one", "two"]


def test_what_a_server_refuses_is_tried_again(tree, receiver):
    configure(tree, receiver.url())
    receiver.status = 500
    with tree.start() as service:
        drop(tree)
        line = service.wait_for("notify.failed")
        assert line["reason"] == "its server has answered 500" and line["after_seconds"] == 10.0
        receiver.status = None
        service.wait_for("notify.sent", notice="done")
    assert [one["title"] for one in receiver.all()] == ["Done: talk"] * 2


def test_a_full_disk_is_told_once_and_when_it_is_so_no_more(tree, receiver, small_outbox):
    configure(tree, receiver.url())
    with tree.start() as service:
        drop(tree)
        service.wait_for("stage.waiting")
        first = receiver.message()
        assert first["title"] == "A disk is too full" and "outbox" in first["message"]
        small_outbox.unlink()
        service.wait_for("job.done")
        titles = {receiver.message()["title"] for _ in range(2)}
    assert titles == {"There is enough disk space again", "Done: talk"}
    assert receiver.all() == []


def test_a_service_that_cannot_work_tells_and_tells_when_it_can(tree, receiver):
    configure(tree, receiver.url())
    away = tree.folder / "away"
    with tree.start() as service:
        service.wait_for("inbox.watched")
        tree.outbox.rename(away)
        first = receiver.message()
        away.rename(tree.outbox)
        drop(tree)
        titles = {receiver.message()["title"] for _ in range(2)}
    assert first["title"] == "The service cannot work" and "outbox" in first["message"]
    assert titles == {"The service works again", "Done: talk"}
    assert receiver.all() == []


def test_a_model_that_is_gone_is_told(tree, receiver):
    configure(tree, receiver.url())
    tree.settings |= {"transcribe.model": str(tree.folder / "model.pt")}
    (tree.folder / "model.pt").write_bytes(b"no model")
    with tree.start():
        speech(tree.inbox / "talk.wav", "Hello world.")
        assert receiver.message()["title"] == "Recordings cannot be processed"


def test_a_reload_takes_up_other_urls(tree, receiver):
    configure(tree, receiver.url("old"))
    with tree.start() as service:
        service.wait_for("service.started")
        configure(tree, receiver.url("new"))
        service.process.send_signal(1)
        service.wait_for("config.reloaded")
        drop(tree)
        service.wait_for("notify.sent")
    assert receiver.paths == ["/new"]


def test_without_apprise_the_service_runs_and_says_what_to_do(tree, receiver, monkeypatch):
    configure(tree, receiver.url())
    hidden = tree.folder / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text("import sys; sys.modules['apprise'] = None")
    monkeypatch.setenv("PYTHONPATH", f"{hidden}:{os.environ.get('PYTHONPATH', '')}")
    drop(tree)
    status, log = tree.once()
    assert status == 0 and events(log, "job.done")
    (line,) = events(log, "notify.unusable")
    assert "'.[notify]'" in line["advice"] and receiver.paths == []
    told = run_cli("check", "--config", tree.config, "--set", "transcribe.model=demo").stdout
    assert "apprise is not installed" in told
    assert tree.cli("notify").returncode == 1


def test_a_test_message_says_which_url_has_taken_it(tree, receiver):
    configure(tree, receiver.url(), receiver.url("500"))
    told = tree.cli("notify")
    assert told.returncode == 1 and told.stdout.splitlines() == [
        "the 1st url (json): sent",
        "the 2nd url (json): its server has answered 500",
    ]
    configure(tree, receiver.url())
    assert tree.cli("notify").returncode == 0
    assert receiver.message()["title"] == "A test"


def test_urls_are_told_nowhere(tree, receiver, monkeypatch):
    user = f"user:{SECRET}@"
    monkeypatch.setenv(
        "KARAOKIFY_NOTIFY_URLS",
        f"{receiver.url('500', user=user)}\n{receiver.url(f'{SECRET}/404')}\nnothing://{SECRET}",
    )
    tree.settings |= {"log.level": "debug", "log.file": str(tree.folder / "log")}
    with tree.start() as service:
        drop(tree)
        for number in ("1st", "2nd"):
            service.wait_for("notify.failed", url=f"the {number} url (json)")
        service.wait_for("notify.failed", url="the 3rd url (nothing)")
        told = [tree.cli("status", "--json"), tree.cli("check"), tree.cli("notify")]
    wrong = tree.cli("check", "--set", f"notify.urls=[1, 'json://{user}']")
    for done in (*told, wrong):
        assert SECRET not in done.stdout + done.stderr, done.args
    assert SECRET not in str(service.log)
    files = [path for path in tree.folder.rglob("*") if path.is_file()]
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []
