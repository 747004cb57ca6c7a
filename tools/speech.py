"""Speech with exact word times, made by espeak-ng through libespeak-ng's word events.

Used to train the demo model and, in tests and benchmarks, as recordings whose truth is known.
Source of the event structure: espeak-ng/speak_lib.h (API revision 12).
"""

import ctypes as C
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.signal import resample_poly

Audio = npt.NDArray[np.float32]

_lib = C.CDLL("libespeak-ng.so.1")


class _Event(C.Structure):
    _fields_ = [
        ("type", C.c_int),
        ("uid", C.c_uint),
        ("text_position", C.c_int),
        ("length", C.c_int),
        ("audio_position_ms", C.c_int),
        ("sample", C.c_int),
        ("user", C.c_void_p),
        ("id", C.c_char * 8),
    ]


_WORD, _END_OF_LIST = 1, 0
_RATE, _PITCH, _RANGE, _WORDGAP = 1, 3, 4, 7
_SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: the samples come back, nothing is played
_CALLBACK = C.CFUNCTYPE(C.c_int, C.POINTER(C.c_short), C.c_int, C.POINTER(_Event))
_RATE_HZ: int = _lib.espeak_Initialize(_SYNCHRONOUS, 0, None, 0)
_SILENCE = 0.02  # of the peak: below this a word is over

SAMPLE_RATE = 16_000


@dataclass(frozen=True)
class SpokenWord:
    """One word as written, with the time at which it is heard, in seconds."""

    text: str
    start: float
    end: float

    def shifted(self, seconds: float) -> "SpokenWord":
        """Return the same word, later by `seconds`."""
        return SpokenWord(self.text, self.start + seconds, self.end + seconds)


_pcm: list[npt.NDArray[np.int16]] = []
_starts: list[tuple[int, float]] = []


@_CALLBACK
def _on_audio(samples, n, events):  # type: ignore[no-untyped-def]  # ctypes callback
    if samples and n > 0:
        _pcm.append(np.ctypeslib.as_array(samples, (n,)).copy())
    i = 0
    while events[i].type != _END_OF_LIST:
        if events[i].type == _WORD:
            _starts.append((events[i].text_position - 1, events[i].audio_position_ms / 1000))
        i += 1
    return 0


_lib.espeak_SetSynthCallback(_on_audio)
_lib.espeak_Synth.argtypes = [
    C.c_void_p,
    C.c_size_t,
    C.c_uint,
    C.c_int,
    C.c_uint,
    C.c_uint,
    C.POINTER(C.c_uint),
    C.c_void_p,
]


def speak(
    text: str,
    voice: str = "en-us",
    rate: int = 150,
    pitch: int = 50,
    pitch_range: int = 50,
    word_gap: int = 0,
) -> tuple[Audio, list[SpokenWord]]:
    """Return mono audio at 16 kHz (float32, -1 to 1) and each word's time.

    `rate` is in words per minute, `pitch` and `pitch_range` are 0 to 100, `word_gap` counts
    10 ms steps. `text` is ASCII, because espeak counts characters where we count bytes.

    Raises ValueError for a voice that espeak-ng does not have.
    """
    _pcm.clear()
    _starts.clear()
    if _lib.espeak_SetVoiceByName(voice.encode()) != 0:
        raise ValueError(f"espeak-ng has no voice {voice!r}")
    settings = ((_RATE, rate), (_PITCH, pitch), (_RANGE, pitch_range), (_WORDGAP, word_gap))
    for parameter, value in settings:
        _lib.espeak_SetParameter(parameter, value, 0)
    raw = text.encode("ascii") + b"\0"
    _lib.espeak_Synth(raw, len(raw), 0, 1, 0, 1, None, None)
    _lib.espeak_Synchronize()
    native = np.concatenate(_pcm).astype(np.float32) / 32768
    _starts[:] = [(p, t) for p, t in _starts if p == 0 or text[p - 1].isspace()]  # not for marks
    words = [_word(native, text, i) for i in range(len(_starts))]
    divisor = int(np.gcd(SAMPLE_RATE, _RATE_HZ))
    audio = resample_poly(native, SAMPLE_RATE // divisor, _RATE_HZ // divisor)
    return audio.astype(np.float32), words


def _word(audio: Audio, text: str, i: int) -> SpokenWord:
    """Espeak tells where a word starts; it ends where the sound before the next falls silent."""
    position, start = _starts[i]
    limit = _starts[i + 1][1] if i + 1 < len(_starts) else len(audio) / _RATE_HZ
    step = int(0.01 * _RATE_HZ)
    span = np.abs(audio[int(start * _RATE_HZ) : int(limit * _RATE_HZ)])
    threshold = _SILENCE * np.abs(audio).max()
    loud = [j for j in range(0, len(span), step) if span[j : j + step].max() > threshold]
    end = start + (loud[-1] / _RATE_HZ + 0.01 if loud else 0.05)
    return SpokenWord(text[position:].split(maxsplit=1)[0], start, min(end, limit))
