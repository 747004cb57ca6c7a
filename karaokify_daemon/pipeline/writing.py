"""Texts and JSON files of a bundle, for people to read."""

import json
from pathlib import Path
from typing import Any

from karaokify_daemon.pipeline.credit import chooser
from karaokify_daemon.pipeline.highlights import Highlights
from karaokify_daemon.pipeline.named_reels import NamedReel, clips_of


def write_text(path: Path, text: str) -> None:
    """Write a text. Raises OSError."""
    path.write_text(text, encoding="utf-8")


def write_json(path: Path, data: Any) -> None:
    """Write data as JSON. Raises OSError."""
    write_text(path, json.dumps(data, ensure_ascii=False, indent=2) + "\n")


def reel_told(reel: NamedReel, highlights: Highlights) -> dict[str, Any]:
    """Return what a reel's JSON file holds; times are in seconds."""
    return {
        "schema": 1,
        "title": reel.title,
        "asked_seconds": reel.asked_ms / 1000,
        "seconds": reel.reel.timeline.duration_ms / 1000,
        "chosen_by": chooser(reel.reel.chosen),
        "clips": clips_of(reel, highlights.sentences),
    }
