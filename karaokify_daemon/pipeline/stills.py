"""The stills of a bundle: a poster from a good frame, the video's cover, and a contact sheet."""

import shutil
import tempfile
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from karaokify_daemon.adapters import ffmpeg
from karaokify_daemon.adapters.cover import write_cover
from karaokify_daemon.config import Video
from karaokify_daemon.domain.captions import Caption

_GRIDS = {12: 4, 9: 3, 6: 3, 4: 2, 1: 1}  # how many stills, in how many columns
_APART_MS = 1500  # at least; a shorter video has fewer stills
_SHEET_WIDTH, _MARGIN = 1280, 8
_NEARLY = 0.95  # as good as the best: the earlier one is taken


def write_stills(
    tools: ffmpeg.Ffmpeg,
    video: Path,
    options: Video,
    captions: Sequence[Caption],
    *,
    duration_ms: int,
    rate: Fraction,
    poster: Path,
    contact: Path | None = None,
) -> None:
    """Write a video's poster, into it as its cover, too, and its contact sheet where one is wanted.

    Raises what running FFmpeg and writing the cover raise.
    """
    last = int((round(duration_ms * rate / 1000) - 1) * 1000 / rate)
    times = times_of(captions, duration_ms, max(0, last))
    with tempfile.TemporaryDirectory(prefix=".stills-", dir=video.parent) as folder:
        found = ffmpeg.stills(tools, video, times, Path(folder))
        shutil.copyfile(best(found), poster)
        if contact is not None:
            columns = _GRIDS[len(times)]
            width = (_SHEET_WIDTH - _MARGIN * (columns + 1)) // columns
            height = round(width * options.height / options.width)
            ffmpeg.sheet(tools, found, contact, columns=columns, width=width, height=height)
    write_cover(video, poster)


def times_of(captions: Sequence[Caption], duration_ms: int, last_ms: int) -> list[int]:
    """Return when stills are taken: all over the video, where possible while something is said.

    None is after `last_ms`, the time of the last frame.
    """
    count = next(n for n in _GRIDS if n == 1 or duration_ms >= n * _APART_MS)
    said = [(word.start + word.end) // 2 for c in captions for word in c.words[-1:]]
    times = []
    for i in range(count):
        begin, end = duration_ms * i // count, duration_ms * (i + 1) // count
        middle = (begin + end) // 2
        inside = [ms for ms in said if begin <= ms < end]
        times.append(min(inside, key=lambda ms: abs(ms - middle)) if inside else middle)
    return [min(ms, last_ms) for ms in times]


def best(pictures: Sequence[Path]) -> Path:
    """Return the picture with the most detail, or an earlier one that has nearly as much.

    At the same quality, a JPEG is the larger the more there is to see: black, blurred and faded
    frames are small.
    """
    sizes = {picture: picture.stat().st_size for picture in pictures}
    largest = max(sizes.values())
    return next(picture for picture, size in sizes.items() if size >= _NEARLY * largest)
