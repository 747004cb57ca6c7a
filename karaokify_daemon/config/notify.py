"""Who is told what has happened, through apprise. Its urls hold passwords: they are never shown."""

import re
from typing import Any, Literal, get_args

from pydantic import SecretStr, field_validator

from karaokify_daemon.config.base import Section

Event = Literal["done", "failed", "disk", "degraded"]

_URL = re.compile(r"[a-z][a-z0-9+.-]{0,31}://\S.*", re.IGNORECASE)
_MOST, _LONGEST = 20, 2000


def urls_in(text: str) -> tuple[str, ...]:
    r"""Return the urls of a text, one a line; comments and empty lines are none.

    >>> urls_in("ntfy://topic\n\n# of the night shift\n mailto://user:pass@example.org ")
    ('ntfy://topic', 'mailto://user:pass@example.org')
    """
    lines = (line.strip() for line in text.splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


class Notify(Section):
    """Messages to people."""

    urls: tuple[SecretStr, ...] = ()
    on: tuple[Event, ...] = get_args(Event)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The urls as they are: for whoever sends to them, never to be told."""
        return tuple(url.get_secret_value() for url in self.urls)

    @field_validator("urls", mode="before")
    @classmethod
    def _of_environment(cls, value: Any) -> Any:
        return urls_in(value) if isinstance(value, str) else value

    @field_validator("urls")
    @classmethod
    def _like_urls(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        if len(value) > _MOST:
            raise ValueError(f"is longer than {_MOST} urls")
        for number, url in enumerate(value, 1):
            text = url.get_secret_value()
            if not _URL.fullmatch(text) or len(text) > _LONGEST:
                raise ValueError(f"is not all urls such as ntfy://TOPIC: see number {number}")
        return value
