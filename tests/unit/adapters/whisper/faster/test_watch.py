import hashlib
import threading
import time

import pytest

from karaokify_daemon.adapters.whisper.faster.watch import Watch, Watched


def work(seconds):
    """Use the processor in native code that lets other threads run."""
    until, block = time.monotonic() + seconds, bytes(1 << 22)
    while time.monotonic() < until:
        hashlib.sha256(block)
    return "done"


@pytest.fixture
def watch():
    found = Watch()
    found.beats = 0

    def beat():
        found.beats += 1

    found.beat = beat
    return found


def test_beats_are_heard_while_a_call_works(watch):
    assert watch.call(work, 1.5) == "done"
    assert watch.beats >= 2


def test_a_call_that_hangs_is_no_sign_of_life(watch):
    release = threading.Event()
    threading.Timer(1.5, release.set).start()
    watch.call(release.wait)
    assert watch.beats == 1, "the one after it has ended"


def test_what_a_call_raises_comes_out(watch):
    with pytest.raises(ZeroDivisionError):
        watch.call(lambda: 1 / 0)


def test_what_the_beat_raises_comes_out_at_once_and_the_next_call_waits_its_turn(watch):
    order = []

    def stop():
        raise KeyboardInterrupt

    quiet, watch.beat = watch.beat, stop
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        watch.call(lambda: order.append(work(3.0)))
    assert time.monotonic() - began < 2.5
    watch.beat = quiet
    watch.call(lambda: order.append("next"))
    assert order == ["done", "next"]


def test_long_calls_of_a_model_are_watched_and_the_rest_is_passed_on(watch):
    class Native:
        device = "cpu"

        def encode(self, features, *, to_cpu):
            return threading.current_thread().name, features, to_cpu

    model = Watched(Native(), watch)
    name, *rest = model.encode(1, to_cpu=False)
    assert name.startswith("native")
    assert rest == [1, False]
    assert model.device == "cpu"
    with pytest.raises(AttributeError):
        model.nothing  # noqa: B018 - it is looked up
