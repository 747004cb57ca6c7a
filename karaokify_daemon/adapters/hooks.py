"""Commands that a person wants run when something has happened: without a shell, with an end."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import IO

_PASSED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER", "XDG_RUNTIME_DIR")
_TOLD_BYTES = 500  # of what it complains of
_LOOK_S = 0.5
ENDED = "the service has ended before"


def run(
    command: Sequence[str],
    values: Mapping[str, str],
    *,
    seconds: float,
    is_over: Callable[[], bool] = lambda: False,
) -> str | None:
    """Run a command to its end; return None where it went well, else what is the matter.

    `{name}` in its arguments is replaced by the value of that name; values are also in the
    environment, as KARAOKIFY_NAME, beside the little that programs need: no keys. After `seconds`,
    or when `is_over` says so, it is killed, with all that it has started and that has stayed in its
    group; what it leaves behind when it ends by itself goes on.
    """
    arguments = [_filled(argument, values) for argument in command]
    own = {name: os.environ[name] for name in _PASSED if name in os.environ}
    own |= {f"KARAOKIFY_{name.upper()}": value for name, value in values.items()}
    with tempfile.TemporaryFile() as complaint:  # not a pipe: others may hold it open for long
        try:
            process = subprocess.Popen(
                arguments,
                env=own,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=complaint,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            return f"it cannot be run ({error})"
        status = _status(process, seconds, is_over)
        if status is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return ENDED if is_over() else f"it did not end within {seconds:g} s"
        return None if status == 0 else f"it ended with status {status}{_last_words(complaint)}"


def _status(
    process: subprocess.Popen[bytes], seconds: float, is_over: Callable[[], bool]
) -> int | None:
    """Return how a process has ended; None where its time is over."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0 and not is_over():
        with suppress(subprocess.TimeoutExpired):
            return process.wait(min(left, _LOOK_S))
    return process.poll()


def _last_words(complaint: IO[bytes]) -> str:
    complaint.seek(max(0, complaint.seek(0, os.SEEK_END) - _TOLD_BYTES))
    text = complaint.read().decode("utf-8", "replace").strip()
    return f": {text}" if text else ""


def _filled(argument: str, values: Mapping[str, str]) -> str:
    """Replace `{name}`, once: what a value holds is not replaced again.

    >>> _filled("{bundle}/{stem}.mp4", {"bundle": "/out/{stem}", "stem": "talk"})
    '/out/{stem}/talk.mp4'
    """
    parts = argument.split("{")
    filled = [parts[0]]
    for part in parts[1:]:
        name, closing, rest = part.partition("}")
        known = closing and name in values
        filled.append(values[name] + rest if known else "{" + part)
    return "".join(filled)
