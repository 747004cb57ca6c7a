"""Messages beside the work, with the real apprise and a real server."""

import threading

import pytest
from structlog.testing import capture_logs

from karaokify_daemon.config import from_dict
from karaokify_daemon.domain.notices import Done, Failed
from karaokify_daemon.service import notifying
from karaokify_daemon.service.notifying import Notifier, tried

pytest.importorskip("apprise")

FINE = {"service": "", "jobs": "", "disk": ""}


@pytest.fixture
def log():
    with capture_logs() as lines:
        yield lines


@pytest.fixture
def notifier(log):
    one = Notifier()
    yield one
    one.close()
    assert [t for t in threading.enumerate() if t.name == "notices"] == []


def config(*urls, **more):
    return from_dict({"notify": {"urls": list(urls), **more}})


def done(name="talk.mp3"):
    return Done(name=name, title="", lasts=1.0, took=1.0, bundle="/out/talk")


def failed(name="bad.mp3"):
    return Failed(name=name, problem="is broken", advice="Export it.", moved_to="/failed/bad.mp3")


def of(log, event):
    return [line for line in log if line["event"] == event]


def test_what_is_over_is_told_and_the_rest_at_the_end(receiver, notifier, log):
    notifier.change(config(receiver.url()))
    notifier.ended(done())
    assert receiver.message()["title"] == "Done: talk.mp3"
    notifier.ended(done("b.mp3"))
    notifier.ended(failed())
    notifier.close()
    assert receiver.message()["title"] == "1 done, 1 failed"
    told = [(line["notice"], line["url"]) for line in of(log, "notify.sent")]
    assert told == [("done", "the 1st url (json)"), ("failed", "the 1st url (json)")]


def test_only_what_is_asked_for_is_told(receiver, notifier):
    notifier.change(config(receiver.url(), on=["failed", "degraded"]))
    notifier.ended(done())
    notifier.look(lambda: FINE | {"disk": "full"})
    notifier.look(lambda: FINE | {"service": "no inbox"})
    assert receiver.message()["title"] == "The service cannot work"
    notifier.close()
    assert receiver.all() == []


def test_without_urls_nothing_is_started(notifier):
    notifier.change(config())
    notifier.ended(done())
    notifier.look(lambda: FINE | {"service": "no inbox"})
    assert notifier._thread is None


def test_a_trouble_is_told_at_its_begin_and_its_end(receiver, notifier):
    notifier.change(config(receiver.url()))
    for found in (FINE, FINE | {"disk": "the disk is full"}, FINE | {"disk": "fuller"}, FINE, FINE):
        notifier.look(lambda found=found: found)
    first, second = receiver.message(), receiver.message()
    assert first["title"] == "A disk is too full" and "the disk is full" in first["message"]
    assert second["title"] == "There is enough disk space again"
    notifier.close()
    assert receiver.all() == []


def test_a_trouble_that_lasts_is_told_to_whoever_is_to_be_told_from_now_on(receiver, notifier):
    notifier.change(config())
    notifier.look(lambda: FINE | {"disk": "full"})
    notifier.change(config(receiver.url()))
    notifier.look(lambda: FINE | {"disk": "full"})
    assert receiver.message()["title"] == "A disk is too full"


def test_what_is_not_taken_is_tried_again_where_it_was_not_and_then_given_up(
    receiver, notifier, log, monkeypatch
):
    monkeypatch.setattr(notifying, "_AGAIN_S", (0.1, 0.2))
    notifier.change(config(receiver.url("fine"), receiver.url("500"), receiver.url("404")))
    notifier.ended(done())
    told = [receiver.message()["message"] for _ in range(5)]
    notifier.close()
    assert ["it could not be sent before" in text for text in told] == [False] * 3 + [True] * 2
    assert sorted(receiver.paths) == ["/404", "/500", "/500", "/500", "/fine"]
    failures = of(log, "notify.failed")
    assert [line.get("after_seconds") for line in failures if "2nd" in line["url"]] == [
        0.1,
        0.2,
        None,
    ]
    assert [line.get("after_seconds") for line in failures if "3rd" in line["url"]] == [None]
    assert len(of(log, "notify.sent")) == 1


def test_the_end_waits_for_none_that_is_to_be_tried_again(receiver, notifier, log, monkeypatch):
    monkeypatch.setattr(notifying, "_AGAIN_S", (600.0,))
    notifier.change(config(receiver.url("500")))
    notifier.ended(done())
    receiver.message()
    notifier.close()
    assert of(log, "notify.failed")[-1]["reason"] in (
        "the service has ended before",
        "its server has answered 500",
    )


def test_the_end_does_not_wait_for_one_that_hangs(receiver, notifier, log, monkeypatch):
    monkeypatch.setattr(notifying, "_END_S", 0.5)
    notifier.change(config(receiver.url("hang?rto=300")))
    notifier.ended(done())
    assert receiver.hanging.wait(60)
    notifier.ended(failed())
    notifier.close()
    assert {line["reason"] for line in of(log, "notify.failed")} == {"the service has ended before"}
    notifier.ended(done())
    notifier.look(lambda: FINE | {"disk": "full"})
    assert len(of(log, "notify.failed")) == 2


def test_other_urls_are_taken_up_and_those_that_are_gone_are_dropped(
    receiver, notifier, log, monkeypatch
):
    monkeypatch.setattr(notifying, "_AGAIN_S", (1.0,))
    notifier.change(config(receiver.url("500")))
    notifier.look(lambda: FINE | {"disk": "full"})
    receiver.message()
    notifier.change(config(receiver.url("new")))
    notifier.look(lambda: FINE)
    assert receiver.message()["title"] == "There is enough disk space again"
    notifier.close()
    assert receiver.paths == ["/500", "/new"]


def test_no_more_than_a_hundred_wait(receiver, notifier, log, monkeypatch):
    monkeypatch.setattr(notifying, "_MOST_WAITING", 1)
    notifier.change(config(receiver.url("hang?rto=300")))
    monkeypatch.setattr(notifying, "_END_S", 0.5)
    notifier.ended(done())
    assert receiver.hanging.wait(60)
    notifier.look(lambda: {"service": "a", "jobs": "b", "disk": "c"})
    full = [line for line in of(log, "notify.failed") if "others wait" in line["reason"]]
    assert len(full) == 2


def test_without_apprise_the_log_says_what_to_do(notifier, log, monkeypatch):
    monkeypatch.setattr(notifying, "is_installed", lambda: False)
    notifier.change(config("ntfy://secret"))
    notifier.ended(done())
    (line,) = of(log, "notify.unusable")
    assert "apprise is not installed" in line["reason"] and "'.[notify]'" in line["advice"]
    assert notifier._thread is None and "secret" not in str(log)
    assert [ok for _, ok in tried(config("ntfy://secret"))] == [False]


def test_urls_of_systemd_come_after_those_of_the_configuration(
    receiver, notifier, tmp_path, monkeypatch
):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "notify-urls").write_text(f"{receiver.url('b')}\n{receiver.url('a')}\n")
    notifier.change(config(receiver.url("a")))
    notifier.ended(done())
    notifier.close()
    assert sorted(receiver.paths) == ["/a", "/b"]


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_credential_that_cannot_be_read_is_told(notifier, log, tmp_path, monkeypatch, content):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    path = tmp_path / "notify-urls"
    path.mkdir() if content is None else path.write_bytes(content)
    notifier.change(config())
    assert "credential cannot be read" in of(log, "notify.unusable")[0]["reason"]
    assert [ok for _, ok in tried(config())] == [False]


def test_a_fault_of_ours_is_told_without_its_text(receiver, notifier, log, monkeypatch):
    def fail(*_, **__):
        raise ValueError("secret")

    notifier.change(config(receiver.url()))
    monkeypatch.setattr(notifier._post, "send", fail)
    notifier.ended(done())
    notifier.close()
    assert of(log, "notify.failed")[0]["reason"] == "a fault of this program (ValueError)"
    assert "secret" not in str(log)


def test_a_test_message_tells_which_url_has_taken_it(receiver):
    told = list(tried(config(receiver.url(), receiver.url("500"))))
    assert told == [
        ("the 1st url (json): sent", True),
        ("the 2nd url (json): its server has answered 500", False),
    ]
    assert receiver.message()["title"] == "A test"
    assert [ok for _, ok in tried(config())] == [False]
