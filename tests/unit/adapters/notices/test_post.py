"""Messages with the real apprise, to a real server: each url is a process of its own."""

import json
import signal
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest

from karaokify_daemon.adapters.notices import Failure, Post
from karaokify_daemon.domain.notices import Notice

pytest.importorskip("apprise")

HARSH = "*a* _b_ <b>c</b> `d` \\n :smile: &amp; #1"
NOTICE = Notice(event="done", title=HARSH, body=f"{HARSH}\nsecond line", kind="success")
SLOW = 60.0  # for a busy machine


def send(*urls, notice=NOTICE, seconds=SLOW):
    return Post().send(urls, notice, seconds=seconds)


@pytest.fixture(autouse=True)
def _nothing_is_left():
    """Each test ends with the processes that it began with: others' may be there."""
    before = children()
    yield
    assert children() - before == set()


def children():
    return set(psutil.Process().children(recursive=True))


def test_a_message_arrives_as_it_was_written(receiver):
    assert send(receiver.url()) == [None]
    message = receiver.message()
    assert message["title"] == HARSH and message["type"] == "success"
    assert message["message"].startswith(f"{HARSH}\nsecond line\n\nkaraokify-daemon on ")


def test_services_that_read_marks_get_them_as_text(receiver):
    assert send(receiver.url("?format=markdown"), receiver.url("?format=html")) == [None, None]
    told = sorted(receiver.message()["message"].partition("\n")[0] for _ in range(2))
    html, markdown = sorted(told, key=lambda text: "&lt;" not in text)
    assert "&lt;b&gt;c&lt;/b&gt;" in html and "<b>" not in html
    assert r"\*a\* \_b\_ \<b\>" in markdown or r"\*a\* \_b\_ <b\>" in markdown


def test_of_several_each_is_told_of(receiver):
    answers = send(
        receiver.url(),
        receiver.url("500"),
        receiver.url("404"),
        receiver.url("429"),
        "json://127.0.0.1:1/",
        "nothing://x",
        receiver.url("t", scheme="ntfy"),
    )
    assert answers[0] is None and answers[6] is None
    assert answers[1] == Failure(reason="its server has answered 500")
    assert answers[2] == Failure(reason="its server has answered 404", lasting=True)
    assert answers[3] == Failure(reason="its server has answered 429")
    assert answers[4] == Failure(reason="its server cannot be reached, or does not answer")
    assert answers[5].lasting and "no such service" in answers[5].reason


def test_nothing_is_sent_to_see_whether_urls_are_understood(receiver):
    answers = send(receiver.url("500"), "nothing://x", notice=None)
    assert answers[0] is None and "no such service" in answers[1].reason
    assert receiver.paths == []


def test_one_that_hangs_is_ended_in_time_and_the_others_do_not_wait(receiver):
    start = time.monotonic()
    answers = send(receiver.url("hang?rto=300"), receiver.url(), seconds=8.0)
    assert answers == [Failure(reason="it did not end within 8 s"), None]
    assert time.monotonic() - start < 30


def test_a_process_ends_by_itself_when_nobody_is_there_to_end_it(receiver):
    script = Path(sys.modules[Post.__module__].__file__).with_name("child.py")
    child = psutil.Popen([sys.executable, "-P", str(script)], stdin=-1, stdout=-1)
    order = {"url": receiver.url("hang?rto=300"), "seconds": 8.0}
    order |= {"title": "t", "body": "b", "kind": "info"}
    child.stdin.write(json.dumps(order).encode())
    child.stdin.close()
    assert receiver.hanging.wait(SLOW)
    assert child.wait(SLOW) == -signal.SIGALRM
    child.stdout.close()


def test_close_ends_what_is_under_way(receiver):
    post, answers = Post(), []
    url = receiver.url("hang?rto=300")
    thread = threading.Thread(
        target=lambda: answers.extend(post.send([url], NOTICE, seconds=300.0))
    )
    thread.start()
    assert receiver.hanging.wait(SLOW)
    post.close()
    thread.join(SLOW)
    assert answers == post.send([url], NOTICE, seconds=1.0)
    assert answers == [Failure(reason="the service has ended before")]


@pytest.mark.parametrize(
    ("code", "seconds", "reason"),
    [
        ("import os; os.abort()", SLOW, "its process ended (SIGABRT)"),
        ("print('no JSON')", SLOW, "its process ended (status 0)"),
        ("raise SystemExit(3)", SLOW, "its process ended (status 3)"),
        ("print('[1]')", SLOW, "its process ended (status 0)"),
        ("import time; time.sleep(600)", 2.0, "it did not end within 2 s"),
    ],
)
def test_whatever_a_process_does_is_told(code, seconds, reason):
    post = Post([sys.executable, "-c", code])
    assert post.send(["a://b"], NOTICE, seconds=seconds) == [Failure(reason=reason)]


def test_a_process_that_cannot_be_started_is_told():
    (answer,) = Post(["/nowhere"]).send(["a://b"], NOTICE, seconds=1.0)
    assert answer.reason.startswith("its process could not be started")


def test_a_process_gets_no_secrets_of_the_environment_and_shows_none(monkeypatch, tmp_path):
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    monkeypatch.setenv("KARAOKIFY_NOTIFY_URLS", "secret")
    monkeypatch.setenv("https_proxy", "http://proxy.example")
    told = tmp_path / "told"
    code = (
        f"import json, os, sys; json.dump([dict(os.environ), sys.argv], open({str(told)!r}, 'w'))"
    )
    Post([sys.executable, "-c", code]).send(["a://secret"], NOTICE, seconds=SLOW)
    assert "secret" not in told.read_text() and "proxy.example" in told.read_text()
