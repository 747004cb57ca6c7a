from concurrent.futures import Future
from pathlib import Path
from types import SimpleNamespace

import pytest

from karaokify_daemon.domain.job import Job
from karaokify_daemon.pipeline.means import LONG_MS
from karaokify_daemon.service.at_work import MOST_JOBS, AtWork, One
from karaokify_daemon.service.jobs import JobThread
from karaokify_daemon.service.outcome import BehindError
from karaokify_daemon.service.progress import Rates
from karaokify_daemon.service.pulse import Pulse


def at_work(*, short: int = 0, long: int = 0) -> AtWork:
    jobs = AtWork()
    for i in range(short + long):
        jobs[str(i)] = One(None, SimpleNamespace(is_long=i >= short), Future())
    return jobs


def parts() -> SimpleNamespace:
    return SimpleNamespace(
        config=None,
        pipeline=None,
        devices=None,
        metrics=None,
        announcer=None,
        notifier=None,
        ledger=SimpleNamespace(journal=None),
        rates=Rates(),
        pulse=Pulse({}),
    )


@pytest.mark.parametrize(
    ("short", "long", "most", "room"),
    [
        (2, 0, 3, True),
        (3, 0, 3, False),
        (0, 2, 3, True),
        (0, 3, 3, True),  # two count: a place is left to a short one
        (1, 3, 3, False),
        (0, 9, 3, True),
        (1, 9, 3, False),
        (0, 1, 1, False),  # one at once means one
        (0, 2, 1, False),
        (0, 2, 2, True),
        (0, MOST_JOBS, 3, False),
        (0, MOST_JOBS - 1, 64, True),
    ],
)
def test_long_recordings_leave_a_place_to_short_ones(short, long, most, room):
    assert at_work(short=short, long=long).has_room(most) is room


@pytest.mark.parametrize(
    ("short", "long", "stuck", "room"),
    [
        (3, 0, 1, True),
        (4, 0, 1, False),
        (0, 3, 3, True),
        (20, 0, 20, False),  # of so many, not all are passed by
    ],
)
def test_those_that_wait_for_a_disk_are_passed_by(short, long, stuck, room):
    jobs = at_work(short=short, long=long)
    assert jobs.has_room(3, [*map(str, range(stuck)), "gone"]) is room


def test_those_that_have_ended_are_taken_out_once():
    jobs = at_work(short=3)
    ended = jobs["1"]
    ended.future.set_result(None)
    assert list(jobs.take_ended()) == [("1", ended)]
    assert sorted(jobs) == ["0", "2"]
    assert list(jobs.take_ended()) == []
    assert len(jobs.futures()) == 2


def test_what_lasts_unknown_time_is_long_until_it_is_known():
    thread = JobThread(parts(), Job(id="1", media=Path("talk.wav")), lambda: False)
    jobs = AtWork()
    jobs.update({str(i): One(None, thread, Future()) for i in range(3)})
    thread.lasts(None)
    assert jobs.has_room(3)
    thread.lasts(LONG_MS)
    assert not jobs.has_room(3)
    thread.lasts(LONG_MS + 1)
    assert jobs.has_room(3)


def test_many_long_recordings_leave_half_of_all_places_to_short_ones():
    jobs = at_work(long=MOST_JOBS // 2 - 1)
    jobs.known_long.add("a lecture")
    assert not jobs.is_full_of_long()
    assert not jobs.must_wait("a lecture")
    jobs["one more"] = One(None, SimpleNamespace(is_long=True), Future())
    assert jobs.is_full_of_long()
    assert jobs.must_wait("a lecture")
    assert not jobs.must_wait("not begun yet")


def test_a_long_one_too_many_goes_back_when_its_length_is_known():
    thread = JobThread(parts(), Job(id="1", media=Path("talk.wav")), lambda: False, lambda: True)
    thread.lasts(LONG_MS)
    with pytest.raises(BehindError):
        thread.lasts(LONG_MS + 1)
    assert thread.is_long


def test_one_that_was_sent_back_is_not_begun_before_there_is_a_place_for_it():
    jobs = at_work(long=MOST_JOBS // 2 - 1)
    for name, is_sent_back in (("the last one", False), ("one more", True)):
        job = Job(id=name, media=Path("talk.wav"))
        thread = JobThread(parts(), job, lambda: False, jobs.is_full_of_long)
        assert not jobs.must_wait(name)
        jobs[name] = One(None, thread, Future())
        if is_sent_back:
            with pytest.raises(BehindError):
                thread.lasts(LONG_MS + 1)
            jobs[name].future.set_result(None)
            assert [name for name, _ in jobs.take_ended()] == ["one more"]
            jobs.known_long.add(name)
        else:
            thread.lasts(LONG_MS + 1)
    assert jobs.must_wait("one more")
    del jobs["the last one"]
    assert not jobs.must_wait("one more")


def test_one_that_is_at_work_as_a_long_one_stays_there():
    full = False
    thread = JobThread(parts(), Job(id="1", media=Path("talk.wav")), lambda: False, lambda: full)
    thread.lasts(None)
    full = True
    thread.lasts(LONG_MS + 1)
    assert thread.is_long
