"""Lets a stage begin when the machine has what it needs, and says what is waited for."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from errno import ENOSPC
from pathlib import Path
from typing import Any

import structlog

from karaokify_daemon.adapters import resources
from karaokify_daemon.config import Folders, Limits
from karaokify_daemon.domain.admission import (
    MARGIN,
    Disk,
    Floors,
    Found,
    Needs,
    refusal,
    refusal_alone,
)
from karaokify_daemon.domain.job import Stage
from karaokify_daemon.domain.storage import ADVICE
from karaokify_daemon.errors import CancelledError, PublishError

_POLL_S = 0.5
_MB = 1_000_000
_TAKEN_S = 60.0  # by then a stage holds the memory that it was promised, and it is seen
_ENOUGH_S = 60.0  # what others take by then, they may take for hours
# From `_ENOUGH_S` until then nobody passes who waits for memory. Longer would be in vain: what
# takes it lasts for hours then.
_NEXT_S = 900.0

Place = Callable[[], AbstractContextManager[Any]]  # entered anew with each call


@dataclass(frozen=True, kw_only=True)
class _Promise:
    """What a stage at work may still take; disks by their device."""

    stage: Stage
    since: float
    memory: int
    disks: tuple[tuple[int, int], ...]
    model: str | None


class Gate:
    """One for all jobs; `limits` may be replaced at any time, and those that wait heed it.

    `waiting` says of each job that waits, what for.
    """

    def __init__(
        self,
        limits: Limits,
        folders: Folders,
        *,
        patient: bool = True,
        free: Callable[[], None] = lambda: None,
    ) -> None:
        """Without patience only other stages are waited for: somebody stands by.

        `free` gives memory back that is held for no job.
        """
        self.limits, self._folders = limits, folders
        self.free = free
        self.waiting: dict[str, str] = {}
        self._patient = patient
        self._changed = threading.Condition()
        self._promised: list[_Promise] = []
        self._full: dict[str, str] = {}  # of jobs that wait for a disk
        # Those that wait for memory which others of ours take: at which stage, and since when.
        self._short: dict[str, tuple[Stage, float]] = {}
        self._log = structlog.get_logger()

    def count(self, stage: Stage) -> int:
        """Return how many jobs are at a stage, having passed here."""
        with self._changed:
            return sum(one.stage is stage for one in self._promised)

    @property
    def full(self) -> str:
        """Why some stage waits for a disk that others than us have filled; empty if none does."""
        with self._changed:
            return next(iter(self._full.values()), "")

    @property
    def stuck(self) -> frozenset[str]:
        """The jobs that wait for a disk which others than us have filled: it may be for days."""
        with self._changed:
            return frozenset(self._full)

    def loading(self, model: str) -> int:
        """Return how many jobs have passed here that load a model."""
        with self._changed:
            return sum(one.model == model for one in self._promised)

    @contextmanager
    def passed(
        self,
        stage: Stage,
        needs: Needs,
        *,
        job: str,
        file: str,
        cancelled: Callable[[], bool],
        place: Place = nullcontext,
    ) -> Iterator[None]:
        """Wait until there are what a stage needs and a place, and keep both while it lasts.

        Whoever waits for the one does not hold the other. Raises CancelledError; without patience
        PublishError where a disk is too full.
        """
        with ExitStack() as held:
            promise = self._await(stage, needs, job, file, cancelled, place, held)
            try:
                yield
            finally:
                with self._changed:
                    self._promised.remove(promise)
                    self._changed.notify_all()

    def _await(
        self,
        stage: Stage,
        needs: Needs,
        job: str,
        file: str,
        cancelled: Callable[[], bool],
        place: Place,
        held: ExitStack,
    ) -> _Promise:
        since = None
        try:
            while True:
                gpu = self._gpu_free(needs)
                with self._changed:
                    reason, _ = self._refusal(stage, needs, job, since, gpu)
                if reason is None:
                    self.waiting.pop(job, None)
                    self._full.pop(job, None)  # a place may be long in coming
                    with ExitStack() as taken:
                        taken.enter_context(place())
                        gpu = self._gpu_free(needs)
                        with self._changed:  # others may have passed while it waited for its place
                            reason, tight = self._refusal(stage, needs, job, since, gpu)
                            if reason is None:
                                promise = self._promise(stage, needs)
                                self._promised.append(promise)
                                held.push(taken.pop_all())
                                break
                with self._changed:
                    if since is None:
                        since = time.monotonic()
                        self._log.warning("stage.waiting", stage=str(stage), reason=reason)
                    self.waiting[job] = reason
                    self._note_full(needs, job)
                    self._changed.wait(_POLL_S)
                if cancelled():
                    raise CancelledError("was stopped while it waited for resources", file=file)
        finally:
            self.waiting.pop(job, None)
            self._full.pop(job, None)
            self._short.pop(job, None)
        if tight is not None:
            self._log.warning("stage.tight", stage=str(stage), reason=tight)
        if since is not None:
            seconds = round(time.monotonic() - since, 1)
            self._log.info("stage.continued", stage=str(stage), seconds=seconds)
        return promise

    def _refusal(
        self, stage: Stage, needs: Needs, job: str, since: float | None, gpu: int | None
    ) -> tuple[str | None, str | None]:
        """Return why a stage must wait, and if it need not, what is tight.

        `since` is when it began to wait. Raises PublishError where it would in vain.
        """
        floors, found = self._floors(), self._look(needs, gpu)
        reason = refusal(needs, found, floors)
        if reason is None:
            return self._turn(stage, job, since), None
        reason_alone = refusal_alone(needs, found, floors)
        if self._promised:
            waits = since is None or time.monotonic() - since < _ENOUGH_S
            if waits or reason_alone is not None or self._has(stage):
                if reason_alone is None:
                    self._short.setdefault(job, (stage, time.monotonic()))
                return reason, None
            return None, reason
        if reason_alone is None or not self._patient:
            self._refuse_full(needs, found, floors)
            return None, reason_alone or reason
        if _is_below(found.memory, floors.memory) or _is_below(found.gpu, floors.gpu):
            self.free()
        return reason_alone, None

    def _turn(self, stage: Stage, job: str, since: float | None) -> str | None:
        """Return why a stage that needs little comes later than one that needs much; None: now.

        Else a large one would wait for as long as small ones come. Recognition has its own turns.
        """
        now = time.monotonic()
        others = [
            waits
            for other, (at, waits) in self._short.items()
            if other != job and at is stage is not Stage.TRANSCRIBE
        ]
        if any(_ENOUGH_S <= now - waits < _NEXT_S and waits < (since or now) for waits in others):
            return "another recording has waited longer, for memory"
        return None

    def _has(self, stage: Stage) -> bool:
        return any(one.stage is stage for one in self._promised)

    def _refuse_full(self, needs: Needs, found: Found, floors: Floors) -> None:
        if reason := _of_disks(needs, found.disks, floors):
            raise PublishError(reason, advice=ADVICE[ENOSPC])

    def _note_full(self, needs: Needs, job: str) -> None:
        """Note whether a job waits for a disk, and not only until other stages of ours end."""
        disks = list(self._disks(needs, promised=False))
        if reason := _of_disks(needs, disks, self._floors()):
            self._full[job] = reason
        else:
            self._full.pop(job, None)

    def _floors(self) -> Floors:
        limits = self.limits
        return Floors(
            memory=limits.min_free_memory_mb * _MB,
            disk=limits.min_free_disk_mb * _MB,
            gpu=limits.min_free_gpu_mb * _MB,
            load=limits.max_load,
            temperature=limits.max_temperature,
            battery=limits.on_battery,
        )

    def _gpu_free(self, needs: Needs) -> int | None:
        """Return the free memory of graphics cards; not under the lock: it may start a program."""
        is_asked = self.limits.min_free_gpu_mb and needs.cards
        return resources.gpu_free(needs.cards) if is_asked else None

    def _look(self, needs: Needs, gpu: int | None) -> Found:
        """Return what is free, less what others were promised; only what is asked for is read."""
        limits, now = self.limits, time.monotonic()
        memory = resources.memory_available() if limits.min_free_memory_mb else None
        if memory is not None:
            memory -= sum(one.memory for one in self._promised if now - one.since < _TAKEN_S)
        return Found(
            memory=memory,
            disks=list(self._disks(needs)) if limits.min_free_disk_mb else (),
            load=resources.load() if limits.max_load else None,
            gpu=gpu,
            temperature=resources.temperature() if limits.max_temperature else None,
            on_battery=not limits.on_battery and resources.on_battery(),
        )

    def _disks(self, needs: Needs, *, promised: bool = True) -> Iterator[Disk]:
        for name, _ in needs.disks:
            if (told := resources.disk(self._folder(name))) is None:
                continue
            device, free, total = told
            others = self._promised if promised else ()
            kept = sum(size for one in others for of, size in one.disks if of == device)
            yield Disk(name=name, device=device, free=max(0, free - kept), total=total)

    def _promise(self, stage: Stage, needs: Needs) -> _Promise:
        disks = tuple(
            (told[0], round(size * MARGIN))
            for name, size in needs.disks
            if (told := resources.disk(self._folder(name))) is not None
        )
        memory = round(needs.memory * MARGIN)
        return _Promise(
            stage=stage, since=time.monotonic(), memory=memory, disks=disks, model=needs.model
        )

    def _folder(self, name: str) -> Path:
        path: Path = getattr(self._folders, name)
        return path


def _of_disks(needs: Needs, disks: Sequence[Disk], floors: Floors) -> str | None:
    return refusal(Needs(disks=needs.disks), Found(disks=disks), floors)


def _is_below(found: int | None, floor: int) -> bool:
    return found is not None and found < floor
