import threading

import pytest

from karaokify_daemon.errors import CancelledError
from karaokify_daemon.pipeline import turns as turns_module
from karaokify_daemon.pipeline.recognition import Seat
from karaokify_daemon.pipeline.turns import Turns

PATIENCE_S = 30


class Crowd:
    """Recordings of so many parts that want one place; all wait before the first turn ends."""

    def __init__(self, turns):
        self.turns, self.order, self.threads = turns, [], []

    def comes(self, name, parts, since, prefers=lambda _: True):
        seat = Seat(since=since)

        def run():
            for _ in range(parts):
                with self.turns.turn(seat, lambda: False, prefers):
                    self.order.append(name)
                    seat.had_ms += 1000

        waiting = len(self.turns._waiting)
        self.threads.append(threading.Thread(target=run))
        self.threads[-1].start()
        with self.turns._changed:
            assert self.turns._changed.wait_for(
                lambda: len(self.turns._waiting) > waiting, PATIENCE_S
            )

    def end(self):
        for thread in self.threads:
            thread.join(PATIENCE_S)
        return self.order


def test_a_long_recording_gets_every_other_turn_and_short_ones_the_rest():
    crowd = Crowd(Turns(1))
    with crowd.turns.turn(Seat(since=0), lambda: False):
        crowd.comes("long", 20, since=1)
        for i in range(6):
            crowd.comes(f"short-{i}", 1, since=2 + i)
    order = crowd.end()
    assert order[:14].count("long") >= 6
    assert [name for name in order if name != "long"] == [f"short-{i}" for i in range(6)]
    assert order.index("short-5") <= 13
    assert len(order) == 26


def test_a_recording_that_came_first_is_not_put_off_by_ones_that_keep_coming():
    crowd = Crowd(Turns(1))
    with crowd.turns.turn(Seat(since=0), lambda: False):
        crowd.comes("old", 1, since=1)
        for i in range(5):
            crowd.comes(f"new-{i}", 1, since=2 + i)
    assert crowd.end().index("old") <= 1


def test_several_have_places_of_their_own_and_get_the_one_they_prefer():
    turns = Turns(3)
    with turns.turn(Seat(), lambda: False, lambda i: i == 2) as first:
        assert first == 2
        with (
            turns.turn(Seat(), lambda: False, lambda i: i == 2) as second,
            turns.turn(Seat(), lambda: False, lambda _: False) as third,
        ):
            assert (second, third) == (0, 1)


def test_one_that_is_stopped_while_it_waits_leaves_the_queue():
    turns = Turns(1)
    with (
        turns.turn(Seat(), lambda: False),
        pytest.raises(CancelledError),
        turns.turn(Seat(), lambda: True),
    ):
        pass
    with turns.turn(Seat(), lambda: False) as place:
        assert place == 0


def test_those_who_need_what_is_at_hand_go_first_for_a_while(monkeypatch):
    crowd = Crowd(Turns(1))
    with crowd.turns.turn(Seat(since=0), lambda: False):
        crowd.comes("other model", 1, since=1, prefers=lambda _: False)
        crowd.comes("same model", 3, since=2)
    assert crowd.end() == ["same model"] * 3 + ["other model"]
    monkeypatch.setattr(turns_module, "_PASSED_BY_S", 0.0)
    crowd = Crowd(Turns(1))
    with crowd.turns.turn(Seat(since=0), lambda: False):
        crowd.comes("other model", 1, since=1, prefers=lambda _: False)
        crowd.comes("same model", 3, since=2)
    assert crowd.end()[:2].count("other model") == 1


def test_a_place_that_cannot_be_used_yet_is_not_given_out():
    usable = {1}
    turns = Turns(2, usable=usable.__contains__)
    with turns.turn(Seat(), lambda: False) as first:
        assert first == 1
        usable.add(0)
        with turns.turn(Seat(), lambda: False) as second:
            assert second == 0
    usable.clear()
    with pytest.raises(CancelledError), turns.turn(Seat(), lambda: True):
        pass
