"""Whether captions can be read with ease: the norms of professionals, rule by rule.

Sources: Netflix, "Timed Text Style Guide: General Requirements" and "English (USA)" (42 characters
a row, 2 rows, 20 characters a second, 5/6 s to 7 s, gaps of 2 frames or none); BBC, "Subtitle
Guidelines" (line breaks, no word alone).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from karaokify_daemon.domain.captions import Caption
from karaokify_daemon.domain.phrasing import holds
from karaokify_daemon.domain.text_width import AVERAGE_EM, em_width

RULES = {
    "overlap": "two captions at once",
    "short": "shown too short to be noticed",
    "long": "shown so long that it is read twice",
    "fast": "more to read than there is time",
    "gap": "a gap that is seen as a flash",
    "flicker": "gone for a moment between two captions",
    "wide": "a row that is too long",
    "rows": "too many rows",
    "break": "a row that ends in the middle of a phrase",
    "orphan": "a word alone in its row",
    "unbalanced": "rows of very different lengths",
}
_FLICKER_MS = 500
_BALANCE = 0.3  # a row may be as short, of the other


@dataclass(frozen=True)
class Norm:
    """Limits: characters of mean width in a row, characters a second, milliseconds, frames.

    `language` is Whisper's code: phrases are held together by its words.
    """

    row_chars: int = 42
    rows: int = 2
    chars_per_second: float = 20.0
    shortest_ms: int = 833
    longest_ms: int = 7000
    gap_frames: int = 2
    rate: Fraction = Fraction(30)
    language: str = "en"


@dataclass(frozen=True)
class Shown:
    """Rows that are shown from `start` to `end`; `speech` is when they are said (ms), if known."""

    start: int
    end: int
    rows: tuple[str, ...]
    speech: tuple[int, int] | None = None

    @classmethod
    def of(cls, caption: Caption) -> "Shown":
        """Return a caption of ours."""
        said = caption.words[0].start, caption.words[-1].end
        return cls(caption.start, caption.end, tuple(caption.texts), said)


@dataclass(frozen=True)
class Finding:
    """What breaks a rule: the caption's number from 1, when, how much, and what is allowed.

    `forced` is what speech itself leaves no choice about: somebody speaks too fast.
    """

    rule: str
    number: int
    at: int
    found: float
    limit: float
    forced: bool = False


def lint(
    shown: Sequence[Shown],
    norm: Norm | None = None,
    *,
    measure: Callable[[str], float] = em_width,
) -> list[Finding]:
    """Return what is against a norm, in order. `measure` gives the width of a text in em."""
    norm = norm or Norm()
    found = [
        finding
        for number, caption in enumerate(shown, 1)
        for finding in (*_times(caption, number, norm), *_rows(caption, number, norm, measure))
    ]
    for number, (one, other) in enumerate(pairwise(shown), 1):
        found += _between(one, other, number, norm)
    found += _fast(shown, norm)
    return sorted(found, key=lambda finding: (finding.number, finding.rule))


def _times(caption: Shown, number: int, norm: Norm) -> Iterator[Finding]:
    length = caption.end - caption.start
    if length < norm.shortest_ms:
        yield Finding("short", number, caption.start, length, norm.shortest_ms)
    if length > norm.longest_ms:
        said = caption.speech[1] - caption.speech[0] if caption.speech else 0
        one = len(" ".join(caption.rows).split()) == 1
        yield Finding(
            "long", number, caption.start, length, norm.longest_ms, one and said > norm.longest_ms
        )


def _rows(
    caption: Shown, number: int, norm: Norm, measure: Callable[[str], float]
) -> Iterator[Finding]:
    at, rows = caption.start, caption.rows
    if len(rows) > norm.rows:
        yield Finding("rows", number, at, len(rows), norm.rows)
    widths = [measure(row) / AVERAGE_EM for row in rows]
    for row, width in zip(rows, widths, strict=True):
        if width > norm.row_chars + 0.5:
            # No word is divided.
            whole = max(measure(word) for word in row.split()) / AVERAGE_EM > norm.row_chars
            yield Finding("wide", number, at, round(width), norm.row_chars, whole)
    for above, below in pairwise(rows):
        words = (*above.split(), *below.split())
        if len(words) < 2:
            continue
        choice = _has_choice(words, norm, measure)
        if holds(above.split()[-1], below.split()[0], norm.language):
            yield Finding("break", number, at, 1, 0, not choice)
        alone = 1 in (len(above.split()), len(below.split())) and len(words) > 3
        if alone:
            yield Finding("orphan", number, at, 1, 2, not choice)
    if len(rows) == 2 and min(widths) < _BALANCE * max(widths) and len(rows[0].split()) > 1:
        better = _has_choice((*rows[0].split(), *rows[1].split()), norm, measure)
        yield Finding(
            "unbalanced", number, at, round(min(widths) / max(widths), 2), _BALANCE, not better
        )


def _has_choice(words: Sequence[str], norm: Norm, measure: Callable[[str], float]) -> bool:
    """Tell whether some words could stand in two rows without any fault of these."""
    for at in range(2, len(words) - 1):
        rows = " ".join(words[:at]), " ".join(words[at:])
        widths = [measure(row) / AVERAGE_EM for row in rows]
        even = min(widths) >= _BALANCE * max(widths)
        held = holds(words[at - 1], words[at], norm.language)
        if max(widths) <= norm.row_chars and even and not held:
            return True
    return False


def _between(one: Shown, other: Shown, number: int, norm: Norm) -> Iterator[Finding]:
    gap = other.start - one.end
    least = float(norm.gap_frames * 1000 / norm.rate)
    if gap < 0:
        yield Finding("overlap", number + 1, other.start, -gap, 0)
    elif 0 < gap < least - 1:
        yield Finding("gap", number + 1, other.start, gap, round(least))
    elif least <= gap < _FLICKER_MS:
        yield Finding("flicker", number + 1, other.start, gap, _FLICKER_MS)


def _fast(shown: Sequence[Shown], norm: Norm) -> Iterator[Finding]:
    """Yield captions with too many characters a second; forced where no more time can be had."""
    for number, caption in enumerate(shown, 1):
        seconds = max(1, caption.end - caption.start) / 1000
        speed = len(" ".join(caption.rows)) / seconds
        if speed > norm.chars_per_second:
            following = shown[number].start if number < len(shown) else caption.end
            forced = following - caption.end < float(norm.gap_frames * 1000 / norm.rate)
            yield Finding(
                "fast", number, caption.start, round(speed, 1), norm.chars_per_second, forced
            )
