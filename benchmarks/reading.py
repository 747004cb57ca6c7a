"""How well captions read: ours beside those of Whisper's own writer, by the linter's rules.

    python -m benchmarks.reading [--rounds 40] [--seed 7]

The texts of texts.toml are "spoken" at 11 to 23 characters a second, with pauses behind their
punctuation. (a) is what `whisper --max_line_width 42 --max_line_count 2` writes, which fills rows
one after the other, as most tools do; its rows are measured in characters, as it does. (b) are our
captions of the same words. Each number is a count of findings among 1000 captions; those that
speech forces (it is too fast, a word is too long) are apart.
"""

import argparse
import random
import tempfile
import tomllib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from whisper.utils import get_writer

from karaokify_daemon.domain.captions import caption_lines
from karaokify_daemon.domain.lint import RULES, Norm, Shown, lint
from karaokify_daemon.domain.subtitles import read_srt
from karaokify_daemon.domain.text_width import AVERAGE_EM, em_width
from karaokify_daemon.domain.transcript import Segment, Transcript, Word

TEXTS = Path(__file__).with_name("texts.toml")
_SPEEDS = (11.0, 23.0)  # characters a second
_CLAUSE_S, _SENTENCE_S = (0.1, 0.4), (0.3, 1.2)


def spoken(text: str, language: str, r: random.Random) -> Transcript:
    """Return a text with times of its words, in segments that are sentences."""
    speed, now = r.uniform(*_SPEEDS), 0.3
    segments: list[Segment] = []
    words: list[Word] = []
    for token in text.split():
        length = (len(token) + 1) / (speed * r.uniform(0.85, 1.15))
        words.append(Word(token, round(now * 1000), round((now + length) * 1000)))
        now += length
        bare = token.rstrip("»\"'")
        if bare.endswith((".", "?", "!")):
            now += r.uniform(*_SENTENCE_S)
            segments.append(Segment(tuple(words)))
            words = []
        elif bare.endswith((",", ";", ":")):
            now += r.uniform(*_CLAUSE_S)
    return Transcript(tuple(segments), language)


def of_whisper(transcript: Transcript, folder: Path) -> list[Shown]:
    """Return the captions of Whisper's writer of SubRip."""
    segments: list[dict[str, Any]] = [
        {
            "start": segment.start / 1000,
            "end": segment.end / 1000,
            "text": " ".join(word.text for word in segment.words),
            "words": [
                {"word": f" {word.text}", "start": word.start / 1000, "end": word.end / 1000}
                for word in segment.words
            ],
        }
        for segment in transcript.segments
    ]
    options = {"max_line_width": Norm.row_chars, "max_line_count": 2, "highlight_words": False}
    get_writer("srt", str(folder))({"segments": segments}, "talk.wav", **options)
    return [
        Shown(cue.start, cue.end, tuple(cue.text.splitlines()), (cue.start, cue.end))
        for cue in read_srt((folder / "talk.srt").read_text(encoding="utf-8"))
    ]


def of_ours(transcript: Transcript) -> list[Shown]:
    """Return our captions."""
    return [Shown.of(c) for c in caption_lines(transcript, max_chars=Norm.row_chars)]


def characters(text: str) -> float:
    """Return the width of a text of average characters, in em."""
    return len(text) * AVERAGE_EM


def count(
    shown: Sequence[Shown],
    language: str,
    measure: Callable[[str], float],
    into: Counter[tuple[str, bool]],
) -> None:
    """Add the findings of some captions, and how many captions there are."""
    into["captions", False] += len(shown)
    for finding in lint(shown, Norm(language=language), measure=measure):
        into[finding.rule, finding.forced] += 1


def main() -> None:
    """Read the command line, measure, print."""
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--rounds", type=int, default=40)
    p.add_argument("--seed", type=int, default=7)
    a = p.parse_args()
    r = random.Random(a.seed)
    theirs: Counter[tuple[str, bool]] = Counter()
    ours: Counter[tuple[str, bool]] = Counter()
    texts = tomllib.loads(TEXTS.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="reading-") as folder:
        for _ in range(a.rounds):
            for language, text in texts.items():
                said = spoken(text, language, r)
                count(of_whisper(said, Path(folder)), language, characters, theirs)
                count(of_ours(said), language, em_width, ours)
    sides = theirs, ours
    print(f"{'of 1000 captions':18}{'whisper':>9}{'ours':>7}   {'forced: whisper':>15}{'ours':>7}")
    for rule in RULES:
        free, forced = (
            [1000 * side[rule, kind] / side["captions", False] for side in sides]
            for kind in (False, True)
        )
        print(f"{rule:18}{free[0]:9.0f}{free[1]:7.0f}   {forced[0]:15.0f}{forced[1]:7.0f}")
    print(f"{'captions':18}{theirs['captions', False]:9}{ours['captions', False]:7}")


if __name__ == "__main__":
    main()
