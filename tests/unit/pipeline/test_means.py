import threading
from contextlib import ExitStack

import pytest

from karaokify_daemon.adapters import resources
from karaokify_daemon.config import Config, Folders, Limits, Transcribe
from karaokify_daemon.errors import CancelledError
from karaokify_daemon.pipeline.gate import Gate
from karaokify_daemon.pipeline.means import LONG_MS, Means, smaller, within_quota

PATIENCE_S = 30


class Course:
    def __init__(self):
        self.stopped, self.asked = False, threading.Event()

    def cancelled(self):
        self.asked.set()
        return self.stopped


def means_of(renderers):
    config = Config(limits=Limits(renderers=renderers))
    return Means(config, None, Gate(config.limits, Folders()))


def test_one_that_renders_alone_waits_for_all_places_and_is_not_passed_by():
    means, order, wants_all, wants_one = means_of(2), [], Course(), Course()

    def render(name, course, *, alone):
        with means.renderer(course, 1000, alone=alone)():
            order.append(name)

    with means.renderer(Course(), 1000)():
        first = threading.Thread(target=render, args=("all", wants_all), kwargs={"alone": True})
        first.start()
        assert wants_all.asked.wait(PATIENCE_S)
        second = threading.Thread(target=render, args=("one", wants_one), kwargs={"alone": False})
        second.start()
        assert wants_one.asked.wait(PATIENCE_S)
        assert order == []
    first.join()
    second.join()
    assert order == ["all", "one"]


def test_one_that_is_stopped_while_it_waits_leaves_its_places():
    means, course = means_of(2), Course()
    course.stopped = True
    with means.renderer(Course(), 1000)():
        with pytest.raises(CancelledError), means.renderer(course, 1000, alone=True)():
            pass
        with means.renderer(Course(), 1000)():
            pass


def in_thread(context, course, done):
    """Enter a context in a thread of its own, which leaves it when `done` is set."""
    inside = threading.Event()

    def run():
        with context:
            inside.set()
            assert done.wait(PATIENCE_S)

    thread = threading.Thread(target=run)
    thread.start()
    assert course.asked.wait(PATIENCE_S) if course else inside.wait(PATIENCE_S)
    return inside, thread


def test_a_long_video_leaves_a_place_to_a_short_one_and_no_other_long_one():
    means, done, waits = means_of(1), threading.Event(), Course()
    with means.renderer(Course(), LONG_MS + 1)():
        inside, thread = in_thread(means.renderer(waits, LONG_MS + 1)(), waits, done)
        with means.renderer(Course(), 1000)():  # which came later, and passes by
            assert not inside.is_set()
    assert inside.wait(PATIENCE_S)
    done.set()
    thread.join()


def test_short_videos_leave_no_place_to_others_and_are_not_passed_by():
    means, done = means_of(1), threading.Event()
    long, short = Course(), Course()
    with means.renderer(Course(), 1000)():
        entered_long, first = in_thread(means.renderer(long, LONG_MS + 1)(), long, done)
        entered_short, second = in_thread(means.renderer(short, 1000)(), short, done)
        assert not entered_long.is_set()
        assert not entered_short.is_set()
    assert entered_long.wait(PATIENCE_S)
    assert entered_short.wait(PATIENCE_S)
    done.set()
    first.join()
    second.join()


def test_sound_is_decoded_ahead_only_as_far_as_there_is_room_and_in_order():
    config = Config(limits=Limits(prefetch_mb=20))
    means, done = Means(config, None, Gate(config.limits, Folders())), threading.Event()
    large, small = Course(), Course()
    with means.ahead(Course(), 99_000_000, long=False):  # alone, it may be larger than the room
        pass
    with means.ahead(Course(), 4_000_000, long=False):
        entered_large, first = in_thread(means.ahead(large, 9_000_000, long=False), large, done)
        entered_small, second = in_thread(means.ahead(small, 1_000_000, long=False), small, done)
        assert not entered_large.is_set()
        assert not entered_small.is_set()  # the large one would wait for ever
    assert entered_large.wait(PATIENCE_S)
    assert entered_small.wait(PATIENCE_S)
    done.set()
    first.join()
    second.join()


def test_long_recordings_leave_room_ahead_to_short_ones_and_none_of_them_waits_for_those():
    config = Config(limits=Limits(prefetch_mb=1000))
    means, done, third = (
        Means(config, None, Gate(config.limits, Folders())),
        threading.Event(),
        Course(),
    )
    size = 691_000_000
    with ExitStack() as held:
        for _ in range(5):
            held.enter_context(means.ahead(Course(), 2_000_000, long=False))
        leave = held.enter_context(means.ahead(Course(), size, long=True))
        held.enter_context(means.ahead(Course(), size, long=True))  # is ready when the first ends
        entered, thread = in_thread(means.ahead(third, size, long=True), third, done)
        for _ in range(5):
            held.enter_context(means.ahead(Course(), 2_000_000, long=False))
        assert not entered.is_set()
        leave()
        assert entered.wait(PATIENCE_S)
    done.set()
    thread.join()


def test_short_videos_pass_by_one_that_cannot_be_alone_yet_and_no_longer_than_that():
    means, done, alone, short, long = means_of(1), threading.Event(), Course(), Course(), Course()
    with ExitStack() as held:
        with means.renderer(Course(), LONG_MS + 1)():
            entered_alone, first = in_thread(means.renderer(alone, 1000, alone=True)(), alone, done)
            entered_long, second = in_thread(means.renderer(long, LONG_MS + 1)(), long, done)
            held.enter_context(means.renderer(Course(), 1000)())  # which came later, and passes by
        entered_short, third = in_thread(means.renderer(short, 1000)(), short, done)
        assert not any(one.is_set() for one in (entered_alone, entered_long, entered_short))
    assert entered_alone.wait(PATIENCE_S)
    assert not entered_long.is_set()
    assert not entered_short.is_set()
    done.set()
    for thread in (first, second, third):
        thread.join()


def test_a_changed_configuration_is_heeded_by_those_who_wait_and_counts_those_at_work():
    means, done, waits, more = means_of(1), threading.Event(), Course(), Course()
    with means.renderer(Course(), 1000)():
        entered, first = in_thread(means.renderer(waits, 1000)(), waits, done)
        means.change(Config(limits=Limits(renderers=2)), None)
        assert entered.wait(PATIENCE_S)
        entered_more, second = in_thread(means.renderer(more, 1000)(), more, done)
        assert not entered_more.is_set()
    assert entered_more.wait(PATIENCE_S)
    done.set()
    first.join()
    second.join()


def test_threads_are_named_only_where_a_quota_allows_fewer(monkeypatch):
    monkeypatch.setattr(resources, "limits_threads", lambda: False)
    assert within_quota(Limits()).ffmpeg_threads == 0
    monkeypatch.setattr(resources, "limits_threads", lambda: True)
    monkeypatch.setattr(resources, "cpus", lambda: 3)
    assert within_quota(Limits()).ffmpeg_threads == 3
    assert within_quota(Limits(ffmpeg_threads=5)).ffmpeg_threads == 5


def test_a_smaller_job_does_one_thing_at_a_time_and_is_otherwise_the_same():
    config = smaller(Config(transcribe=Transcribe(batch=4, beam=5)))
    small = Transcribe(threads=1, batch=1, beam=1, chunk_seconds=60)
    assert config.limits.ffmpeg_threads == 1 and config.transcribe == small
    assert config.video == Config().video
    assert smaller(Config(transcribe=Transcribe(chunk_seconds=30))).transcribe.chunk_seconds == 30


@pytest.mark.parametrize("kind", ["reader", "decoder"])
def test_a_short_one_is_read_and_decoded_while_a_long_one_is(kind):
    means = means_of(1)

    def place(course, *, long):
        if kind == "reader":
            return means.reader(course, long=long)
        return means.decoder(course, long=long)()

    stopped = Course()
    stopped.stopped = True
    with (
        place(Course(), long=True),
        place(Course(), long=False),
        pytest.raises(CancelledError),
        place(stopped, long=True),
    ):
        pass
