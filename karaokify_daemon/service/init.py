"""`init`: a ready-to-run tree, its configuration written from the typed defaults."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli_w

from karaokify_daemon.adapters.shipped import shipped
from karaokify_daemon.config import Config, Folders
from karaokify_daemon.errors import ConfigError

EXAMPLE = "config.example.toml"
_CONFIG = "config.toml"
_PRIVATE = frozenset({"state", "cache"})
_SECTION = re.compile(r"^\[(\w+)\]$")
_KEY = re.compile(r"^(?P<off># )?(?P<key>\w+) = ")


def init(folder: Path) -> Path:
    """Make the folders, write `config.toml`, and return its path.

    Folders that exist are kept as they are. Raises ConfigError when there is a configuration
    already, or when something cannot be written.
    """
    path = folder / _CONFIG
    text = default_config(shipped(EXAMPLE).read_text(encoding="utf-8"))
    if os.path.lexists(path):
        raise _exists(path)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, sub in Folders():
            (folder / sub).mkdir(mode=0o700 if name in _PRIVATE else 0o777, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError as error:
        if error.filename == str(path):
            raise _exists(path) from error
        raise _unwritable(error, folder) from error
    except OSError as error:
        raise _unwritable(error, folder) from error
    return path


def default_config(example: str) -> str:
    """Return a configuration of all defaults, with the comments of the example."""
    comments = read_comments(example)
    parts = [comments.head]
    for section, values in Config().model_dump(mode="json").items():
        parts.append(f"{comments.of_section[section]}[{section}]\n")
        parts += [
            comments.of_key[section, key] + _line(key, value, comments.switched_off)
            for key, value in values.items()
        ]
    return "\n".join(parts)


@dataclass
class Comments:
    """The comments of the example: its head, and what stands above each section and key."""

    head: str = ""
    of_section: dict[str, str] = field(default_factory=dict)
    of_key: dict[tuple[str, str], str] = field(default_factory=dict)
    switched_off: dict[str, str] = field(default_factory=dict)


def read_comments(example: str) -> Comments:
    """Take the comments out of the example; a key without a default is one in a comment itself."""
    found, section = Comments(), ""
    for block in _blocks(example):
        text, last = "".join(f"{line}\n" for line in block[:-1]), block[-1]
        if header := _SECTION.match(last):
            section = header[1]
            found.of_section[section] = text
        elif key := _KEY.match(last):
            found.of_key[section, key["key"]] = text
            if key["off"]:
                found.switched_off[key["key"]] = f"{last}\n"
        else:
            found.head = f"{text}{last}\n"
    return found


def _blocks(text: str) -> Iterator[list[str]]:
    """Return the runs of lines between empty lines."""
    for block in re.split(r"\n\s*\n", text.strip()):
        yield block.splitlines()


def _line(key: str, value: Any, switched_off: dict[str, str]) -> str:
    if isinstance(value, list):  # tomli_w gives each item a line of its own
        return f"{key} = {json.dumps(value, ensure_ascii=False)}\n"
    return switched_off[key] if value is None else tomli_w.dumps({key: value})


def _exists(path: Path) -> ConfigError:
    return ConfigError(
        "exists already and is left as it is",
        file=str(path),
        advice="Edit it, or give another folder.",
    )


def _unwritable(error: OSError, folder: Path) -> ConfigError:
    return ConfigError(
        f"cannot be written ({error.strerror})",
        file=str(error.filename or folder),
        advice="Give a folder that exists or can be made, not a file.",
    )
