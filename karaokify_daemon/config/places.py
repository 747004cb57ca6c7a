"""Folders that must not be one: what is moved from one to the other would be lost."""

from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

from karaokify_daemon.config.schema import Folders
from karaokify_daemon.errors import Fault


def clashes(folders: Folders) -> list[Fault]:
    """Return a fault for each two folders that are the same, and each that is in the inbox."""
    return [*_same(folders), *_in_inbox(folders)]


def _same(folders: Folders) -> Iterator[Fault]:
    for (one, first), (other, second) in combinations(folders, 2):
        if first.resolve() == second.resolve() or _is_one(first, second):
            yield Fault(
                key=f"folders.{other}",
                value=str(second),
                problem=f"is the same folder as folders.{one}",
            )


def _in_inbox(folders: Folders) -> Iterator[Fault]:
    inbox = folders.inbox.resolve()
    for name, folder in folders:
        if folder.resolve() != inbox and folder.resolve().is_relative_to(inbox):
            yield Fault(key=f"folders.{name}", value=str(folder), problem="lies inside the inbox")


def _is_one(first: Path, second: Path) -> bool:
    try:
        return first.samefile(second)  # as seen by bind mounts
    except OSError:
        return False
