"""A recording's summary as Markdown (CommonMark), with links to moments of its video."""

import re
from collections.abc import Iterator, Sequence
from urllib.parse import quote

from karaokify_daemon.domain.digest import Digest, Point
from karaokify_daemon.domain.plain import plain

_ACTS = re.compile(r"([\\`*_\[\]<>&|~$])")  # on a reader of Markdown, anywhere in a line
_ADDRESS = re.compile(r"://|mailto:|www\.|@", re.IGNORECASE)  # readers make links of them
_BEGINS = re.compile(r"^(\s*)([#+\-=]|\d{1,9}[.)])")  # at its start only


def summary(digest: Digest, starts: Sequence[int], name: str, video: str | None) -> str:
    """Return the Markdown text of a digest; empty where there is nothing to tell.

    `starts` are when its sentences start, in milliseconds, by their numbers; `name` stands for a
    title that is missing. Times are links into `video`, the name of a file
    beside the text (https://www.w3.org/TR/media-frags/), or, without one, only times.
    """
    paragraphs = [
        text
        for text in (
            escaped(digest.summary),
            _listed("Key points", digest.points, starts, video),
            _listed("Chapters", digest.chapters, starts, video),
            f"Suggested file name: {escaped(digest.file_name)}" if digest.file_name else "",
        )
        if text
    ]
    if not paragraphs:
        return ""
    return "\n\n".join([f"# {escaped(digest.title or name)}", *paragraphs]) + "\n"


def escaped(text: str) -> str:
    r"""Return a text as one line that is shown as it is.

    >>> escaped("# <b>2 * 3</b>\n![x](y)"), escaped("1. a")
    ('\\# \\<b\\>2 \\* 3\\</b\\> !\\[x\\](y)', '1\\. a')
    """
    line = _ACTS.sub(r"\\\1", plain(text).strip())
    line = _ADDRESS.sub(lambda m: re.sub(r"([:.@])", r"\\\1", m[0]), line)
    return _BEGINS.sub(lambda m: f"{m[1]}{m[2][:-1]}\\{m[2][-1]}", line)


def link(video: str, new: str, text: str) -> str:
    """Return a summary whose links go to a video of another name."""
    return text.replace(f"]({quote(video)}#t=", f"]({quote(new)}#t=")


def _listed(head: str, points: Sequence[Point], starts: Sequence[int], video: str | None) -> str:
    return "\n".join([f"## {head}\n", *_items(points, starts, video)]) if points else ""


def _items(points: Sequence[Point], starts: Sequence[int], video: str | None) -> Iterator[str]:
    for point in points:
        ms = starts[point.sentence]
        shown = clock(ms)
        at = f"[{shown}]({quote(video)}#t={ms // 1000})" if video else shown
        yield f"- {at} {escaped(point.text)}"


def clock(ms: int) -> str:
    """Return a time as people write it.

    >>> clock(83_900), clock(3_600_000)
    ('1:23', '1:00:00')
    """
    seconds = ms // 1000
    hours, minutes = seconds // 3600, seconds // 60 % 60
    start = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{start}:{seconds % 60:02}"
