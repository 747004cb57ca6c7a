"""A reel as the bundle has it: its name, its titles, and what is told of its clips."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from karaokify_daemon.domain.material import Reel
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.transcript import Segment, Transcript
from karaokify_daemon.pipeline.credit import chooser


@dataclass(frozen=True, kw_only=True)
class NamedReel:
    """A reel of a bundle: the ending of its files' names, its title and those of its clips.

    `labels` are those of clips that stand in the picture.
    """

    ending: str
    asked_ms: int
    title: str
    reel: Reel
    titles: tuple[str, ...]
    labels: tuple[str, ...]


def clips_of(named: NamedReel, found: Sequence[Sentence]) -> list[dict[str, Any]]:
    """Return the clips of a reel for JSON: times in seconds, of the recording and of the reel."""
    timeline = named.reel.timeline
    clips = []
    for candidate, parts, title in zip(
        named.reel.chosen, named.reel.parts, named.titles, strict=True
    ):
        said = found[candidate.first : candidate.last + 1]
        heard = timeline.moved(Transcript(tuple(Segment(sentence.words) for sentence in said)))
        clips.append(
            {
                "source_start": parts[0].start / 1000,
                "source_end": timeline.source_end(parts[-1]) / 1000,
                "output_start": timeline.ms(parts[0].at) / 1000,
                "output_end": timeline.ms(parts[-1].until) / 1000,
                "cuts": [[part.start / 1000, timeline.source_end(part) / 1000] for part in parts],
                "sentences": [sentence.id for sentence in said],
                "title": title,
                "score": round(candidate.score, 3),
                "chosen_by": chooser([candidate]),
                "text": said[0].joiner.join(word.text for word in heard.words),
            }
        )
    return clips


def reel_facts(named: NamedReel) -> dict[str, Any]:
    """Return what the manifest tells of a reel."""
    return {
        "ending": f"{named.ending}.mp4",
        "title": named.title,
        "asked_seconds": named.asked_ms / 1000,
        "seconds": named.reel.timeline.duration_ms / 1000,
        "clips": len(named.reel.chosen),
        "chosen_by": chooser(named.reel.chosen),
    }


def ending(number: int, count: int) -> str:
    """Return how the names of a reel's files go on after the stem; its number is from 0.

    `count` is how many were asked for, so that whoever waits for the first knows its name.

    >>> ending(0, 1), ending(1, 3)
    ('.highlights', '.short-2')
    """
    return ".highlights" if count == 1 else f".short-{number + 1}"
