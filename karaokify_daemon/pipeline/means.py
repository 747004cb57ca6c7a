"""What all jobs share."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from karaokify_daemon.adapters import ffmpeg
from karaokify_daemon.config import Config
from karaokify_daemon.errors import CancelledError
from karaokify_daemon.pipeline.course import Course
from karaokify_daemon.pipeline.transcriber import Recogniser


class Means:
    """FFmpeg, who recognises, and the places of renderers."""

    def __init__(self, config: Config, recogniser: Recogniser) -> None:
        self.tools = ffmpeg.Ffmpeg(config.limits)
        self.recogniser = recogniser
        self._renderers = threading.BoundedSemaphore(config.limits.renderers)

    @contextmanager
    def renderer(self, course: Course) -> Iterator[None]:
        """Hold one of the `limits.renderers` places."""
        while not self._renderers.acquire(timeout=0.2):
            if course.cancelled():
                raise CancelledError("was stopped while it waited for a renderer")
        try:
            yield
        finally:
            self._renderers.release()
