"""Sends messages, to each url in a process of its own, with a deadline."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from karaokify_daemon.domain.notices import Notice

# -P: the folder of the script is no place to import from.
_COMMAND = (sys.executable, "-P", str(Path(__file__).with_name("child.py")))
_GRACE_S = 0.5  # to read the answer of one that has ended while another was waited for
_ENDED = "the service has ended before"
_PASSED = frozenset(
    "PATH PYTHONPATH HOME LANG LC_ALL TZ TMPDIR USER DISPLAY XDG_RUNTIME_DIR "
    "DBUS_SESSION_BUS_ADDRESS HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY SSL_CERT_FILE "
    "SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE".split()
)


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why a message was not taken, without a secret; a `lasting` reason is there next time, too."""

    reason: str
    lasting: bool = False


class Post:
    """Sends from one thread; another may `close` it, which ends what is under way."""

    def __init__(self, command: Sequence[str] = _COMMAND) -> None:
        """`command` runs the process."""
        self._command = command
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._closed = False

    def send(
        self, urls: Sequence[str], notice: Notice | None, *, seconds: float
    ) -> list[Failure | None]:
        """Send to all urls at once; return for each what is the matter, or None.

        Without a notice, nothing is sent: it is looked whether the urls are understood.
        """
        until = time.monotonic() + seconds
        started = [self._start(url, notice, seconds) for url in urls]
        return [
            one if isinstance(one, Failure) else self._end(one, until, seconds) for one in started
        ]

    def close(self) -> None:
        """End what is under way; nothing is sent any more."""
        with self._lock:
            self._closed = True
            for process in self._running:
                _kill(process)

    def _start(
        self, url: str, notice: Notice | None, seconds: float
    ) -> "subprocess.Popen[bytes] | Failure":
        order: dict[str, Any] = {"url": url, "seconds": max(0.1, seconds)}
        if notice is not None:
            body = f"{notice.body}\n\nkaraokify-daemon on {socket.gethostname()}"
            order |= {"title": notice.title, "body": body, "kind": notice.kind}
        environment = {k: v for k, v in os.environ.items() if k.upper() in _PASSED}
        with self._lock:
            if self._closed:
                return Failure(reason=_ENDED)
            try:
                process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,  # what a plugin prints may hold the url
                    cwd="/",
                    env=environment,
                    start_new_session=True,  # a Ctrl-C is for us to act on
                )
            except OSError as error:
                return Failure(reason=f"its process could not be started ({error.strerror})")
            self._running.add(process)
        # Of a size that a pipe takes at once; never an argument, which others can read.
        _hand_over(process, json.dumps(order, ensure_ascii=False).encode("utf-8", "replace"))
        return process

    def _end(
        self, process: "subprocess.Popen[bytes]", until: float, seconds: float
    ) -> Failure | None:
        late = Failure(reason=f"it did not end within {seconds:.0f} s")
        try:
            left = max(_GRACE_S, until - time.monotonic())
            raw, _ = process.communicate(timeout=left)
        except subprocess.TimeoutExpired:
            _kill(process)
            process.communicate()
            return late
        finally:
            with self._lock:
                self._running.discard(process)
        if process.returncode == -signal.SIGALRM:
            return late
        if process.returncode < 0 and self._closed:
            return Failure(reason=_ENDED)
        return _failure(raw, process.returncode)


def _hand_over(process: "subprocess.Popen[bytes]", order: bytes) -> None:
    assert process.stdin is not None
    with contextlib.suppress(OSError):  # it has ended: its status tells
        process.stdin.write(order)
    with contextlib.suppress(OSError):
        process.stdin.close()
    process.stdin = None


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill it with what it has started; it is not reaped before it was waited for."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def _failure(raw: bytes, code: int) -> Failure | None:
    try:
        answer = dict(json.loads(raw))
    except (ValueError, TypeError):
        how = signal.Signals(-code).name if code < 0 else f"status {code}"
        return Failure(reason=f"its process ended ({how})")
    if answer.get("broken"):
        return Failure(reason="apprise cannot be imported", lasting=True)
    if not answer.get("known"):
        reason = "apprise knows no such service, or something is missing in the url"
        return Failure(reason=reason, lasting=True)
    return None if answer.get("sent") else _of(answer)


def _of(answer: dict[str, Any]) -> Failure:
    if status := answer.get("status"):
        reason = f"its server has answered {status}"
    elif answer.get("lost"):
        reason = "its server cannot be reached, or does not answer"
    else:
        reason = "it was not taken"
    return Failure(reason=reason, lasting=bool(answer.get("lasting")))
