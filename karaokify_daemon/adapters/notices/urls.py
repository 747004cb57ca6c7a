"""Where messages go to: urls that hold passwords, and what may be told of them."""

import os
import re
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from karaokify_daemon.config import urls_in

INSTALL = "Install it with pip install -c constraints.txt -e '.[notify]'."
_CREDENTIAL = "notify-urls"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,31}")


def is_installed() -> bool:
    """Tell whether apprise is there, without importing it."""
    return find_spec("apprise") is not None


def credential() -> tuple[str, ...]:
    """Return the urls that systemd hands over, if it does. Raises OSError, UnicodeError."""
    folder = os.environ.get("CREDENTIALS_DIRECTORY")
    path = Path(folder) / _CREDENTIAL if folder else None
    return urls_in(path.read_text("utf-8")) if path and path.exists() else ()


def named(urls: Sequence[str], url: str) -> str:
    """Return what a url is called: its number and its scheme, for the rest may be a secret.

    >>> named(["ntfy://topic", "mailto://user:pass@example.org"], "mailto://user:pass@example.org")
    'the 2nd url (mailto)'
    """
    number = urls.index(url) + 1
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number if number < 20 else number % 10, "th")
    scheme, marks, _ = url.partition("://")
    shown = f" ({scheme})" if marks and _SCHEME.fullmatch(scheme) else ""
    return f"the {number}{ending} url{shown}"
