import sys

import psutil
import pytest

from karaokify_daemon.adapters.llm.pipes import LateError, Pipes
from karaokify_daemon.errors import CancelledError, LlmError

ECHO = "for line in sys.stdin: print(line, end='', flush=True)"
SLEEPS = "import signal; signal.pause()"


def started(code):
    return Pipes((sys.executable, "-ISc", f"import os, sys\n{code}"))


def never():
    return False


def exchanged(code, order, seconds=30.0, cancelled=never):
    pipes = started(code)
    try:
        return pipes.exchange(order, seconds, cancelled)
    finally:
        pipes.close()
        assert not psutil.pid_exists(pipes._process.pid)


def test_each_order_has_its_reply():
    pipes = started(ECHO)
    for number in range(3):
        assert pipes.exchange({"number": number}, 30, never) == {"number": number}
    pipes.close()
    assert not psutil.pid_exists(pipes._process.pid)


def test_orders_and_replies_may_be_longer_than_a_pipe_holds():
    order = {"text": "ü" * 150_000}
    assert exchanged(ECHO, order) == order


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("sys.exit(3)", "ended (status 3)"),
        ("os.kill(os.getpid(), 9)", "ended (SIGKILL)"),
        ("sys.stdin.readline(); os.write(1, b'x' * 3_000_000); signal.pause()", "more than it may"),
        ("print('no JSON', flush=True); sys.stdin.read()", "no reply"),
        ("print('[1, 2]', flush=True); sys.stdin.read()", "no reply"),
        ("print('7', flush=True); sys.stdin.read()", "no reply"),
        ("os.close(1); sys.stdin.read()", "says nothing more"),
    ],
)
def test_a_child_that_misbehaves_is_an_error_and_ended(code, said):
    with pytest.raises(LlmError) as failed:
        exchanged(code, {"text": "x" * 500_000})
    assert said in str(failed.value)


@pytest.mark.parametrize("order", [{}, {"text": "x" * 1_000_000}], ids=["short", "long"])
def test_a_child_that_stands_still_is_ended_in_time(order):
    with pytest.raises(LateError):
        exchanged(SLEEPS, order, seconds=0.0)


def test_a_cancelled_exchange_ends_the_child():
    with pytest.raises(CancelledError):
        exchanged(SLEEPS, {}, cancelled=lambda: True)


def test_a_program_that_is_not_there_is_an_error():
    with pytest.raises(LlmError, match="could not be started"):
        Pipes(("/nowhere/python",))


def test_the_child_does_not_get_what_is_for_the_service_only(monkeypatch):
    monkeypatch.setenv("NOTIFY_SOCKET", "/run/notify")
    monkeypatch.setenv("OPENAI_API_KEY", "a-key")
    code = (
        "import json\n"
        "print(json.dumps({'env': dict(os.environ), 'cwd': os.getcwd()}), flush=True)\n"
        "sys.stdin.read()"
    )
    reply = exchanged(code, {})
    assert "NOTIFY_SOCKET" not in reply["env"]
    assert (reply["env"]["OPENAI_API_KEY"], reply["cwd"]) == ("a-key", "/")
