"""Word times out of a CTranslate2 model, found for each segment within its own time.

faster-whisper looks for the words of a window in all of it, without regard to the times that the
model has told for the segments: the first words after pauses come too early, and their neighbours
with them. Here each segment's are looked for in the sound of its own time only, as
whisper-timestamped does. With the demo model, that brings the mean error of word starts from 56 to
14 ms (docs/accuracy.md).
"""

from math import exp
from typing import Any

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.transcribe import merge_punctuations

from karaokify_daemon.adapters.whisper.faster.watch import Watch, Watched

_FRAME_S = 0.02  # of the encoder's output
_FRAMES_PER_TOKEN = 2
_FAINTEST = 0.3
_USUAL_S = 0.7  # that a word takes, at most; source: faster_whisper.transcribe


class Model(WhisperModel):  # type: ignore[misc]  # the package has no types
    """A model with word times of our own; its native calls are watched."""

    def __init__(self, folder: str, watch: Watch, **options: Any) -> None:
        super().__init__(folder, local_files_only=True, **options)
        self.model: Any = Watched(self.model, watch)
        self._expected = 0.0

    def generate_with_fallback(self, *args: Any, **options: Any) -> tuple[Any, float, float, float]:
        """Return what faster-whisper does, and note how likely the words of the window are."""
        found: tuple[Any, float, float, float] = super().generate_with_fallback(*args, **options)
        self._expected = found[1]
        return found

    def add_word_timestamps(
        self,
        segments: list[list[dict[str, Any]]],
        tokenizer: Any,
        encoder_output: Any,
        num_frames: int | list[int],
        prepend_punctuations: str,
        append_punctuations: str,
        last_speech_timestamp: float,
    ) -> float:
        """Give each segment of each window its words; return when the last one ends, in seconds."""
        sound = np.array(encoder_output.to_device(ctranslate2.Device.cpu))
        marks = (prepend_punctuations, append_punctuations)
        for i, window in enumerate(segments):
            frames = num_frames[i] if isinstance(num_frames, list) else num_frames
            heard = sound[i : i + 1]
            chances = [self._place(part, tokenizer, heard, frames, marks) for part in window]
            if min(chances, default=1.0) < _FAINTEST:  # its own sound alone does not tell enough
                whole = ctranslate2.StorageView.from_array(np.ascontiguousarray(heard))
                last_speech_timestamp = super().add_word_timestamps(
                    [window], tokenizer, whole, frames, *marks, last_speech_timestamp
                )
            ends = [part["end"] for part in window if part["words"]]
            last_speech_timestamp = max([last_speech_timestamp, *ends])
        return last_speech_timestamp

    def _place(
        self,
        segment: dict[str, Any],
        tokenizer: Any,
        sound: Any,
        frames: int,
        marks: tuple[str, str],
    ) -> float:
        """Find a segment's words; return how likely most are, for 1 in the whole window."""
        segment["words"] = []
        tokens = [token for token in segment["tokens"] if token < tokenizer.eot]
        if not tokens:
            return 1.0
        offset = segment["seek"] / self.frames_per_second
        first, last = _frames(segment, offset, len(tokens), frames // self.input_stride)
        part = ctranslate2.StorageView.from_array(np.ascontiguousarray(sound[:, first:last]))
        size = (last - first) * self.input_stride
        (found,) = self.find_alignment(tokenizer, [tokens], part, size)
        chance = float(np.median([word["probability"] for word in found] or [1.0]))
        merge_punctuations(found, *marks)
        offset += first * _FRAME_S
        segment["words"] = [
            {
                "word": word["word"],
                "start": round(offset + float(word["start"]), 2),
                "end": round(offset + float(word["end"]), 2),
                "probability": float(word["probability"]),
            }
            for word in found
            if word["word"]
        ]
        if words := segment["words"]:
            _shorten(words)
            segment["start"], segment["end"] = words[0]["start"], words[-1]["end"]
        return chance / exp(segment.get("avg_logprob", self._expected))


def _shorten(words: list[dict[str, Any]]) -> None:
    """Begin the first word later where it is longer than any would be: it was sought from there."""
    usual = min(_USUAL_S, float(np.median([word["end"] - word["start"] for word in words])))
    first = words[0]
    first["start"] = round(max(first["start"], first["end"] - 2 * usual), 2)


def _frames(segment: dict[str, Any], offset: float, tokens: int, total: int) -> tuple[int, int]:
    """Return the first frame of a segment in its window, and the one after its last."""
    first, last = (round((segment[edge] - offset) / _FRAME_S) for edge in ("start", "end"))
    needed = min(total, _FRAMES_PER_TOKEN * (tokens + 1))
    last = min(total, max(last, first + needed))
    return max(0, min(first, last - needed)), last
