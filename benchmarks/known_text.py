"""How well known words are placed, against espeak-ng's own word events.

    python -m benchmarks.known_text [--recordings 40] [--model demo] [--seed 7]

Each recording is synthesised afresh and recognised once. Its exact text, and texts that differ from
what is said in a share of their words, are laid onto what was heard. A word's error is between the
start that it is given and the one that espeak-ng tells. The first row has the recognised words that
are right, without a known text.
"""

import argparse
import random
import statistics
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.accuracy import bare, compare, save, synthesise
from karaokify_daemon.config import Config, Folders, Transcribe
from karaokify_daemon.domain.lyrics import read_text
from karaokify_daemon.domain.placing import placed
from karaokify_daemon.domain.transcript import Transcript
from karaokify_daemon.pipeline.transcriber import Transcriber
from tools.demo_model.text import evaluation_sentence
from tools.demo_model.voices import HELD_OUT, TRAINED_ON
from tools.speech import SpokenWord

KINDS = ("replaced", "left out", "added")
SHARES = (0.1, 0.3)
_LENGTHS_S = (6.0, 50.0)
_ROW = 8  # words
_MARKS = 0xE000  # private use: no letters, so that they do not count in the alignment

# A word of a known text, and when it is said (seconds); None where nothing is said in its place.
Known = tuple[str, float | None]


@dataclass
class Score:
    """What the texts of one kind came to."""

    said: int = 0  # words of the text that are said, or stand for one that is
    errors_ms: list[float] = field(default_factory=list)
    unsaid: int = 0
    unsaid_shown: int = 0

    def row(self, name: str) -> str:
        """Return the figures as a row of a table."""
        errors = sorted(abs(error) for error in self.errors_ms)
        late = errors[min(len(errors) - 1, int(0.95 * len(errors)))]
        shown = f"{self.unsaid_shown / self.unsaid:.0%}" if self.unsaid else ""
        return (
            f"{name:22}{self.said:8}{len(errors) / self.said:9.1%}{statistics.fmean(errors):10.0f}"
            f"{statistics.median(errors):10.0f}{late:8.0f}{shown:>12}"
        )


def changed(words: Sequence[SpokenWord], kind: str, share: float, r: random.Random) -> list[Known]:
    """Return what is said, with a share of its words replaced, left out, or added to it."""
    text: list[Known] = []
    for word in words:
        other = r.choice(evaluation_sentence(r))
        if r.random() >= share:
            text.append((word.text, word.start))
        elif kind == "replaced":
            text.append((other, word.start))
        elif kind == "added":
            text += [(word.text, word.start), (other, None)]
    return text


def measure(text: Sequence[Known], heard: Transcript, duration_ms: int) -> Score:
    """Lay a text onto what was heard, and compare with when it is said."""
    marked = [word + chr(_MARKS + i) for i, (word, _) in enumerate(text)]
    rows = [" ".join(marked[i : i + _ROW]) for i in range(0, len(marked), _ROW)]
    found = placed(read_text("\n".join(rows)), heard, duration_ms).transcript
    starts = {ord(word.text[-1]) - _MARKS: word.start for word in found.words}
    score = Score()
    for i, (_, start) in enumerate(text):
        if start is None:
            score.unsaid += 1
            score.unsaid_shown += i in starts
        else:
            score.said += 1
            score.errors_ms += [starts[i] - 1000 * start] if i in starts else []
    return score


def run(recordings: int, model: str, seed: int) -> dict[str, Score]:
    """Return the score of the recognised words, of the exact text, and of each kind and share."""
    r = random.Random(seed)
    scores: dict[str, Score] = {}
    with tempfile.TemporaryDirectory(prefix="known-text-") as temporary:
        folder = Path(temporary)
        config = Config(
            folders=Folders(cache=folder / "cache"), transcribe=Transcribe(language="en")
        )
        transcriber = Transcriber(model, config=config)
        voices = [*TRAINED_ON, *HELD_OUT]
        for i in range(recordings):
            recording = synthesise(r, voices[i % len(voices)], r.uniform(*_LENGTHS_S))
            duration_ms = round(recording.seconds * 1000)
            result = transcriber.transcribe(save(recording, folder / "recording.wav"))
            heard = Transcript.from_dict(result)
            alone = compare(
                [(bare(word.text), word.start) for word in recording.words],
                [(bare(w.text), w.start / 1000) for w in heard.words if bare(w.text)],
            )
            texts = {"its exact text": changed(recording.words, "", 0, r)} | {
                f"{share:.0%} {kind}": changed(recording.words, kind, share, r)
                for kind in KINDS
                for share in SHARES
            }
            found = {name: measure(text, heard, duration_ms) for name, text in texts.items()}
            found = {"recognition alone": Score(alone.words, alone.start_errors_ms)} | found
            for name, score in found.items():
                whole = scores.setdefault(name, Score())
                whole.said += score.said
                whole.errors_ms += score.errors_ms
                whole.unsaid += score.unsaid
                whole.unsaid_shown += score.unsaid_shown
            if (i + 1) % 10 == 0:
                print(f"{i + 1}/{recordings} recordings", file=sys.stderr)
    return scores


def main() -> None:
    """Read the command line, measure, print."""
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--recordings", type=int, default=40)
    p.add_argument("--model", default="demo")
    p.add_argument("--seed", type=int, default=7)
    a = p.parse_args()
    heads = f"{'':22}{'words':>8}{'placed':>9}{'|start| mean':>13}{'median':>7}{'p95':>8}"
    print(f"{heads}{'unsaid shown':>13}  (ms)")
    for name, score in run(a.recordings, a.model, a.seed).items():
        print(score.row(name))


if __name__ == "__main__":
    main()
