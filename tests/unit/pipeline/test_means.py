import threading

import pytest

from karaokify_daemon.adapters import resources
from karaokify_daemon.config import Config, Folders, Limits
from karaokify_daemon.errors import CancelledError
from karaokify_daemon.pipeline.gate import Gate
from karaokify_daemon.pipeline.means import Means, smaller, within_quota

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
        with means.renderer(course, alone=alone):
            order.append(name)

    with means.renderer(Course()):
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
    with means.renderer(Course()):
        with pytest.raises(CancelledError), means.renderer(course, alone=True):
            pass
        with means.renderer(Course()):
            pass


def test_threads_are_named_only_where_a_quota_allows_fewer(monkeypatch):
    monkeypatch.setattr(resources, "limits_threads", lambda: False)
    assert within_quota(Limits()).ffmpeg_threads == 0
    monkeypatch.setattr(resources, "limits_threads", lambda: True)
    monkeypatch.setattr(resources, "cpus", lambda: 3)
    assert within_quota(Limits()).ffmpeg_threads == 3
    assert within_quota(Limits(ffmpeg_threads=5)).ffmpeg_threads == 5


def test_a_smaller_job_has_one_thread_and_is_otherwise_the_same():
    config = smaller(Config())
    assert config.limits.ffmpeg_threads == config.transcribe.threads == 1
    assert config.video == Config().video
