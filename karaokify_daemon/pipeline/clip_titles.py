"""The titles of a reel's clips: in its picture, and as its chapters."""

from collections.abc import Iterator

from karaokify_daemon.config import Config
from karaokify_daemon.domain.chapters import Chapter
from karaokify_daemon.domain.extracts import says_more
from karaokify_daemon.pipeline.named_reels import NamedReel

_SHORTEST_TITLED_MS = 2000


def clip_titles(reel: NamedReel, config: Config) -> Iterator[tuple[int, int, str]]:
    """Yield when which clip of a reel has a label; the reel's own title is not said twice."""
    timeline = reel.reel.timeline
    if not config.highlights.clip_titles or len(reel.labels) < 2:
        return
    covered = config.video.title_as != "header" and config.video.title
    ends = [clips[0].at for clips in reel.reel.parts[1:]] + [timeline.frames]
    for i, (title, clips) in enumerate(zip(reel.labels, reel.reel.parts, strict=True)):
        begin, end = timeline.ms(clips[0].at + clips[0].fade), timeline.ms(ends[i])
        shown = says_more(title, reel.title) and not (i == 0 and covered)
        if shown and end - begin >= _SHORTEST_TITLED_MS:
            yield begin, end, title


def chapters_of(reel: NamedReel) -> tuple[Chapter, ...]:
    """Return a reel's chapters, the first from 0 on; none where fewer than two clips have a title.

    A clip without a title, or with that of the one before, belongs to the chapter before.
    """
    found: list[Chapter] = []
    for title, clips in zip(reel.titles, reel.reel.parts, strict=True):
        if title and not (found and found[-1].title == title):
            start = reel.reel.timeline.ms(clips[0].at) if found else 0
            found.append(Chapter(start, title))
    return tuple(found) if len(found) > 1 else ()
