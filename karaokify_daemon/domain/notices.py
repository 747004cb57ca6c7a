"""What people are told of recordings and of the service, in words. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from karaokify_daemon.domain.harmless import cut
from karaokify_daemon.domain.names import printable
from karaokify_daemon.domain.plain import plain

Kind = Literal["info", "success", "warning", "failure"]

MOST_LISTED = 10
_LONGEST_TITLE, _LONGEST_TEXT = 100, 400  # characters of one name, and of one reason
# Where a messenger would see somebody to call (@everyone, <!channel>), a link with another name
# ([a](b)) or an address, something that is not seen stands in between.
_ACTS = re.compile(r"(?<=[@<\]])|(?<=:)(?=//)|(?<=www)(?=\.)", re.IGNORECASE)
_UNSEEN = "\u200b"


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One message: what it is about (an event of notify.on, or "test"), and what it says."""

    event: str
    title: str
    body: str
    kind: Kind = "info"


@dataclass(frozen=True, kw_only=True)
class Done:
    """A recording whose bundle is in the outbox; times in seconds."""

    name: str
    title: str
    lasts: float
    took: float
    bundle: str

    event: ClassVar[str] = "done"

    @property
    def line(self) -> str:
        """It, among others."""
        return f"Done: {inert(self.name)}"

    def notice(self) -> Notice:
        """Return the message of this one alone."""
        lines = [
            f"{inert(self.name)}, {duration(self.lasts)} long, took {duration(self.took)}.",
            inert(self.bundle, _LONGEST_TEXT),
        ]
        title = f"Done: {inert(self.title or self.name)}"
        return Notice(event="done", title=title, body="\n".join(lines), kind="success")


@dataclass(frozen=True, kw_only=True)
class Failed:
    """A recording in the failed folder."""

    name: str
    problem: str
    advice: str
    moved_to: str

    event: ClassVar[str] = "failed"

    @property
    def line(self) -> str:
        """It, among others."""
        return f"Failed: {inert(self.name)}: {inert(self.problem)}"

    def notice(self) -> Notice:
        """Return the message of this one alone."""
        lines = [
            f"{inert(self.problem, _LONGEST_TEXT)}.",
            inert(self.advice, _LONGEST_TEXT),
            f"It is now {inert(self.moved_to, _LONGEST_TEXT)}",
        ]
        title = f"Failed: {inert(self.name)}"
        return Notice(event="failed", title=title, body="\n".join(lines), kind="failure")


Result = Done | Failed


def together(results: Sequence[Result], done: int, failed: int) -> Notice:
    """Return one message of several recordings, of which `results` are the first of each kind."""
    if len(results) == done + failed == 1:
        return results[0].notice()
    counts = [f"{n} {word}" for n, word in ((done, "done"), (failed, "failed")) if n]
    lines = [one.line for one in sorted(results, key=lambda one: one.event, reverse=True)]
    if (more := done + failed - len(results)) > 0:
        lines.append(f"and {more} more")
    return Notice(
        event="failed" if failed else "done",
        title=", ".join(counts),
        body="\n".join(lines),
        kind="warning" if failed else "success",
    )


def inert(text: str, longest: int = _LONGEST_TITLE) -> str:
    r"""Return a stranger's text on one line, in which no messenger sees anything to act on.

    >>> inert("@everyone <!here> [a](http://b)\n").replace("\u200b", "|")
    '@|everyone <|!here> [a]|(http:|//b)'
    """
    return _ACTS.sub(_UNSEEN, cut(plain(printable(text)), longest))


def duration(seconds: float) -> str:
    """Return seconds as people say them.

    >>> duration(7.4), duration(750), duration(7300)
    ('7 s', '12 min 30 s', '2 h 1 min')
    """
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
