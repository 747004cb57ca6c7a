"""What lets somebody see the web page: a random text in the state folder, for its owner only."""

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

NAME = "web.token"
_BYTES = 32
_TOKEN = re.compile(r"[\w-]{22,200}", re.ASCII)


def made(state: Path) -> str:
    """Return the token; one that is not there yet is made. Raises OSError.

    It appears whole: an empty one would let in everybody. It is not flushed: where it is lost, it
    is made anew.
    """
    with suppress(FileNotFoundError, ValueError):
        return read(state)
    token, new = secrets.token_urlsafe(_BYTES), state / f".{NAME}.{os.getpid()}"
    new.unlink(missing_ok=True)
    fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(fd, "w", encoding="ascii") as file:
        file.write(f"{token}\n")
    new.replace(state / NAME)
    return token


def read(state: Path) -> str:
    """Return the token. Raises OSError, and ValueError where what lies there is none."""
    token = (state / NAME).read_text(encoding="ascii", errors="replace").strip()
    if not _TOKEN.fullmatch(token):
        raise ValueError(f"{NAME} holds no token")
    return token
