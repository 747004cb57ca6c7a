"""The jobs at work, and whether there is room for more."""

from collections.abc import Collection, Iterator
from concurrent.futures import Future
from dataclasses import dataclass

from karaokify_daemon.domain.record import Record
from karaokify_daemon.service.jobs import JobThread
from karaokify_daemon.service.outcome import Outcome

MOST_JOBS = 64  # of limits.jobs, and of all
_MOST_LONG = MOST_JOBS // 2  # the rest is for short ones, however many long ones came before
_MOST_STUCK = MOST_JOBS // 4


@dataclass(frozen=True)
class One:
    """A job at work: its record as it was claimed, and who carries it."""

    record: Record
    thread: JobThread
    future: Future[Outcome]


class AtWork(dict[str, One]):
    """The jobs at work, by their ids.

    How long a recording is shows when it is begun: `known_long` are those that came back as long.
    """

    def __init__(self) -> None:
        super().__init__()
        self.known_long: set[str] = set()

    def is_full_of_long(self) -> bool:
        """Tell whether another long one must wait for the end of one; any thread may ask."""
        return sum(one.thread.is_long for one in list(self.values())) >= _MOST_LONG

    def has_room(self, most: int, stuck: Collection[str] = ()) -> bool:
        """Tell whether one more may begin; long ones leave a place to short ones.

        So do those that are stuck, if there are not too many. What was decoded, and not recognised
        yet, has a limit of its own.
        """
        aside = sorted(set(stuck) & self.keys())[:_MOST_STUCK]
        long = sum(one.thread.is_long for job_id, one in self.items() if job_id not in aside)
        passed_by = len(aside) + max(0, long - max(1, most - 1))
        return len(self) - passed_by < most and len(self) < MOST_JOBS

    def must_wait(self, job_id: str) -> bool:
        """Tell whether a job is known to be long, and there are enough of those."""
        return job_id in self.known_long and self.is_full_of_long()

    def futures(self) -> list[Future[Outcome]]:
        """Return what will tell how each has ended."""
        return [one.future for one in self.values()]

    def take_ended(self) -> Iterator[tuple[str, One]]:
        """Take out those that have ended, one by one."""
        for job_id, one in list(self.items()):
            if one.future.done():
                del self[job_id]
                self.known_long.discard(job_id)
                yield job_id, one
