"""Stills of a finished video: its poster, and sheets of several."""

from collections.abc import Sequence
from pathlib import Path

from karaokify_daemon.adapters.ffmpeg.sources import url
from karaokify_daemon.adapters.ffmpeg.tools import Ffmpeg
from karaokify_daemon.domain.names import printable

_DEADLINE_S = 300.0
# A name that is a pattern is no stranger's: files are numbered in a folder that FFmpeg runs in.
_PATTERN = "still-%03d.jpg"
_JPEG = ("-q:v", "3", "-pix_fmt", "yuvj420p")


def stills(tools: Ffmpeg, video: Path, times_ms: Sequence[int], folder: Path) -> list[Path]:
    """Write the first frame from each time on as a JPEG; return them, in order.

    Where a video ends before, there is none. Raises what Ffmpeg.run raises.
    """
    inputs = [
        part
        for ms in times_ms
        for part in ("-threads", "1", "-ss", f"{ms / 1000:.3f}", "-i", url(video))
    ]
    cut = "".join(f"[{i}:v:0]trim=end_frame=1[s{i}];" for i in range(len(times_ms)))
    joined = "".join(f"[s{i}]" for i in range(len(times_ms)))
    # The encoder counts in the rate of what it is given, which must be that of these times.
    graph = f"{cut}{joined}concat=n={len(times_ms)},settb=1/25,setpts=N,fps=25"
    output = ["-map_metadata", "-1", "-fps_mode", "passthrough", *_JPEG, "-f", "image2", _PATTERN]
    tools.run(
        [*inputs, "-filter_complex", graph, *output],
        file=printable(video.name),
        deadline=_DEADLINE_S,
        cwd=folder,
    )
    return sorted(folder.glob("still-*.jpg"))


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
