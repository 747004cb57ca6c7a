"""One pass over a recording: its sound as 16 kHz mono samples, and how loud it is."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from karaokify_daemon.adapters.ffmpeg import sound
from karaokify_daemon.adapters.ffmpeg.probe import MediaInfo
from karaokify_daemon.adapters.ffmpeg.sources import input_arguments, url
from karaokify_daemon.adapters.ffmpeg.tools import Cancelled, Ffmpeg, OnProgress, never
from karaokify_daemon.domain.channels import MOST_CHANNELS
from karaokify_daemon.domain.loudness import Loudness
from karaokify_daemon.domain.names import printable
from karaokify_daemon.errors import (
    FfmpegDiedError,
    FfmpegError,
    LimitError,
    NoAudioError,
    NotMediaError,
)

SAMPLE_RATE = 16_000
_BYTES_PER_SAMPLE = 2
_SHORTEST_DEADLINE = 60.0

_DAMAGED = re.compile(
    r"corrupt|error while decoding|decoding error|error submitting|invalid data|prematurely|"
    r"do not match|crc mismatch|header missing|truncated",
    re.IGNORECASE,
)
_TOLERANCE, _TOLERATED_MS = 0.01, 1000
_ADDRESS = re.compile(r"\[[^\]]* @ 0x[0-9a-f]+\]")


@dataclass(frozen=True, kw_only=True)
class Decoded:
    """Signed 16-bit little-endian mono samples at 16 kHz in a file, their hash and loudness."""

    pcm: Path
    duration_ms: int
    sha256: str
    loudness: Loudness
    damage: str | None = None  # what FFmpeg said of it, where it did

    def to_dict(self) -> dict[str, Any]:
        """Return everything but where the samples are, for JSON."""
        return {key: value for key, value in asdict(self).items() if key != "pcm"}

    @classmethod
    def from_dict(cls, pcm: Path, data: Mapping[str, Any]) -> Self:
        """Return what `to_dict` has made a dictionary of."""
        loudness = Loudness(**data["loudness"])
        duration_ms, sha256 = data["duration_ms"], data["sha256"]
        return cls(
            pcm=pcm,
            duration_ms=duration_ms,
            sha256=sha256,
            loudness=loudness,
            damage=data.get("damage"),
        )

    def is_intact(self) -> bool:
        """Tell whether the samples are there as they were decoded. Reads them all."""
        try:
            return _sha256(self.pcm) == self.sha256
        except OSError:
            return False


def decode(
    tools: Ffmpeg,
    media: Path,
    pcm: Path,
    info: MediaInfo,
    *,
    on_progress: OnProgress | None = None,
    cancelled: Cancelled = never,
) -> Decoded:
    """Decode a recording's sound into `pcm` and measure it.

    Raises NoAudioError, NotMediaError, LimitError, and what Ffmpeg.run raises.
    """
    name = printable(media.name)
    if info.audio is None:
        raise NoAudioError("has no audio stream", file=name)
    if info.audio.channels > MOST_CHANNELS:
        many = f"has {info.audio.channels} channels; FFmpeg mixes up to {MOST_CHANNELS}"
        raise LimitError(many, file=name, advice="Export it with fewer.")
    try:
        log = tools.run(
            _arguments(media, pcm, info, tools.limits.max_duration_seconds),
            file=name,
            deadline=_deadline(tools, info),
            duration_ms=info.duration_ms,
            on_progress=on_progress,
            cancelled=cancelled,
        )
    except FfmpegDiedError:
        raise
    except FfmpegError as error:
        raise _undecodable(error, name) from error
    samples = pcm.stat().st_size // _BYTES_PER_SAMPLE
    if samples == 0:
        raise NoAudioError("has an audio stream without any sound in it", file=name)
    if samples > tools.limits.max_duration_seconds * SAMPLE_RATE:
        limit = f"{tools.limits.max_duration_seconds:.0f}"
        raise LimitError(f"lasts longer than limits.max_duration_seconds = {limit}", file=name)
    duration_ms = round(samples * 1000 / SAMPLE_RATE)
    return Decoded(
        pcm=pcm,
        duration_ms=duration_ms,
        sha256=_sha256(pcm),
        loudness=sound.loudness(log),
        damage=_damage(log) or _missing(info.declared_ms, duration_ms),
    )


def _damage(log: str) -> str | None:
    """Return the first line in which FFmpeg says that something in the file is not as it should be.

    Indented lines are left out: there it repeats what stands in the file.
    """
    for line in log.splitlines():
        if not line.startswith(" ") and _DAMAGED.search(line):
            return _ADDRESS.sub("", line).strip()
    return None


def _missing(declared_ms: int | None, found_ms: int) -> str | None:
    """Return in words that there is less sound than the file says, where it clearly is."""
    if declared_ms is None or found_ms > declared_ms * (1 - _TOLERANCE) - _TOLERATED_MS:
        return None
    return f"{declared_ms / 1000:.1f} s of sound are declared, {found_ms / 1000:.1f} s are there"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _arguments(media: Path, pcm: Path, info: MediaInfo, longest: float) -> list[str]:
    heard = sound.on_timeline(sound.channels_of(info.audio))
    mono = (
        f"aresample={SAMPLE_RATE},"
        f"aformat=sample_fmts=s16:sample_rates={SAMPLE_RATE}:channel_layouts=mono"
    )
    graph = (
        f"[0:a:0]{sound.text(heard)},asplit[heard][kept];"
        f"[heard]{sound.text(sound.resampled())},{sound.METER}[loud];[kept]{mono}[mono]"
    )
    # One second over the limit is enough to see that it is exceeded.
    cut = ["-t", f"{longest + 1:.0f}"]
    return [
        *("-loglevel", "info", *input_arguments(media), "-filter_complex", graph),
        *("-map", "[mono]", *cut, "-map_metadata", "-1", "-f", "s16le", url(pcm)),
        *("-map", "[loud]", *cut, "-f", "null", "pipe:1"),
    ]


def _deadline(tools: Ffmpeg, info: MediaInfo) -> float:
    limits = tools.limits
    seconds = info.duration_ms / 1000 if info.duration_ms else limits.max_duration_seconds
    return max(_SHORTEST_DEADLINE, seconds * limits.decode_deadline_factor)


def _undecodable(error: FfmpegError, name: str) -> FfmpegError | NotMediaError:
    stderr = str(error.details.get("stderr", ""))
    if "Invalid data found" in stderr:
        return NotMediaError("has sound that cannot be decoded", file=name, stderr=stderr)
    return error
