"""Stills of a finished video: its poster, and sheets of several."""

from collections.abc import Sequence
from pathlib import Path

from karaokify_daemon.adapters.ffmpeg.sources import url
from karaokify_daemon.adapters.ffmpeg.tools import Ffmpeg
from karaokify_daemon.domain.names import printable

_DEADLINE_S = 300.0
# A name that is a pattern is no stranger's: files are numbered in a folder that FFmpeg runs in.
_PATTERN = "still-{group:03d}-%03d.jpg"
# FFmpeg holds the index of a file for each time that it is opened: 6 MB for an hour of an MP4.
_MOST_MS = 2 * 3_600_000  # of all that are open at once
_JPEG = ("-q:v", "3", "-pix_fmt", "yuvj420p")


def stills(tools: Ffmpeg, video: Path, times_ms: Sequence[int], folder: Path) -> list[Path]:
    """Write the first frame from each time on as a JPEG; return them, in order.

    Where a video ends before, there is none. Of a long video only a few are taken at once, in
    bounded memory. Raises what Ffmpeg.run raises.
    """
    at_once = max(1, _MOST_MS // max([1, *times_ms]))
    for i in range(0, len(times_ms), at_once):
        _some(tools, video, times_ms[i : i + at_once], folder, _PATTERN.format(group=i))
    return sorted(folder.glob("still-*.jpg"))


def _some(tools: Ffmpeg, video: Path, times_ms: Sequence[int], folder: Path, pattern: str) -> None:
    inputs = [
        part
        for ms in times_ms
        for part in ("-threads", "1", "-ss", f"{ms / 1000:.3f}", "-i", url(video))
    ]
    cut = "".join(f"[{i}:v:0]trim=end_frame=1[s{i}];" for i in range(len(times_ms)))
    joined = "".join(f"[s{i}]" for i in range(len(times_ms)))
    # The encoder counts in the rate of what it is given, which must be that of these times.
    graph = f"{cut}{joined}concat=n={len(times_ms)},settb=1/25,setpts=N,fps=25"
    output = ["-map_metadata", "-1", "-fps_mode", "passthrough", *_JPEG, "-f", "image2", pattern]
    tools.run(
        [*inputs, "-filter_complex", graph, *output],
        file=printable(video.name),
        deadline=_DEADLINE_S,
        cwd=folder,
    )


def sheet(
    tools: Ffmpeg, pictures: Sequence[Path], out: Path, *, columns: int, width: int, height: int
) -> None:
    """Put pictures into rows of `columns`, each `width` by `height` pixels; `out` is PNG or JPEG.

    Raises what Ffmpeg.run raises.
    """
    rows = -(-len(pictures) // columns)
    # A `%` of a path is one, not the number of a sequence.
    inputs = [
        part
        for path in pictures
        for part in ("-f", "image2", "-pattern_type", "none", "-i", url(path))
    ]
    size = f"scale={width}:{height}:flags=area,setsar=1"
    scaled = "".join(f"[{i}:v]{size}[s{i}];" for i in range(len(pictures)))
    joined = "".join(f"[s{i}]" for i in range(len(pictures)))
    tiled = f"concat=n={len(pictures)},tile={columns}x{rows}:padding=8:margin=8:color=black"
    kind = [] if out.suffix == ".png" else [*_JPEG, "-f", "mjpeg"]
    tools.run(
        [*inputs, "-filter_complex", f"{scaled}{joined}{tiled}", "-frames:v", "1", *kind, url(out)],
        file=printable(out.name),
        deadline=_DEADLINE_S,
    )
