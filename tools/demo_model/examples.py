"""Training examples: spoken sentences in windows of up to 30 s, with what rooms do to them."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import whisper
from scipy.signal import fftconvolve, lfilter
from torch.utils.data import IterableDataset
from whisper.tokenizer import get_tokenizer

from tools.demo_model.text import WORDS, training_sentence
from tools.demo_model.voices import training_voice
from tools.speech import SAMPLE_RATE, Audio, SpokenWord, speak

tokenizer = get_tokenizer(multilingual=False)
TIMESTAMP_0 = tokenizer.timestamp_begin
FRAMES_PER_SECOND = 50  # of the encoder's output, and of timestamp tokens
_PUNCTUATION = {tokenizer.encode(mark)[0] for mark in ".,"}
WORD_CLASS = {word: i + 1 for i, word in enumerate(WORDS)}  # 0: no word in this frame
USED_TOKENS = sorted(
    {
        token
        for word in WORDS
        for form in (word, word.capitalize())
        for mark in ("", ".", ",")
        for token in tokenizer.encode(" " + form + mark)
    }
    | set(range(TIMESTAMP_0, TIMESTAMP_0 + 1501))
    | {tokenizer.sot, tokenizer.eot, tokenizer.no_speech, tokenizer.sot_prev}
)

Utterance = tuple[Audio, list[SpokenWord]]
Span = tuple[float, float] | None


@dataclass
class Example:
    """A window: log-mel (80, 100 per second), tokens, where each is heard (s), class per frame."""

    mel: torch.Tensor
    tokens: list[int]
    spans: list[Span]
    frames: torch.Tensor


def utterance(r: random.Random) -> Utterance | None:
    """Speak one training sentence; None where espeak ran words together."""
    words = training_sentence(r)
    words[0] = words[0].capitalize()
    words[-1] += "."
    if len(words) > 5 and r.random() < 0.25:
        words[r.randint(2, len(words) - 3)] += ","
    audio, times = speak(
        " ".join(words),
        training_voice(r),
        rate=r.randint(110, 190),
        pitch=r.randint(25, 75),
        pitch_range=r.randint(25, 75),
        word_gap=r.choice([0, 0, 0, 1, 2]),
    )
    peak = np.abs(audio).max()
    if [word.text for word in times] != words or peak < 0.01:
        return None
    last = np.nonzero(np.abs(audio) > 0.01 * peak)[0][-1]
    audio = audio[: last + 160] * (r.uniform(0.25, 1.0) / peak)
    return _stretched(audio, times, r.uniform(0.88, 1.14)) if r.random() < 0.5 else (audio, times)


def _stretched(audio: Audio, words: list[SpokenWord], factor: float) -> Utterance:
    """Play it `factor` times as long: every pitch and formant moves, as if from a new throat."""
    at = np.arange(0, len(audio) - 1, 1 / factor)
    moved = [SpokenWord(w.text, w.start * factor, w.end * factor) for w in words]
    return np.interp(at, np.arange(len(audio)), audio).astype(np.float32), moved


def example(r: random.Random, seconds: float, sentences: int, bank: list[Utterance]) -> Example:
    """Place up to `sentences` utterances of the bank in a window."""
    window = _Window(seconds)
    if r.random() < 0.04:
        sentences = 0
    t = r.choice([0.0, r.uniform(0, 1.5)])
    end = 0.0
    for _ in range(sentences):
        audio, words = r.choice(bank)
        gain = np.float32(r.uniform(0.4, 1.1))
        if not window.place(audio * gain, words, t):
            end = seconds
            break
        end = t + len(audio) / SAMPLE_RATE
        t = end + r.choice([r.uniform(0.1, 0.5), r.uniform(0.4, 1.5)])
    audio = _room(r, window.audio, speechless=sentences == 0)
    return window.finish(audio, end, min(seconds, end + r.choice([seconds, r.uniform(0.02, 1.5)])))


class _Window:
    def __init__(self, seconds: float) -> None:
        self.audio = np.zeros(int(seconds * SAMPLE_RATE), np.float32)
        self.frames = torch.zeros(int(seconds * FRAMES_PER_SECOND), dtype=torch.long)
        self.tokens = [tokenizer.sot]
        self.spans: list[Span] = [None]

    def place(self, sound: Audio, words: list[SpokenWord], t: float) -> bool:
        """Add an utterance at `t` seconds; False where it is cut off by the window's end."""
        at, end = int(t * SAMPLE_RATE), t + len(sound) / SAMPLE_RATE
        if at + len(sound) > len(self.audio):
            if at < len(self.audio) - SAMPLE_RATE // 10:  # as Whisper: only its start is told
                self.audio[at:] += sound[: len(self.audio) - at]
                self._stamp(t, (t - 0.15, t))
            return False
        self.audio[at : at + len(sound)] += sound
        self._stamp(t, (t - 0.15, t))
        for word in words:
            self._say(word.shifted(t))
        self._stamp(end, (end, end + 0.15))
        return True

    def finish(self, audio: Audio, end: float, length: float) -> Example:
        """End the tokens, "nothing more" being heard in all that follows `end` seconds.

        A recording that ends before the window, at `length` seconds, is padded as Whisper does:
        with zeros in the spectrogram, which is not how silence looks there.
        """
        if len(self.tokens) == 1:
            self._add(tokenizer.no_speech, None)
        seconds = len(audio) / SAMPLE_RATE
        self._add(tokenizer.eot, (end, seconds) if 0 < end < seconds else None)
        audio[int(length * SAMPLE_RATE) :] = 0
        mel = whisper.log_mel_spectrogram(torch.from_numpy(audio))
        mel[:, round(length * 100) :] = 0
        return Example(mel, self.tokens, self.spans, self.frames)

    def _say(self, word: SpokenWord) -> None:
        heard, after = (word.start, word.end), (word.end, word.end + 0.15)
        for token in tokenizer.encode(" " + word.text):
            self._add(token, after if token in _PUNCTUATION else heard)
        first = int(word.start * FRAMES_PER_SECOND)
        last = max(first + 1, int(word.end * FRAMES_PER_SECOND))
        self.frames[first:last] = WORD_CLASS[word.text.strip(".,").lower()]

    def _stamp(self, seconds: float, span: Span) -> None:
        self._add(TIMESTAMP_0 + round(min(seconds, 30) * FRAMES_PER_SECOND), span)

    def _add(self, token: int, span: Span) -> None:
        self.tokens.append(token)
        self.spans.append(span)


def _room(r: random.Random, audio: Audio, *, speechless: bool) -> Audio:
    """Reverberation, tilt of the spectrum, music and noise, each some of the time."""
    noise = np.random.default_rng(r.randrange(1 << 30))
    if r.random() < 0.25:
        decay = r.uniform(0.03, 0.15)  # seconds to fall by 8.7 dB: RT60 of 0.2 to 1 s
        n = int(5 * decay * SAMPLE_RATE)
        tail = noise.normal(0, 1, n) * np.exp(-np.arange(n) / (decay * SAMPLE_RATE))
        tail *= r.uniform(0.1, 0.5) / np.sqrt((tail**2).sum())
        tail[0] = 1
        audio = fftconvolve(audio, tail)[: len(audio)]
    if r.random() < 0.3:
        audio = lfilter([1, r.uniform(-0.6, 0.6)], [1], audio)
    if r.random() < (0.5 if speechless else 0.06):
        audio = audio + _chords(r, len(audio)) * (1 if speechless else 0.1)
    if r.random() < 0.6:
        hiss = noise.normal(0, 10 ** r.uniform(-4, -2), len(audio))
        if r.random() < 0.5:
            hiss = 3 * lfilter([1], [1, -r.uniform(0.5, 0.95)], hiss)
        audio = audio + hiss
    return np.asarray(audio, np.float32)


def _chords(r: random.Random, n: int) -> Audio:
    """Four-note chords, one after another: music that must not be heard as words."""
    t = np.arange(n) / SAMPLE_RATE
    beat = r.uniform(0.3, 1.2)
    out = np.zeros(n)
    for k in range(math.ceil(n / SAMPLE_RATE / beat)):
        on = (t >= k * beat) & (t < (k + 1) * beat)
        for _ in range(4):
            hz = 110 * 2 ** (r.randint(0, 36) / 12)
            out[on] += np.sin(2 * np.pi * hz * t[on]) * np.exp(-2 * (t[on] - k * beat))
    return (out * r.uniform(0.02, 0.12)).astype(np.float32)


class Batches(IterableDataset[tuple[torch.Tensor, ...]]):
    """An endless stream of batches of growing variety: new utterances are spoken all the while."""

    _SIZES = ((6.0, 16), (8.0, 12), (12.0, 8), (18.0, 5), (30.0, 4), (30.0, 4), (30.0, 4))

    def __init__(self, seed: int, bank_size: int, scale: int) -> None:
        self.seed, self.bank_size, self.scale = seed, bank_size, scale

    def __iter__(self) -> Iterator[tuple[torch.Tensor, ...]]:
        info = torch.utils.data.get_worker_info()
        r = random.Random(self.seed * 1000 + (info.id if info else 0))
        bank: list[Utterance] = []
        while True:
            wanted = 300 if not bank else 12
            for _ in range(wanted):
                spoken = utterance(r)
                if spoken and len(spoken[0]) < 7.5 * SAMPLE_RATE:
                    if len(bank) < self.bank_size:
                        bank.append(spoken)
                    else:
                        bank[r.randrange(self.bank_size)] = spoken
            seconds, size = r.choice(self._SIZES)
            counts = [_sentences(r, seconds) for _ in range(size * self.scale)]
            yield collate([example(r, seconds, count, bank) for count in counts])


def _sentences(r: random.Random, seconds: float) -> int:
    """Return how many to place: often as many as fit, as in the middle of a long recording.

    And often one or two alone, or the silence after them is filled with words.
    """
    full = max(1, int(seconds / 2.2))
    return r.choice([1, 2, r.randint(1, full), full, full])


def collate(rows: list[Example]) -> tuple[torch.Tensor, ...]:
    """Return mel (B, 80, T), tokens, targets (B, L), here, next (B, L, T/2), frames (B, T/2).

    `here` and `next` are 1 where the token just read, and the one to come, is heard.
    """
    size, longest = len(rows), max(len(row.tokens) for row in rows)
    width = len(rows[0].frames)
    tokens = torch.full((size, longest), tokenizer.eot)
    target = torch.full((size, longest), -100)
    here = torch.zeros(size, longest, width)
    for i, row in enumerate(rows):
        tokens[i, : len(row.tokens)] = torch.tensor(row.tokens)
        target[i, : len(row.tokens) - 1] = torch.tensor(row.tokens[1:])
        for j, span in enumerate(row.spans):
            if span:
                first = min(width - 1, max(0, int(span[0] * FRAMES_PER_SECOND)))
                last = min(width, math.ceil(span[1] * FRAMES_PER_SECOND))
                here[i, j, first : max(first + 1, last)] = 1
    following = torch.cat([here[:, 1:], torch.zeros(size, 1, width)], 1)
    mel = torch.stack([row.mel for row in rows])
    frames = torch.stack([row.frames for row in rows])
    return mel, tokens[:, :-1], target[:, :-1], here[:, :-1], following[:, :-1], frames
