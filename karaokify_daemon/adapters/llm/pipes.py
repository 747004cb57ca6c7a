"""The child process that litellm runs in, as the service sees it: orders in, replies out."""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from karaokify_daemon.errors import CancelledError, LlmError

POLL_S = 0.1
_LONGEST = 2_000_000  # bytes of a reply; the child itself sends half of it at most
_CHUNK = 65_536
_END_S = 3.0
_REAP_S = 0.5  # from the end of a child's output to that of the child
# -P: the folder of the script, which has a `client.py`, is no place to import from.
_COMMAND = (sys.executable, "-P", str(Path(__file__).with_name("child.py")))
# Of systemd, for the service only; and the urls of others.
_NOT_ITS_BUSINESS = ("NOTIFY_SOCKET", "WATCHDOG_", "LISTEN_", "KARAOKIFY_NOTIFY_")


class LateError(Exception):
    """The child did not reply in time, and was ended."""


class Pipes:
    """A running child; each order has one reply, or ends it."""

    def __init__(self, command: tuple[str, ...] = _COMMAND) -> None:
        """Start it. Raises LlmError."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(_NOT_ITS_BUSINESS)}
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # what a library prints may hold what it was given
                cwd="/",  # libraries look for their settings in the folder they run in
                env=environment,
                start_new_session=True,  # a Ctrl-C is for us to act on
                bufsize=0,
            )
        except OSError as error:
            raise LlmError(
                f"litellm's process could not be started ({error.strerror})",
                advice="Check the limits on processes and memory.",
            ) from error
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._in, self._out = self._process.stdin, self._process.stdout
        os.set_blocking(self._in.fileno(), False)

    @property
    def pid(self) -> int:
        """Process id of the child."""
        return self._process.pid

    def exchange(
        self, order: dict[str, Any], seconds: float, cancelled: Callable[[], bool]
    ) -> dict[str, Any]:
        """Return the reply to an order; where there is none, the child is ended.

        Raises LateError after `seconds`, CancelledError, or LlmError where the child has ended,
        said too much, or what is no reply.
        """
        try:
            return _reply(self._exchange(json.dumps(order).encode() + b"\n", seconds, cancelled))
        except BaseException:
            self.kill()
            raise

    def _exchange(self, left: bytes, seconds: float, cancelled: Callable[[], bool]) -> bytes:
        end = time.monotonic() + seconds
        reply = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self._out, selectors.EVENT_READ)
            selector.register(self._in, selectors.EVENT_WRITE)
            while not reply.endswith(b"\n"):
                if cancelled():
                    raise CancelledError("was stopped while a language model was asked")
                if time.monotonic() > end:
                    raise LateError
                for key, _ in selector.select(POLL_S):
                    if key.fileobj is self._out:
                        reply += self._read(len(reply))
                    elif not (left := self._write(left)):
                        selector.unregister(self._in)
        return bytes(reply)

    def _read(self, before: int) -> bytes:
        chunk = os.read(self._out.fileno(), _CHUNK)
        if not chunk:
            raise self._death()
        if before + len(chunk) > _LONGEST:
            raise LlmError("litellm's process said more than it may")
        return chunk

    def _write(self, left: bytes) -> bytes:
        try:
            return left[os.write(self._in.fileno(), left[:_CHUNK]) :]
        except BlockingIOError:
            return left
        except BrokenPipeError as error:
            raise self._death() from error

    def _death(self) -> LlmError:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_REAP_S)
        code = self._process.poll()
        if code is None:
            return LlmError("litellm's process says nothing more")
        how = signal.Signals(-code).name if code < 0 else f"status {code}"
        return LlmError(f"litellm's process ended ({how})", exit_code=code)

    def close(self) -> None:
        """End the child, which does so by itself when its stdin ends. May be called again."""
        self._in.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_S)
        self.kill()

    def kill(self) -> None:
        """End the child now; it holds nothing that must be saved. May be called again."""
        self._process.kill()
        self._process.wait()
        self._in.close()
        self._out.close()


def _reply(raw: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(raw))
    except (ValueError, TypeError) as error:
        raise LlmError("litellm's process said what is no reply") from error
