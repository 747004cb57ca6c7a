"""What the web page tells of bundles: out of their manifests, which may hold anything."""

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from karaokify_daemon.adapters.files import bundles
from karaokify_daemon.adapters.files.bundles import Found

MOST_AT_ONCE = 100
# What may be fetched of a bundle, and what browsers are told it is: nothing that they would run.
TYPES = {
    ".mp4": "video/mp4",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    **dict.fromkeys(
        (".srt", ".vtt", ".ass", ".ttml", ".lrc", ".txt", ".md"), "text/plain; charset=utf-8"
    ),
}
_LARGEST_MANIFEST = 4 * 1024 * 1024
_REEL, _FULL = "reel", "full"


def version(outbox: Path) -> str:
    """Return what changes whenever a bundle comes or goes; "" where there is no outbox."""
    with suppress(OSError):
        return str(outbox.stat().st_mtime_ns)
    return ""


def page(outbox: Path, *, offset: int, limit: int, query: str = "") -> dict[str, Any]:
    """Return some bundles, the newest first, of those whose name holds a text."""
    wanted, found = query.casefold(), []
    with suppress(OSError):  # the status says that the outbox is gone
        found = [one for one in bundles.found(outbox) if wanted in one.name.casefold()]
    shown = found[offset : offset + min(limit, MOST_AT_ONCE)]
    return {"total": len(found), "bundles": [_card(outbox, one) for one in shown]}


def bundle(outbox: Path, name: str) -> dict[str, Any]:
    """Return all that is told of one bundle. Raises OSError."""
    files = bundles.files(outbox, name)
    manifest = _manifest(outbox, name)
    transcript = f"{name}.json"
    return {
        **_facts(name, manifest),
        "chapters": _chapters(manifest.get("chapters")),
        "warnings": [_text(one) for one in _list(manifest.get("warnings"))],
        "transcript": transcript if transcript in files else None,
        "videos": _videos(name, files, manifest),
        "files": [
            {"name": file, "bytes": size} for file, size in files.items() if kind(file) is not None
        ],
    }


def kind(file: str) -> str | None:
    """Return the media type of a file of a bundle; None of one that is not shown.

    >>> kind("talk.mp4"), kind("talk.html")
    ('video/mp4', None)
    """
    return TYPES.get(Path(file).suffix.lower())


def _card(outbox: Path, one: Found) -> dict[str, Any]:
    facts = {**_facts(one.name, {}), "poster": False}
    with suppress(OSError):  # it is taken away meanwhile
        facts = _remembered(outbox, one)
    return {**facts, "at": one.changed_ns / 1e9}


@lru_cache(maxsize=1000)  # bundles do not change: reading each once is enough
def _remembered(outbox: Path, one: Found) -> dict[str, Any]:
    has_poster = "poster.jpg" in bundles.files(outbox, one.name)
    return {**_facts(one.name, _manifest(outbox, one.name)), "poster": has_poster}


def _manifest(outbox: Path, name: str) -> Mapping[str, Any]:
    """Return what a manifest holds; nothing where it is damaged."""
    with suppress(ValueError, RecursionError):
        return _mapping(json.loads(bundles.read(outbox, name, "manifest.json", _LARGEST_MANIFEST)))
    return {}


def _facts(name: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
    source = _text(_mapping(manifest.get("source")).get("name"))
    return {
        "name": name,
        "title": _title(source, manifest) or name,
        "created": _text(manifest.get("created")),
        "seconds": _number(manifest.get("duration_seconds")),
        "words": _number(manifest.get("words")),
        "language": _text(manifest.get("language")),
        "model": _text(_mapping(manifest.get("model")).get("model")),
        "preset": _text(manifest.get("preset")),
        "source": source,
    }


def _title(source: str, manifest: Mapping[str, Any]) -> str:
    """Return the title that somebody has given, or else the one that was found."""
    given = _text(_mapping(_mapping(manifest.get("options")).get("video")).get("title"))
    return (given if given != Path(source).stem else "") or _text(manifest.get("title")) or given


def _videos(
    name: str, files: Mapping[str, int], manifest: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the videos, the full one first; a reel has a file that tells of its clips."""
    told = _list(_mapping(manifest.get("highlights")).get("reels"))
    titles = {_text(one.get("ending")): _text(one.get("title")) for one in map(_mapping, told)}
    videos = []
    for file in files:
        stem, ending = file.removesuffix(".mp4"), file.removeprefix(name)
        if stem == file:
            continue
        is_full = ending == ".mp4"
        poster = "poster.jpg" if is_full else f"{stem}.jpg"
        clips = f"{stem}.json"
        videos.append(
            {
                "file": file,
                "kind": _FULL if is_full else _REEL,
                "label": "" if is_full else stem.removeprefix(f"{name}."),
                "title": titles.get(ending, ""),
                "poster": poster if poster in files else None,
                "clips": clips if not is_full and clips in files else None,
            }
        )
    return sorted(videos, key=lambda one: one["kind"])


def _chapters(told: Any) -> list[dict[str, Any]]:
    chapters = [_mapping(one) for one in _list(told)]
    found = [{"start": _number(c.get("start")), "title": _text(c.get("title"))} for c in chapters]
    return [one for one in found if one["start"] is not None]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number and math.isfinite(value) else None
