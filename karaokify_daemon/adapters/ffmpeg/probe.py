"""What a media file holds, asked of ffprobe."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from karaokify_daemon.adapters.ffmpeg.sources import input_arguments
from karaokify_daemon.adapters.ffmpeg.tools import Ffmpeg
from karaokify_daemon.domain.chapters import Chapter
from karaokify_daemon.domain.names import IMAGE, printable, suffix
from karaokify_daemon.errors import (
    FfmpegDiedError,
    FfmpegError,
    KaraokifyError,
    LimitError,
    MachineError,
    NotMediaError,
    SidecarError,
)

_FRAME_SECONDS = 60.0
_HIGHEST_RATE = 480  # of cameras; what says more means something else
_ENTRIES = (
    "format=duration,start_time,format_name:stream=codec_type,codec_name,sample_rate,channels,channel_layout,width,height,"
    "sample_aspect_ratio,color_space,color_transfer,color_primaries,field_order,avg_frame_rate,"
    "r_frame_rate,duration:stream_disposition=attached_pic:"
    "stream_side_data=rotation:chapter=start_time:chapter_tags=title"
)

# Of these, FFmpeg tells when they end rather than how long they last: recordings of a broadcast
# may start at hours.
_ABSOLUTE = ("mov", "matroska")
_DECLARING = ("flac", *_ABSOLUTE)


@dataclass(frozen=True, kw_only=True)
class AudioStream:
    """The first audio stream: its codec, sample rate in Hz and number of channels.

    `layout` is FFmpeg's name for where the channels are heard, None where the file does not say.
    """

    codec: str
    sample_rate: int
    channels: int
    layout: str | None = None


@dataclass(frozen=True, kw_only=True)
class VideoStream:
    """The first moving picture; width and height are as shown: turned, with square pixels.

    `ordinal` is its number among the video streams, which cover art may come before; `rate` is in
    frames a second, None where the file does not say.
    """

    ordinal: int
    codec: str
    width: int
    height: int
    rate: Fraction | None
    rotation: int = 0
    color_space: str | None = None
    transfer: str | None = None
    primaries: str | None = None
    interlaced: bool = False


@dataclass(frozen=True, kw_only=True)
class MediaInfo:
    """What a file holds; cover art is no video stream; an image is one without a duration."""

    duration_ms: int | None
    audio: AudioStream | None
    video: VideoStream | None
    audio_duration_ms: int | None = None
    video_duration_ms: int | None = None
    declared_ms: int | None = None  # how long the sound is, where a file says that of itself
    chapters: tuple[Chapter, ...] = ()  # as the file has them


def probe(tools: Ffmpeg, path: Path) -> MediaInfo:
    """Return what a recording or an image holds.

    Raises NotMediaError for what is neither, LimitError for what is longer or larger than the
    configuration allows.
    """
    name = printable(path.name)
    _refuse_empty(path, name)
    try:
        told = tools.probe_json([*_asked(path), *input_arguments(path)], file=name)
    except FfmpegDiedError:  # whatever it had said before: what killed it is not in the file
        raise
    except FfmpegError as error:
        raise _not_media(error, name) from error
    info = _info(told, still=suffix(path) in IMAGE)
    if info.audio is None and info.video is None:
        raise NotMediaError("has neither sound nor a picture", file=name)
    _refuse_long(info, tools, name)
    for stream in told.get("streams", []):
        _refuse_large(stream, tools, name)
    return info


def probe_background(
    tools: Ffmpeg, path: Path, *, configured: bool = False, key: str = "background"
) -> MediaInfo:
    """Return what a background, or a logo, holds; its first frame is decoded, too.

    Raises SidecarError, naming the background, for what cannot be one; MachineError where it is
    `configured` for all recordings, as video.`key`: none of them is at fault then.
    """
    name = printable(path.name)
    try:
        info = probe(tools, path)
        if info.video is not None:
            first = ["-map", f"0:v:{info.video.ordinal}", "-frames:v", "1", "-f", "null", "-"]
            tools.run([*input_arguments(path), *first], file=name, deadline=_FRAME_SECONDS)
    except FfmpegDiedError:
        raise
    except (NotMediaError, LimitError, FfmpegError) as error:
        if isinstance(error, FfmpegError) and not error.details.get("stderr"):
            raise  # FFmpeg is missing, or was killed: that is not the file's fault
        problem = f"the {key} {error.problem}"
        raise _unfit(problem, path, key if configured else None, **error.details) from error
    if info.video is None:
        raise _unfit(f"the {key} has no picture", path, key if configured else None)
    return info


def _asked(path: Path) -> list[str]:
    if suffix(path) not in IMAGE:
        return ["-show_entries", _ENTRIES]
    # How a camera was held is told with the frame alone.
    return ["-show_entries", _ENTRIES + ":frame_side_data=rotation", "-read_intervals", "%+#1"]


def _unfit(problem: str, path: Path, key: str | None, **details: Any) -> KaraokifyError:
    if key:
        advice = f"Correct video.{key} in the configuration; it should be absolute."
        return MachineError(problem, file=printable(str(path)), advice=advice, **details)
    return SidecarError(problem, file=printable(path.name), **details)


def _refuse_empty(path: Path, name: str) -> None:
    try:
        size = path.stat().st_size
    except OSError as error:
        raise NotMediaError(
            f"cannot be read ({error.strerror})",
            file=name,
            advice="Check its path and its permissions.",
        ) from error
    if size == 0:
        raise NotMediaError("is empty", file=name, advice="Copy the file again.")


def _not_media(error: FfmpegError, name: str) -> FfmpegError | NotMediaError:
    stderr = str(error.details.get("stderr", ""))
    if not stderr:
        return error  # ffprobe is missing, or was killed: that is not the file's fault
    if "moov atom not found" in stderr:
        return NotMediaError(
            "is incomplete: its index, at the end of the file, is missing",
            file=name,
            advice="Copy or export it again to the end; the recording was cut off.",
            stderr=stderr,
        )
    return NotMediaError(
        "is not a recording or a picture that is understood", file=name, stderr=stderr
    )


def _info(told: dict[str, Any], *, still: bool) -> MediaInfo:
    streams = told.get("streams", [])
    audio = next((s for s in streams if s.get("codec_type") == "audio"), None)
    videos = [s for s in streams if s.get("codec_type") == "video"]
    ordinal, video = next(((n, s) for n, s in enumerate(videos) if not _is_cover(s)), (0, None))
    return MediaInfo(
        duration_ms=None if still else _duration_ms(told.get("format", {})),
        audio=_audio(audio) if audio else None,
        video=(
            _video(video, ordinal, still=_frame(told) if still else None)
            if video and video.get("width") and video.get("height")
            else None
        ),
        audio_duration_ms=_ms((audio or {}).get("duration")),
        video_duration_ms=_ms((video or {}).get("duration")),
        declared_ms=_declared_ms(told.get("format", {}), audio or {}, alone=video is None),
        chapters=_chapters(told),
    )


def _chapters(told: dict[str, Any]) -> tuple[Chapter, ...]:
    begin = _ms(told.get("format", {}).get("start_time")) or 0  # FFmpeg moves it to 0
    return tuple(
        Chapter(
            (_ms(part.get("start_time")) or 0) - begin, str(part.get("tags", {}).get("title", ""))
        )
        for part in told.get("chapters", [])
    )


def _declared_ms(container: dict[str, Any], audio: dict[str, Any], *, alone: bool) -> int | None:
    """Return the length of the sound from a header; of other formats FFmpeg estimates it."""
    if not str(container.get("format_name")).startswith(_DECLARING):
        return None
    return _ms(audio.get("duration")) or (_duration_ms(container) if alone else None)


def _duration_ms(container: dict[str, Any]) -> int | None:
    duration = _ms(container.get("duration"))
    if duration is None or not str(container.get("format_name")).startswith(_ABSOLUTE):
        return duration
    start = _ms(container.get("start_time")) or 0  # FFmpeg moves it to 0
    return duration - start if start < duration else duration


def _is_cover(stream: dict[str, Any]) -> bool:
    return bool(stream.get("disposition", {}).get("attached_pic"))


def _audio(stream: dict[str, Any]) -> AudioStream:
    layout = stream.get("channel_layout")
    return AudioStream(
        codec=str(stream.get("codec_name", "unknown")),
        sample_rate=int(stream.get("sample_rate", 0)),
        channels=int(stream.get("channels", 0)),
        layout=None if layout in (None, "unknown") else str(layout),
    )


def _frame(told: dict[str, Any]) -> dict[str, Any]:
    found: list[dict[str, Any]] = told.get("frames", [])
    return found[0] if found else {}


def _video(stream: dict[str, Any], ordinal: int, still: dict[str, Any] | None) -> VideoStream:
    """Return a stream; `still` is the one frame of an image, whose pixels count as square."""
    width, height = int(stream["width"]), int(stream["height"])
    if still is None:
        width = max(1, round(width * _ratio(stream.get("sample_aspect_ratio"), ":", Fraction(1))))
    turned = stream if still is None else still
    turns = [data.get("rotation", 0) for data in turned.get("side_data_list", [])]
    rotation = round(float(next((turn for turn in turns if turn), 0))) % 360
    if rotation % 180 == 90:
        width, height = height, width
    return VideoStream(
        ordinal=ordinal,
        codec=str(stream.get("codec_name", "unknown")),
        width=width,
        height=height,
        rate=_rate(stream),
        rotation=rotation,
        color_space=_known(stream.get("color_space")),
        transfer=_known(stream.get("color_transfer")),
        primaries=_known(stream.get("color_primaries")),
        interlaced=_known(stream.get("field_order")) not in (None, "progressive"),
    )


def _known(value: Any) -> str | None:
    return None if value in (None, "unknown", "reserved") else str(value)


def _rate(stream: dict[str, Any]) -> Fraction | None:
    """Return the mean rate, else the declared one, which some files fill with their time base."""
    mean = _ratio(stream.get("avg_frame_rate"), "/", Fraction(0))
    declared = _ratio(stream.get("r_frame_rate"), "/", Fraction(0))
    return mean or (declared if declared <= _HIGHEST_RATE else Fraction(0)) or None


def _ratio(text: Any, sign: str, otherwise: Fraction) -> Fraction:
    above, _, below = str(text).partition(sign)
    if not (above.isdigit() and below.isdigit() and int(above) and int(below)):
        return otherwise
    return Fraction(int(above), int(below))


def _ms(seconds: Any) -> int | None:
    try:
        ms = round(float(seconds) * 1000)
    except (TypeError, ValueError, OverflowError):
        return None
    return ms if ms > 0 else None


def _refuse_long(info: MediaInfo, tools: Ffmpeg, name: str) -> None:
    limits = tools.limits
    if info.duration_ms and info.duration_ms > limits.max_duration_seconds * 1000:
        raise LimitError(
            f"lasts {info.duration_ms / 1000:.0f} s, longer than "
            f"limits.max_duration_seconds = {limits.max_duration_seconds:.0f}",
            file=name,
        )


def _refuse_large(stream: dict[str, Any], tools: Ffmpeg, name: str) -> None:
    """Refuse any stream that is too large, cover art as well, whichever will be shown."""
    width, height = int(stream.get("width") or 0), int(stream.get("height") or 0)
    if width * height > tools.limits.max_pixels:
        raise LimitError(
            f"has pictures of {width}x{height}, larger than "
            f"limits.max_pixels = {tools.limits.max_pixels}",
            file=name,
        )
