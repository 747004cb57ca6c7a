"""How well words and their times are found, against espeak-ng's own word events.

    python -m benchmarks.accuracy [--recordings 60] [--model demo] [--json FILE] [--check]

Each recording is synthesised afresh, from sentences and in a form that training never saw, and
goes the whole path: WAV file, FFmpeg, engine, transcript. Half of the recordings are in voices of
the training, half in others. Every engine that is installed hears each of them, one after the
other. `--check` ends with 1 when whisper-timestamped, the default, misses a goal.
"""

import argparse
import json
import math
import random
import re
import statistics
import sys
import tempfile
import time
import wave
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import jiwer
import numpy as np

from karaokify_daemon.adapters.whisper.models import FASTER_WHISPER, WHISPER_TIMESTAMPED, require
from karaokify_daemon.config import Config, Folders, Transcribe
from karaokify_daemon.errors import ModelError
from karaokify_daemon.pipeline.transcriber import Transcriber
from tools.demo_model.text import evaluation_sentence
from tools.demo_model.voices import HELD_OUT, TRAINED_ON
from tools.speech import SAMPLE_RATE, Audio, SpokenWord, speak

GOALS = {"trained": 0.05, "other": 0.12}  # word error rate
START_GOAL_MS = 60.0
_LENGTHS_S = (4.0, 60.0)
_PAUSE_S = (0.1, 0.6)
_VOICES = {"trained": TRAINED_ON, "other": HELD_OUT}
ENGINES = (WHISPER_TIMESTAMPED, FASTER_WHISPER)
Scores = dict[str, "Score"]


@dataclass
class Score:
    """What a group of recordings came to."""

    words: int = 0
    errors: int = 0
    skipped: int = 0
    seconds: list[float] = field(default_factory=list)  # of each recording
    start_errors_ms: list[float] = field(default_factory=list)
    spent_s: float = 0.0
    cpu_s: float = 0.0  # of all threads of this process, in which the engine works

    def add(self, other: "Score") -> None:
        """Take in another score."""
        self.words += other.words
        self.errors += other.errors
        self.skipped += other.skipped
        self.seconds += other.seconds
        self.start_errors_ms += other.start_errors_ms
        self.spent_s += other.spent_s
        self.cpu_s += other.cpu_s

    @property
    def wer(self) -> float:
        """Word error rate."""
        return self.errors / max(1, self.words)

    def figures(self) -> dict[str, float]:
        """Return the figures that are reported, by name; times in milliseconds."""
        signed = self.start_errors_ms or [math.nan]
        absolute = sorted(abs(error) for error in signed)
        return {
            "recordings": len(self.seconds),
            "shortest_s": round(min(self.seconds, default=0), 1),
            "median_s": round(statistics.median(self.seconds or [0]), 1),
            "longest_s": round(max(self.seconds, default=0), 1),
            "sentences_skipped": self.skipped,
            "words": self.words,
            "wer": round(self.wer, 4),
            "start_mean_ms": round(statistics.fmean(absolute), 1),
            "start_median_ms": round(statistics.median(absolute), 1),
            "start_p95_ms": round(absolute[min(len(absolute) - 1, int(0.95 * len(absolute)))], 1),
            "start_bias_ms": round(statistics.fmean(signed), 1),
            "speech_s": round(sum(self.seconds), 1),
            "spent_s": round(self.spent_s, 1),
            "cpu_s": round(self.cpu_s, 1),
        }


@dataclass(frozen=True)
class Recording:
    """A synthesised recording and what is said in it; `skipped` sentences were not used."""

    audio: Audio
    words: list[SpokenWord]
    skipped: int

    @property
    def seconds(self) -> float:
        """Length of the audio."""
        return len(self.audio) / SAMPLE_RATE


def synthesise(r: random.Random, voice: str, seconds: float) -> Recording:
    """Speak sentences with pauses of 0.1 to 0.6 s until they last so many seconds.

    The last one may go beyond, up to the longest length of all.
    """
    rate, pitch = r.randint(125, 175), r.randint(35, 65)
    parts = [_pause(r)]
    words: list[SpokenWord] = []
    now = len(parts[0]) / SAMPLE_RATE
    skipped = 0
    while now < seconds:
        sentence = evaluation_sentence(r)
        audio, spoken = speak(" ".join(sentence).capitalize() + ".", voice, rate, pitch)
        if [bare(word.text) for word in spoken] != sentence:
            skipped += 1  # espeak-ng speaks some pairs ("in the") as one word: one event for two
            continue
        if now + len(audio) / SAMPLE_RATE > _LENGTHS_S[1] - _PAUSE_S[1]:
            break
        words += [word.shifted(now) for word in spoken]
        parts += [audio * (0.5 / np.abs(audio).max()), _pause(r)]
        now += (len(parts[-2]) + len(parts[-1])) / SAMPLE_RATE
    return Recording(np.concatenate(parts), words, skipped)


def measure(recording: Recording, transcriber: Transcriber, folder: Path) -> Score:
    """Transcribe a recording from its file, and compare."""
    path = save(recording, folder / "recording.wav")
    began, cpu = time.perf_counter(), time.process_time()
    result = transcriber.transcribe(path)
    spent, cpu = time.perf_counter() - began, time.process_time() - cpu
    heard = [
        (bare(word["text"]), word["start"])
        for segment in result["segments"]
        for word in segment["words"]
        if bare(word["text"])
    ]
    score = compare([(bare(w.text), w.start) for w in recording.words], heard)
    score.seconds, score.skipped = [recording.seconds], recording.skipped
    score.spent_s, score.cpu_s = spent, cpu
    return score


def save(recording: Recording, path: Path) -> Path:
    """Write a recording as a WAV file."""
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(SAMPLE_RATE)
        out.writeframes((recording.audio * 32767).astype("<i2").tobytes())
    return path


def compare(truth: Sequence[tuple[str, float]], heard: Sequence[tuple[str, float]]) -> Score:
    """Align words heard with words said; times count for those that match."""
    aligned = jiwer.process_words(
        " ".join(word for word, _ in truth), " ".join(word for word, _ in heard)
    )
    errors = [
        1000 * (heard[chunk.hyp_start_idx + i][1] - truth[chunk.ref_start_idx + i][1])
        for chunk in aligned.alignments[0]
        if chunk.type == "equal"
        for i in range(chunk.ref_end_idx - chunk.ref_start_idx)
    ]
    wrong = aligned.substitutions + aligned.deletions + aligned.insertions
    return Score(len(truth), wrong, start_errors_ms=errors)


def installed() -> list[str]:
    """Return the engines that are installed."""
    found = []
    for engine in ENGINES:
        try:
            require(engine)
        except ModelError as error:
            print(f"{engine} is not measured: {error.problem}. {error.advice}", file=sys.stderr)
        else:
            found.append(engine)
    return found


def run(recordings: int, model: str, seed: int, engines: Sequence[str]) -> dict[str, Scores]:
    """Return, for each engine, the score of each voice ("group/voice"), group and "overall"."""
    r = random.Random(seed)
    scores = {engine: {name: Score() for name in (*_VOICES, "overall")} for engine in engines}
    with tempfile.TemporaryDirectory(prefix="accuracy-") as temporary:
        folder = Path(temporary)
        transcribers = {engine: _transcriber(model, engine, folder) for engine in engines}
        began = time.monotonic()
        for i in range(recordings):
            group = list(_VOICES)[i % 2]
            voice = _VOICES[group][i // 2 % len(_VOICES[group])]
            # Lengths are spread evenly over the logarithm: short ones are as frequent as long.
            low, high = (math.log(length) for length in _LENGTHS_S)
            length = math.exp(low + (high - low) * r.random())
            recording = synthesise(r, voice, length)
            for engine, transcriber in transcribers.items():
                score = measure(recording, transcriber, folder)
                for name in (group, "overall", f"{group}/{voice}"):
                    scores[engine].setdefault(name, Score()).add(score)
            if (i + 1) % 10 == 0:
                spent = time.monotonic() - began
                print(f"{i + 1}/{recordings} recordings, {spent:.0f} s", file=sys.stderr)
    return scores


def _transcriber(model: str, engine: str, folder: Path) -> Transcriber:
    """Return one whose model is in memory."""
    config = Config(
        folders=Folders(cache=folder / "cache"),
        transcribe=Transcribe(engine=engine, language="en"),
    )
    transcriber = Transcriber(model, config=config)
    audio = np.random.default_rng(1).uniform(-0.01, 0.01, SAMPLE_RATE).astype(np.float32)
    transcriber.transcribe(save(Recording(audio, [], 0), folder / "recording.wav"))
    return transcriber


def missed(scores: Scores) -> list[str]:
    """Return the goals that were not reached."""
    found = []
    for group, goal in GOALS.items():
        if scores[group].wer > goal:
            found.append(f"{group}: WER {scores[group].wer:.1%} > {goal:.0%}")
    mean = scores["overall"].figures()["start_mean_ms"]
    if not mean <= START_GOAL_MS:
        found.append(f"overall: mean |start error| {mean:.0f} ms > {START_GOAL_MS:.0f} ms")
    return found


def table(scores: Scores) -> str:
    """Return the figures as text."""
    heads = f"{'':26}{'rec.':>5}{'words':>7}{'WER':>8}{'goal':>7}"
    lines = [heads + f"{'|start| mean':>14}{'median':>8}{'p95':>6}{'bias':>7}  (ms)"]
    for name in [*_VOICES, "overall", *sorted(n for n in scores if "/" in n)]:
        f = scores[name].figures()
        goal = f"{GOALS[name]:.0%}" if name in GOALS else ""
        lines.append(
            f"{name:26}{f['recordings']:5.0f}{f['words']:7.0f}{f['wer']:8.1%}{goal:>7}"
            f"{f['start_mean_ms']:14.0f}{f['start_median_ms']:8.0f}{f['start_p95_ms']:6.0f}"
            f"{f['start_bias_ms']:+7.0f}"
        )
    f = scores["overall"].figures()
    lines.append(
        f"Recordings of {f['shortest_s']} to {f['longest_s']} s, median {f['median_s']} s; "
        f"{f['sentences_skipped']} sentences not used, because espeak-ng ran words together."
    )
    return "\n".join(lines)


def side_by_side(scores: dict[str, Scores]) -> str:
    """Return what the engines came to, one a row; seconds are those for a minute of speech."""
    lines = [f"{'':22}{'WER trained':>12}{'other':>8}{'all':>8}{'|start| mean':>14}{'p95':>6}"]
    lines[0] += f"  (ms){'seconds':>9}{'CPU s':>8}  (a minute)"
    for engine, of in scores.items():
        f = of["overall"].figures()
        minutes = max(1e-9, f["speech_s"] / 60)
        lines.append(
            f"{engine:22}{of['trained'].wer:12.1%}{of['other'].wer:8.1%}{f['wer']:8.1%}"
            f"{f['start_mean_ms']:14.0f}{f['start_p95_ms']:6.0f}      "
            f"{f['spent_s'] / minutes:9.1f}{f['cpu_s'] / minutes:8.1f}"
        )
    return "\n".join(lines)


def main() -> int:
    """Read the command line, measure, print."""
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--recordings", type=int, default=60)
    p.add_argument("--model", default="demo")
    p.add_argument("--seed", type=int, default=7)
    p.add_argument("--json", type=Path, help="write the figures here as well")
    p.add_argument("--check", action="store_true", help="exit with 1 when a goal is missed")
    a = p.parse_args()
    scores = run(a.recordings, a.model, a.seed, installed())
    faults = missed(scores[WHISPER_TIMESTAMPED])
    for engine, of in scores.items():
        print(f"{engine}\n{table(of)}\n")
    print(f"{side_by_side(scores)}\n")
    print("\n".join(f"missed: {fault}" for fault in faults) or "All goals are reached.")
    if a.json:
        figures = {e: {name: s.figures() for name, s in of.items()} for e, of in scores.items()}
        report = {"arguments": {k: str(v) for k, v in vars(a).items()}, "scores": figures}
        a.json.write_text(json.dumps(report | {"missed": faults}, indent=2) + "\n")
    return 1 if a.check and faults else 0


def _pause(r: random.Random) -> Audio:
    return np.zeros(int(r.uniform(*_PAUSE_S) * SAMPLE_RATE), np.float32)


def bare(word: str) -> str:
    """Return a word as it is compared: small letters, digits and apostrophes."""
    return re.sub(r"[^a-z0-9']", "", word.lower())


if __name__ == "__main__":
    sys.exit(main())
