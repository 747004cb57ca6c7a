import threading

import pytest

from karaokify_daemon.errors import CancelledError
from karaokify_daemon.pipeline.flights import Flights

PATIENCE_S = 30


def test_the_same_is_done_one_after_the_other_and_others_at_once():
    flights, order, asked = Flights(), [], threading.Event()

    def second():
        with flights.alone("a", lambda: asked.set() or False):
            order.append("second")

    thread = threading.Thread(target=second)
    with flights.alone("a", lambda: False):
        thread.start()
        assert asked.wait(PATIENCE_S)
        with flights.alone("b", lambda: False):
            order.append("first")
    thread.join(PATIENCE_S)
    assert order == ["first", "second"]


def test_whoever_is_stopped_waits_no_longer_and_an_error_lets_the_next_one_go_on():
    flights = Flights()

    def fail():
        with flights.alone("a", lambda: False):
            with pytest.raises(CancelledError), flights.alone("a", lambda: True):
                pass
            raise ValueError("mine")

    with pytest.raises(ValueError, match="mine"):
        fail()
    with flights.alone("a", lambda: False):
        pass


def test_only_who_must_wait_for_another_is_told_so():
    flights, told = Flights(), []
    with flights.telling(lambda: told.append("first"), told.append).alone("a", lambda: False):
        second = flights.telling(lambda: told.append("second"), told.append)
        with pytest.raises(CancelledError), second.alone("a", lambda: True):
            pass
    assert told == ["second"]


def test_who_has_waited_is_told_how_long():
    flights, told, waits = Flights(), [], threading.Event()
    leave = flights.alone("a", lambda: False)
    leave.__enter__()

    def second():
        with flights.telling(waits.set, told.append).alone("a", lambda: False):
            pass

    thread = threading.Thread(target=second)
    thread.start()
    assert waits.wait(30)
    leave.__exit__(None, None, None)
    thread.join()
    assert len(told) == 1 and told[0] > 0
