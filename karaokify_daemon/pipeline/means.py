"""What all jobs share: who recognises, places for those that decode and render, and the gate."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import count

from karaokify_daemon.adapters import resources
from karaokify_daemon.config import Config, Limits
from karaokify_daemon.errors import CancelledError
from karaokify_daemon.pipeline.course import Course
from karaokify_daemon.pipeline.flights import Flights
from karaokify_daemon.pipeline.gate import Gate, Place
from karaokify_daemon.pipeline.transcriber import Recogniser

LONG_MS = 30 * 60_000  # what takes so long must not make the short ones wait for its end
_SMALL_CHUNK_S = 60.0
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
    transcribe = config.transcribe
    chunk_seconds = min(transcribe.chunk_seconds, _SMALL_CHUNK_S)
    return config.model_copy(
        update={
            "limits": config.limits.model_copy(update={"ffmpeg_threads": 1}),
            "transcribe": transcribe.model_copy(
                update={"threads": 1, "batch": 1, "beam": 1, "chunk_seconds": chunk_seconds}
            ),
        }
    )


class Means:
    """Who recognises, the places of those that decode and render, and the gate."""

    def __init__(self, config: Config, recogniser: Recogniser, gate: Gate) -> None:
        self.recogniser, self.gate, self.flights = recogniser, gate, Flights()
        self._readers, self._decoders = Places(0, for_short=1), Places(0, for_short=1)
        self._renderers = Places(0, for_short=1)
        self._ahead, self._ahead_long = Places(0), Places(0)
        self.change(config, recogniser)

    def change(self, config: Config, recogniser: Recogniser) -> None:
        """Take up a changed configuration; those that wait heed it."""
        limits, settings = config.limits, config.transcribe
        self.recogniser = recogniser
        self._readers.room = self._decoders.room = limits.decoders
        self._renderers.room = limits.renderers
        self._ahead.room = self._ahead_long.room = limits.prefetch_mb * _MB // 2
        self.workers = limits.workers or len(settings.devices) or 1
        # So that each worker can be at a long one, and another be ready, however long they are.
        self._most_ahead = self._ahead_long.room // (self.workers + 1)

    @contextmanager
    def ahead(self, course: Course, size: int, *, long: bool) -> Iterator[Callable[[], None]]:
        """Hold room for decoded sound (bytes); what is yielded gives it back before the end.

        Long ones and short ones have half of the room each, so that neither wait for the other.
        """
        places = self._ahead_long if long else self._ahead
        with places.held(course, Claim(size=min(size, self._most_ahead) if long else size)) as left:
            yield left

    @contextmanager
    def reader(self, course: Course, *, long: bool) -> Iterator[None]:
        """Hold one of as many places to read a recording whole as there are decoders.

        While long ones hold all of them, there is one more for short ones, as with decoders.
        """
        with self._readers.held(course, Claim(long=long)):
            yield

    def decoder(self, course: Course, *, long: bool) -> Place:
        """Return what holds one of the `limits.decoders` places."""
        return partial(self._decoders.held, course, Claim(long=long))

    def renderer(self, course: Course, duration_ms: int, *, alone: bool = False) -> Place:
        """Return what holds one of the `limits.renderers` places, or all of them.

        While long videos hold all of them, there is one more for short ones.
        """
        claim = Claim(long=duration_ms > LONG_MS, alone=alone)
        return partial(self._renderers.held, course, claim)


@dataclass(eq=False, frozen=True)
class Claim:
    """What somebody wants: how much, for long or for short, alone or beside others.

    It may be made again, and has its old place among those that wait.
    """

    size: int = 1
    long: bool = False
    alone: bool = False
    number: int = field(default_factory=count().__next__)


class Places:
    """Room for several, in the order in which they came; what is alone always has room.

    While long ones hold all of it, there is room `for_short` ones, who may pass by long ones, and
    by one that wants to be alone while it cannot because of a long one. `room` may be changed.
    """

    def __init__(self, room: int, *, for_short: int = 0) -> None:
        self.room, self._for_short = room, for_short
        self._waiting: list[Claim] = []
        self._held: list[Claim] = []
        self._changed = threading.Condition()

    @contextmanager
    def held(self, course: Course, claim: Claim) -> Iterator[Callable[[], None]]:
        """Wait for room, and hold it; what is yielded gives it back. Raises CancelledError."""
        self._enter(course.cancelled, claim)
        try:
            yield lambda: self._leave(claim)
        finally:
            self._leave(claim)

    def _leave(self, claim: Claim) -> None:
        with self._changed:
            if claim in self._held:
                self._held.remove(claim)
                self._changed.notify_all()

    def _enter(self, cancelled: Callable[[], bool], claim: Claim) -> None:
        with self._changed:
            self._waiting.append(claim)
            self._waiting.sort(key=lambda one: one.number)
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
        only_short = False
        for claim in self._waiting:
            if only_short and (claim.long or claim.alone):
                continue
            if self._fits(claim):
                return claim
            if not (self._for_short and (self._waits_for_long if claim.alone else claim.long)):
                return None
            only_short = True
        return None

    @property
    def _waits_for_long(self) -> bool:
        return any(one.long for one in self._held)

    def _fits(self, claim: Claim) -> bool:
        if not self._held:
            return True
        if claim.alone or any(one.alone for one in self._held):
            return False
        taken = sum(one.size for one in self._held)
        extra = 0 if claim.long or not all(one.long for one in self._held) else self._for_short
        return taken + claim.size <= self.room + extra
