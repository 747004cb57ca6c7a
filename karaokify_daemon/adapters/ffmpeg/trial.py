"""Which encoder works here, by encoding a few frames with it.

What FFmpeg lists, and which devices there are, says little: a driver may be missing, too old, or
have no room for another session.
"""

import os
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from karaokify_daemon.adapters.ffmpeg.encoders import (
    LIBX264,
    NVENC,
    VAAPI,
    Encoder,
    arguments,
    candidates,
)
from karaokify_daemon.adapters.ffmpeg.process import find
from karaokify_daemon.adapters.ffmpeg.tools import Cancelled, Ffmpeg, never
from karaokify_daemon.config import Video
from karaokify_daemon.errors import CancelledError, KaraokifyError, MachineError

_FRAMES, _RATE = 10, 30
_DEADLINE_S = 30.0  # a graphics card may have to be woken up
_REFUSED_S = 3600.0  # then it is tried again: drivers come back, and the service runs for months
_MOST_VERDICTS = 256  # a stranger's options may ask for any size
_TAGS = re.compile(r"^(\[[^\]]*\] ?)+")
_OF_ENCODERS = re.compile(r"^[^ ].*(nvenc|vaapi|AVHW|CUDA)", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The encoder to use; `reasons` says, by name, why others that come first are not.

    `is_news`: something was tried for it, and not only remembered.
    """

    encoder: Encoder = LIBX264
    reasons: Mapping[str, str] = field(default_factory=dict)
    is_news: bool = False


@dataclass(frozen=True)
class _Verdict:
    reason: str | None  # None: it works
    at: float


_Key = tuple[object, ...]
_verdicts: dict[_Key, _Verdict] = {}
_trying = threading.Lock()  # of two renders at once one tries, and the other hears of it


def choose(tools: Ffmpeg, video: Video, *, cancelled: Cancelled = never) -> Chosen:
    """Return the encoder that is configured, where it works for such a video, else libx264.

    Raises CancelledError, and MachineError where there is no FFmpeg.
    """
    if video.encoder == LIBX264.name:
        return Chosen()
    reasons: dict[str, str] = {}
    is_news = False
    for name in (NVENC, VAAPI) if video.encoder == "auto" else (video.encoder,):
        refused = []
        for encoder in candidates(name):
            key = _key(tools, video, encoder)
            with _trying:
                verdict = _remembered(key)
                if verdict is None:
                    is_news = True
                    verdict = _pronounced(key, _trouble(tools, video, encoder, cancelled))
            if verdict.reason is None:
                return Chosen(encoder=encoder, reasons=reasons, is_news=is_news)
            refused.append(verdict.reason)
        reasons[name] = refused[0]
    return Chosen(reasons=reasons, is_news=is_news)


def distrust(tools: Ffmpeg, video: Video, encoder: Encoder, reason: str) -> None:
    """Remember that an encoder has failed where libx264 has not; it is not tried for a while."""
    _pronounced(_key(tools, video, encoder), f"it has failed in a render: {reason}")


def reason_of(error: KaraokifyError) -> str:
    """Return in FFmpeg's words, if it said any, why an encoder has failed."""
    lines = str(error.details.get("stderr", "")).splitlines()
    said = [line for line in lines if _OF_ENCODERS.match(line)] or error.cause[-1:]
    return _TAGS.sub("", said[0]).strip().rstrip(".") if said else error.problem


def _remembered(key: _Key) -> _Verdict | None:
    verdict = _verdicts.get(key)
    if verdict is None or verdict.reason is None:
        return verdict
    return verdict if time.monotonic() - verdict.at < _REFUSED_S else None


def _pronounced(key: _Key, reason: str | None) -> _Verdict:
    if len(_verdicts) >= _MOST_VERDICTS:
        _verdicts.clear()
    verdict = _verdicts[key] = _Verdict(reason, time.monotonic())
    return verdict


def _key(tools: Ffmpeg, video: Video, encoder: Encoder) -> _Key:
    """Return what a verdict holds for: this FFmpeg, asked for the same."""
    program = Path(find(tools.limits.ffmpeg)).resolve()
    state = program.stat()
    return (program, state.st_ino, state.st_mtime_ns, state.st_size, *_arguments(video, encoder))


def _trouble(tools: Ffmpeg, video: Video, encoder: Encoder, cancelled: Cancelled) -> str | None:
    """Encode a few frames; return why that is not possible."""
    if (node := encoder.device) is not None and not os.access(node, os.R_OK | os.W_OK):
        return f"the service's user may not use {node}" if node.exists() else f"there is no {node}"
    try:
        tools.within(encoder.limits(tools.limits)).run(
            _arguments(video, encoder),
            file=encoder.name,
            deadline=_DEADLINE_S,
            cancelled=cancelled,
        )
    except (CancelledError, MachineError):
        raise
    except KaraokifyError as error:
        return reason_of(error)
    return None


def _arguments(video: Video, encoder: Encoder) -> list[str]:
    drawn = f"color=s={video.size}:r={_RATE},format=yuv420p"
    ending = [name if value is None else f"{name}={value}" for name, value in encoder.ending]
    graph = ",".join([drawn, *ending])
    options = arguments(encoder.options(video, Fraction(_RATE)))
    return [
        *encoder.leading,
        *("-filter_complex", f"{graph}[v]", "-map", "[v]", "-frames:v", str(_FRAMES)),
        *(*options, "-f", "null", "pipe:1"),
    ]
