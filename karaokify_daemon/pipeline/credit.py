"""Who has said which part of what is told of a recording, and why not the language model."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from karaokify_daemon.domain.answers import in_short
from karaokify_daemon.domain.choice import Candidate
from karaokify_daemon.domain.digest import Digest
from karaokify_daemon.errors import LlmError
from karaokify_daemon.pipeline.asking import Asked

_MODEL, _ITSELF = "llm", "extractive"


def credited(asked: Asked, own: Digest, *, reels: bool) -> dict[str, Any]:
    """Return what the manifest tells of an answer; `own` is what stands where it says nothing.

    `reels` tells that some are made, so that somebody has chosen their clips.
    """
    parts = _parts(asked.digest, own, reels=reels)
    chosen_by = parts.get("clips", _MODEL)
    why = f"the language model's answer was used in part: {in_short(asked.problems)}"
    told = {"why": why} if asked.problems else {}
    return {"chosen_by": chosen_by, **told, "parts": parts, "llm": asked.facts}


def chooser(chosen: Iterable[Candidate]) -> str:
    """Return who has chosen the clips of reels: the model, where any of them is one of its own."""
    return _MODEL if any(clip.offered for clip in chosen) else _ITSELF


def settled(facts: Mapping[str, Any], chosen: Collection[Candidate]) -> dict[str, Any]:
    """Return what the manifest tells when reels are made: a model's clips may not be in them."""
    if not chosen or chooser(chosen) == facts["chosen_by"]:
        return dict(facts)
    parts = {"parts": {**facts["parts"], "clips": chooser(chosen)}} if "parts" in facts else {}
    whys = [facts["why"]] if "why" in facts else []
    why = "; ".join([*whys, "with the language model's clips, no reel is as long as was asked for"])
    return {**facts, "chosen_by": chooser(chosen), "why": why, **parts}


def uncredited(error: LlmError, model: str) -> dict[str, Any]:
    """Return what the manifest tells where a model was of no use."""
    of_it = "language model" in error.problem
    why = error.problem if of_it else f"the language model was of no use: {error.problem}"
    facts = error.details.get("llm", {"model": model})
    return {"chosen_by": _ITSELF, "why": why, "llm": facts}


def warning(facts: Mapping[str, Any]) -> str | None:
    """Return what is to be warned of; None where nothing went wrong."""
    if "why" not in facts:
        return None
    if "parts" not in facts:
        return f"{facts['why']}; highlights were chosen without it"
    others = [name.replace("_", " ") for name, by in facts["parts"].items() if by == _ITSELF]
    return "; chosen without it: ".join([facts["why"], *([", ".join(others)] if others else [])])


def _parts(theirs: Digest, own: Digest, *, reels: bool) -> dict[str, str]:
    """Return who has said each part, but for those that nobody has."""
    said = {
        "title": (theirs.title, own.title),
        "summary": (theirs.summary, own.summary),
        "key_points": (theirs.points, own.points),
        "chapters": (theirs.chapters, own.chapters),
        "suggested_name": (theirs.file_name, own.file_name),
        "clips": (theirs.clips, reels),
    }
    return {name: _MODEL if one else _ITSELF for name, (one, other) in said.items() if one or other}
