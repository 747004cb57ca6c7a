"""How many of the sentences that matter are in a reel that is chosen without a language model.

A talk has a subject, or several, with words of its own. Some sentences, planted anywhere, say what
matters about it with several of those words; others mention one of them; most are small talk. The
reel is as long as a tenth of the talk. Recall is the share of planted sentences that are heard in
it, beside that of the talk's first minutes of the same length, and of clips chosen at random.

Sentences and subjects are those of talks.toml, which tells what was adjusted by which of them.
"""

import random
import statistics
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from karaokify_daemon.domain.choice import Candidate
from karaokify_daemon.domain.material import Material
from karaokify_daemon.domain.reel import reels
from karaokify_daemon.domain.sentences import Sentence, sentences
from karaokify_daemon.domain.transcript import Segment, Transcript, Word
from karaokify_daemon.pipeline.digesting import Extractive

_SOURCES = tomllib.loads(Path(__file__).with_name("talks.toml").read_text(encoding="utf-8"))
_SHARE_PLANTED, _SHARE_MENTIONS, _REEL = 0.05, 0.15, 0.1
_PER_SUBJECT = 200  # sentences; a long talk has several subjects, one after the other
_HEARD = 0.8  # of a planted sentence, at least
_RATE = Fraction(30)
Span = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind of talk: its sentences' source, how many of them, and how it is spoken."""

    name: str
    source: str = "unseen"
    language: str = "en"
    length: int = 200
    talk: str = "both"
    words: int = 99
    marks: bool = True
    rough: bool = False


KINDS = (
    Kind(name="known sentences", source="known"),
    Kind(name="unseen sentences"),
    Kind(name="few, repeated", talk="talk"),
    Kind(name="hardly any, repeated", talk="little"),
    Kind(name="varied small talk", talk="varied"),
    Kind(name="small talk of few words", talk="varied", words=5),
    Kind(name="short (6 min)", length=80),
    Kind(name="long (1 h)", length=800),
    Kind(name="lower case, no marks", marks=False),
    Kind(name="no marks, um and uh", marks=False, rough=True),
    Kind(name="fresh sentences", source="fresh"),
    Kind(name="fresh, short (6 min)", source="fresh", length=80),
    Kind(name="fresh, no marks", source="fresh", marks=False),
    Kind(name="German", language="de"),
    Kind(name="German, no marks", language="de", marks=False),
)


@dataclass(frozen=True, kw_only=True)
class Talk:
    """What is said, where the sentences that matter are, and how long it is (milliseconds)."""

    found: Sequence[Sentence]
    planted: Sequence[Span]
    language: str
    duration_ms: int


def talk(kind: Kind, r: random.Random) -> Talk:
    """Return a talk of a kind."""
    source = _SOURCES[kind.source][kind.language]
    subjects = r.sample(source["subjects"], max(1, kind.length // _PER_SUBJECT))
    small = _small_talk(kind, source, r)
    matter = set(r.sample(range(kind.length), round(kind.length * _SHARE_PLANTED)))
    words: list[Word] = []
    planted: list[Span] = []
    now = 500
    for i in range(kind.length):
        subject = subjects[i * len(subjects) // kind.length].split()
        if i in matter:
            text = r.choice(source["planted"]).format(*r.sample(subject, 4))
        elif r.random() < _SHARE_MENTIONS:
            text = r.choice(source["mentions"]).format(r.choice(subject))
        else:
            text = _filled(r.choice(small), kind, r)
        said = list(_spoken(_written(text, kind, r), now, r))
        if i in matter:
            planted.append((said[0].start, said[-1].end))
        words += said
        now = said[-1].end + r.randint(200, 900)
    found = sentences(Transcript((Segment(tuple(words)),), kind.language))
    return Talk(found=found, planted=planted, language=kind.language, duration_ms=now)


def _small_talk(kind: Kind, source: dict[str, Any], r: random.Random) -> list[str]:
    match kind.talk:
        case "little":
            return r.sample(source["talk"], 3)
        case "both":
            return [*source["talk"], *source["varied"]]
        case _:
            return list(source[kind.talk])


def _filled(text: str, kind: Kind, r: random.Random) -> str:
    slots = _SOURCES["slots"][kind.language]
    return text.format(
        **{name: r.choice(words.split("|")[: kind.words]) for name, words in slots.items()}
    )


def _written(text: str, kind: Kind, r: random.Random) -> str:
    if kind.marks:
        return f"{text[0].upper()}{text[1:]}{'' if text.endswith('?') else '.'}"
    words = "".join(c for c in text.lower() if c not in ".,?:").split()
    for _ in range(r.randint(0, 2) if kind.rough else 0):
        at = r.randrange(len(words))
        words[at:at] = [r.choice(["um", "uh", words[at]])]
    return " ".join(words)


def _spoken(text: str, now: int, r: random.Random) -> Iterator[Word]:
    for token in text.split():
        length = 60 * len(token) + r.randint(40, 160)
        yield Word(token, now, now + length)
        now += length


def by_ranking(given: Talk, length_ms: int) -> Sequence[Candidate]:
    """Return the clips that the service chooses."""
    about = Extractive(given.found, given.language)
    worth = about.worths([None] * len(given.found))
    [made] = reels(_material(given, worth), _RATE, length_ms=length_ms)
    return made.chosen


def at_random(given: Talk, length_ms: int, r: random.Random) -> Sequence[Candidate]:
    """Return clips of random worth."""
    [made] = reels(_material(given, [r.random() for _ in given.found]), _RATE, length_ms=length_ms)
    return made.chosen


def _material(given: Talk, worth: Sequence[float]) -> Material:
    return Material(
        sentences=given.found,
        worth=worth,
        duration_ms=given.duration_ms,
        language=given.language,
    )


def recall(given: Talk, chosen: Sequence[Span]) -> float:
    """Return the share of the planted sentences that are heard in some stretches of a talk."""
    heard = 0
    for start, end in given.planted:
        common = sum(max(0, min(end, stop) - max(start, begin)) for begin, stop in chosen)
        heard += common >= _HEARD * (end - start)
    return heard / len(given.planted)


def recalls(given: Talk, r: random.Random) -> tuple[float, float, float]:
    """Return the recall by ranking, of the first minutes, and at random."""
    length_ms = round(given.duration_ms * _REEL)
    ranked, random_ones = (
        [(given.found[clip.first].start, given.found[clip.last].end) for clip in clips]
        for clips in (by_ranking(given, length_ms), at_random(given, length_ms, r))
    )
    return (
        recall(given, ranked),
        recall(given, [(0, length_ms)]),
        recall(given, random_ones),
    )


def table(talks: int, seed: int) -> None:
    """Measure talks of every kind, and print their mean recall and that of the worst talk."""
    print(f"{'recall of planted sentences':28}{'ranking':>9}{'worst':>7}{'first':>7}{'random':>8}")
    for kind in KINDS:
        r = random.Random(f"{seed} {kind.name}")
        found = [recalls(talk(kind, r), r) for _ in range(talks)]
        ranked, first, chance = (statistics.fmean(values) for values in zip(*found, strict=True))
        worst = min(values[0] for values in found)
        print(f"{kind.name:28}{ranked:9.0%}{worst:7.0%}{first:7.0%}{chance:8.0%}")
