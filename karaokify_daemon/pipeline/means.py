"""What all jobs share."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from karaokify_daemon.adapters import resources
from karaokify_daemon.config import Config, Limits
from karaokify_daemon.errors import CancelledError
from karaokify_daemon.pipeline.course import Course
from karaokify_daemon.pipeline.gate import Gate
from karaokify_daemon.pipeline.transcriber import Recogniser


def within_quota(limits: Limits) -> Limits:
    """Return limits with FFmpeg's threads named where it would count more processors than it has.

    By itself FFmpeg heeds which processors it may use, but no quota of their time.
    """
    if limits.ffmpeg_threads or not resources.limits_threads():
        return limits
    return limits.model_copy(update={"ffmpeg_threads": resources.cpus()})


def smaller(config: Config) -> Config:
    """Return settings that take as little memory as can be."""
    return config.model_copy(
        update={
            "limits": config.limits.model_copy(update={"ffmpeg_threads": 1}),
            "transcribe": config.transcribe.model_copy(update={"threads": 1}),
        }
    )


class Means:
    """Who recognises, the places of renderers, and the gate before what takes much."""

    def __init__(self, config: Config, recogniser: Recogniser, gate: Gate) -> None:
        self.recogniser, self.gate = recogniser, gate
        self._places = config.limits.renderers
        self._renderers = threading.BoundedSemaphore(self._places)
        self._turn = threading.Lock()

    @contextmanager
    def renderer(self, course: Course, *, alone: bool = False) -> Iterator[None]:
        """Hold one of the `limits.renderers` places, or all of them."""
        with ExitStack() as held:
            # In turn: one that wants all places is not passed by for ever, and two share none.
            with ExitStack() as turn:
                _acquire(self._turn.acquire, course)
                turn.callback(self._turn.release)
                for _ in range(self._places if alone else 1):
                    _acquire(self._renderers.acquire, course)
                    held.callback(self._renderers.release)
            yield


def _acquire(acquire: Callable[..., bool], course: Course) -> None:
    while not acquire(timeout=0.2):
        if course.cancelled():
            raise CancelledError("was stopped while it waited for a renderer")
