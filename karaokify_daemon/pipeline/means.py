"""What all jobs share: who recognises, places for those that decode and render, and the gate."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from karaokify_daemon.adapters import resources
from karaokify_daemon.config import Config, Limits
from karaokify_daemon.errors import CancelledError
from karaokify_daemon.pipeline.course import Course
from karaokify_daemon.pipeline.flights import Flights
from karaokify_daemon.pipeline.gate import Gate
from karaokify_daemon.pipeline.transcriber import Recogniser

LONG_MS = 30 * 60_000  # what takes so long must not make the short ones wait for its end
_MB = 1_000_000
_POLL_S = 0.2


def is_long(duration_ms: int | None) -> bool:
    """Tell whether short recordings must not wait for one; what lasts unknown time may be long."""
    return duration_ms is None or duration_ms > LONG_MS


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
    """Who recognises, the places of those that decode and render, and the gate."""

    def __init__(self, config: Config, recogniser: Recogniser, gate: Gate) -> None:
        limits = config.limits
        self.recogniser, self.gate, self.flights = recogniser, gate, Flights()
        self._decoders = Places(limits.decoders)
        self._renderers = Places(limits.renderers, for_short=1)
        self._ahead = Places(limits.prefetch_mb * _MB)

    @contextmanager
    def ahead(self, course: Course, size: int) -> Iterator[None]:
        """Hold room for decoded sound (bytes) until it is recognised."""
        with self._ahead.held(course, Claim(size=size)):
            yield

    @contextmanager
    def decoder(self, course: Course) -> Iterator[None]:
        """Hold one of the `limits.decoders` places."""
        with self._decoders.held(course, Claim()):
            yield

    @contextmanager
    def renderer(self, course: Course, duration_ms: int, *, alone: bool = False) -> Iterator[None]:
        """Hold one of the `limits.renderers` places, or all of them.

        While long videos hold all of them, there is one more for short ones.
        """
        with self._renderers.held(course, Claim(long=duration_ms > LONG_MS, alone=alone)):
            yield


@dataclass(eq=False, frozen=True)
class Claim:
    """What somebody wants: how much, for long or for short, alone or beside others."""

    size: int = 1
    long: bool = False
    alone: bool = False


class Places:
    """Room for several, in the order in which they came; what is alone always has room.

    While long ones hold all of it, there is room `for_short` ones, who may pass by long ones.
    """

    def __init__(self, room: int, *, for_short: int = 0) -> None:
        self._room, self._for_short = room, for_short
        self._waiting: list[Claim] = []
        self._held: list[Claim] = []
        self._changed = threading.Condition()

    @contextmanager
    def held(self, course: Course, claim: Claim) -> Iterator[None]:
        """Wait for room, and hold it. Raises CancelledError."""
        self._enter(course.cancelled, claim)
        try:
            yield
        finally:
            with self._changed:
                self._held.remove(claim)
                self._changed.notify_all()

    def _enter(self, cancelled: Callable[[], bool], claim: Claim) -> None:
        with self._changed:
            self._waiting.append(claim)
            try:
                while self._first() is not claim:
                    if cancelled():
                        raise CancelledError("was stopped while it waited for its turn")
                    self._changed.wait(_POLL_S)
                self._held.append(claim)
            finally:
                self._waiting.remove(claim)
                self._changed.notify_all()

    def _first(self) -> Claim | None:
        """Return who is to be let in next."""
        for claim in self._waiting:
            if self._fits(claim):
                return claim
            if claim.alone or not (claim.long and self._for_short):
                return None
        return None

    def _fits(self, claim: Claim) -> bool:
        if not self._held:
            return True
        if claim.alone or any(one.alone for one in self._held):
            return False
        taken = sum(one.size for one in self._held)
        extra = 0 if claim.long or not all(one.long for one in self._held) else self._for_short
        return taken + claim.size <= self._room + extra
