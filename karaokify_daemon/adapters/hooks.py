"""Commands that a person wants run when something has happened: without a shell, with an end."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress

_PASSED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER", "XDG_RUNTIME_DIR")
_TOLD_BYTES = 500  # of what it complains of


def run(command: Sequence[str], values: Mapping[str, str], *, seconds: float) -> str | None:
    """Run a command to its end; return None where it went well, else what is the matter.

    `{name}` in its arguments is replaced by the value of that name; values are also in the
    environment, as KARAOKIFY_NAME, beside the little that programs need: no keys. After `seconds`
    it is killed, with all that it has started and that has stayed in its group.
    """
    arguments = [_filled(argument, values) for argument in command]
    own = {name: os.environ[name] for name in _PASSED if name in os.environ}
    own |= {f"KARAOKIFY_{name.upper()}": value for name, value in values.items()}
    try:
        process = subprocess.Popen(
            arguments,
            env=own,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except (OSError, ValueError) as error:
        return f"it cannot be run ({error})"
    try:
        _, complaint = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        return f"it did not end within {seconds:g} s"
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stderr is not None:
            process.stderr.close()
    if process.returncode == 0:
        return None
    text = complaint[-_TOLD_BYTES:].decode("utf-8", "replace").strip()
    return f"it ended with status {process.returncode}: {text}".rstrip(": ")


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
