"""Captions: a transcript's words put into rows that read well, with the times to show them."""

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from karaokify_daemon.domain.caption_times import LEAST_MS, LONGEST_MS, shown
from karaokify_daemon.domain.phrasing import break_cost
from karaokify_daemon.domain.text_width import AVERAGE_EM, em_width
from karaokify_daemon.domain.transcript import Transcript, Word

_PAUSE_MS = 800  # a pause this long always ends a caption
_AT_LINE_END = 6.0  # how good it is to break where the author of a text did
_ALONE, _HASTY = 1.5, 6.0  # what a word alone in its row costs, and a caption that is too short
_LONG, _EACH_SECOND = 20.0, 5.0  # one that is too long, and each second of that
_SHRUNK = 30.0
_LONGEST_SAID_MS = LONGEST_MS - 500  # so that there is time to come before its first word


@dataclass(frozen=True)
class Row:
    """The words of one row; `scale` (0 to 1) shrinks a row that is too wide otherwise."""

    words: tuple[Word, ...]
    scale: float = 1.0


@dataclass(frozen=True)
class Caption:
    """What stands on the picture from `start` to `end` (milliseconds), in one row or more.

    `part` is from when to when its part of a reel is heard: nothing of it may be seen outside.
    """

    rows: tuple[Row, ...]
    start: int
    end: int
    joiner: str = " "
    part: tuple[int, int] | None = None

    @property
    def words(self) -> list[Word]:
        """All words in order."""
        return [word for row in self.rows for word in row.words]

    @property
    def texts(self) -> list[str]:
        """The text of each row."""
        return [self.joiner.join(word.text for word in row.words) for row in self.rows]


def caption_lines(
    transcript: Transcript,
    *,
    max_chars: int,
    max_rows: int = 2,
    max_words: int | None = None,
    duration_ms: int | None = None,
    parts: Sequence[tuple[int, int]] = (),
    measure: Callable[[str], float] = em_width,
) -> list[Caption]:
    """Put a transcript's words into captions of at most `max_rows` rows.

    A row is as wide as `max_chars` average characters, as `measure` finds it in em, and has at
    most `max_words` words. Captions end at pauses, and best at
    the end of a sentence, a clause or a phrase; rows are balanced; no word is ever divided: one
    that is too long has a row of its own, shrunk to fit. Captions never overlap, and none is
    shown beyond `duration_ms`. Those of a reel hold words of one of its `parts` only, and are
    shown while that is heard (from when, to when; in order, each from the end of the one before).
    """
    ends = frozenset(s.words[-1] for s in transcript.segments) if transcript.lines else frozenset()
    limit = max_chars * AVERAGE_EM
    layout = _Layout(
        transcript.joiner, limit, max_rows, max_words, measure, ends, transcript.language
    )
    found: list[Caption] = []
    for part, words in _by_part(transcript.words, parts):
        begin, until = part or (0, duration_ms)
        groups = [rows for run in _runs(words) for rows in layout.captions(run, until)]
        spoken = [(rows[0].words[0].start, rows[-1].words[-1].end) for rows in groups]
        found += [
            Caption(rows, start, end, transcript.joiner, part)
            for rows, (start, end) in zip(groups, shown(spoken, begin, until), strict=True)
        ]
    return found


def visible(captions: Sequence[Caption], measure: Callable[[str], float]) -> list[Caption]:
    """Return captions without words of which nothing is seen, as no font has them."""
    kept = []
    for caption in captions:
        rows = [
            replace(row, words=words)
            for row in caption.rows
            if (words := tuple(word for word in row.words if measure(word.text)))
        ]
        if rows:
            kept.append(replace(caption, rows=tuple(rows)))
    return kept


def earlier(captions: Sequence[Caption], ms: int) -> list[Caption]:
    """Return captions, and their words, that come earlier by `ms`, but none before 0."""

    def moved(word: Word) -> Word:
        return replace(word, start=max(0, word.start - ms), end=max(0, word.end - ms))

    return [
        replace(
            caption,
            rows=tuple(replace(row, words=tuple(map(moved, row.words))) for row in caption.rows),
            start=max(0, caption.start - ms),
            end=max(0, caption.end - ms),
            part=caption.part and (max(0, caption.part[0] - ms), max(0, caption.part[1] - ms)),
        )
        for caption in captions
    ]


def _by_part(
    words: Sequence[Word], parts: Sequence[tuple[int, int]]
) -> Iterator[tuple[tuple[int, int] | None, Sequence[Word]]]:
    """Yield the words of each part; where there are no parts, all of them."""
    if not parts:
        yield None, words
        return
    starts = [word.start for word in words]
    edges = [bisect_left(starts, begin) for begin, _ in parts[1:]]
    for part, (first, last) in zip(parts, pairwise([0, *edges, len(words)]), strict=True):
        yield part, words[first:last]


def _runs(words: Sequence[Word]) -> list[list[Word]]:
    """Cut at long pauses."""
    runs: list[list[Word]] = []
    for word in words:
        if not runs or word.start - runs[-1][-1].end > _PAUSE_MS:
            runs.append([])
        runs[-1].append(word)
    return runs


@dataclass(frozen=True)
class _Layout:
    joiner: str
    limit: float  # em
    max_rows: int
    max_words: int | None
    measure: Callable[[str], float]
    ends: frozenset[Word]  # of lines that somebody wrote
    language: str

    def captions(self, words: list[Word], until: int | None) -> list[tuple[Row, ...]]:
        """Return the cheapest division of a run of words into captions, all gone at `until`.

        best[i][r] is the least cost of the words before i when r rows of the last caption are
        full (0: the caption is complete); each entry remembers where it came from.
        """
        costs = [self._break_cost(a, b) for a, b in pairwise(words)] + [0.0]
        widths = [self.measure(word.text) for word in words]
        never = float("inf")
        best = [[(never, -1, -1)] * self.max_rows for _ in range(len(words) + 1)]
        best[0][0] = (0.0, -1, -1)
        for i in range(len(words)):
            for r in range(self.max_rows):
                if best[i][r][0] < never:
                    self._extend(words, widths, costs, best, i, r, until)
        return self._walk_back(words, widths, best)

    def _extend(
        self,
        words: list[Word],
        widths: list[float],
        costs: list[float],
        best: list[list[tuple[float, int, int]]],
        i: int,
        r: int,
        until: int | None,
    ) -> None:
        """Lay one more row, words i to j, after `r` rows of the same caption."""
        base, first = best[i][r][0], i
        for row in range(r, 0, -1):
            first = best[first][row][1]
        gap = self.measure(self.joiner)
        width, inside = -gap, 0.0
        for j in range(i, len(words)):
            width += gap + widths[j]
            if j > i and (width > self.limit or j - i == self.max_words):
                break
            slack = max(0.0, 1 - width / self.limit)
            cost = base + inside + 2 * slack * slack
            cost += _ALONE if j == i and len(words) > 1 else 0.0
            inside += max(0.0, 3.0 - costs[j])  # a good place to break, not used
            timing = _too_long(words[first], words[j]) + _too_short(words, first, j, until)
            complete = (cost + 2 + 2 * costs[j] + timing, i, r)
            best[j + 1][0] = min(best[j + 1][0], complete)
            if r + 1 < self.max_rows and j + 1 < len(words):
                row_end = (cost + 0.5 + costs[j], i, r)
                best[j + 1][r + 1] = min(best[j + 1][r + 1], row_end)

    def _walk_back(
        self, words: list[Word], widths: list[float], best: list[list[tuple[float, int, int]]]
    ) -> list[tuple[Row, ...]]:
        captions: list[list[Row]] = []
        j, r = len(words), 0
        while j > 0:
            if r == 0:
                captions.append([])
            _, i, r = best[j][r]
            captions[-1].append(self._row(words[i:j], widths[i:j]))
            j = i
        return [self._balanced(tuple(reversed(rows))) for rows in reversed(captions)]

    def _balanced(self, rows: tuple[Row, ...]) -> tuple[Row, ...]:
        """Return two rows divided anew, now that it is known which words stand together."""
        if len(rows) != 2:
            return rows
        words = [word for row in rows for word in row.words]
        most = self.max_words or len(words)
        ks = range(max(1, len(words) - most), min(most, len(words) - 1) + 1)
        return min((self._split(words, k) for k in ks), key=self._unevenness)

    def _split(self, words: list[Word], k: int) -> tuple[Row, Row]:
        widths = [self.measure(word.text) for word in words]
        return self._row(words[:k], widths[:k]), self._row(words[k:], widths[k:])

    def _unevenness(self, rows: tuple[Row, ...]) -> float:
        upper, lower = rows
        difference = abs(self._width(upper) - self._width(lower)) / self.limit
        # A word that is too long stands alone: what is beside it would be as small.
        shrunk = sum(
            _SHRUNK * len(row.words) + 100 * (1 - row.scale) for row in rows if row.scale < 1
        )
        alone = 1 in (len(upper.words), len(lower.words)) and len(upper.words + lower.words) > 3
        cost = self._break_cost(upper.words[-1], lower.words[0]) + (3 * _ALONE if alone else 0.0)
        return 6 * difference + cost + shrunk

    def _break_cost(self, word: Word, following: Word) -> float:
        """Return how bad it is to break between two words; where a line ends, it is asked for."""
        if word in self.ends:
            return -_AT_LINE_END
        return break_cost(word, following, self.language)

    def _width(self, row: Row) -> float:
        return self.measure(self.joiner.join(word.text for word in row.words))

    def _row(self, words: Sequence[Word], widths: Sequence[float]) -> Row:
        width = sum(widths) + self.measure(self.joiner) * (len(words) - 1)
        return Row(tuple(words), min(1.0, self.limit / width) if width else 1.0)


def _too_long(first: Word, last: Word) -> float:
    beyond = last.end - first.start - _LONGEST_SAID_MS
    return _LONG + _EACH_SECOND * beyond / 1000 if beyond > 0 else 0.0


def _too_short(words: Sequence[Word], first: int, last: int, until: int | None) -> float:
    """Return the cost of a caption that would be gone before it is noticed."""
    following = words[last + 1].start if last + 1 < len(words) else until
    if following is None or following - words[first].start >= LEAST_MS:
        return 0.0
    return _HASTY
