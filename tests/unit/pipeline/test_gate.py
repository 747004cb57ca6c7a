import threading
from contextlib import contextmanager, suppress

import pytest
from structlog.testing import capture_logs

from karaokify_daemon.adapters import resources
from karaokify_daemon.config import Folders, Limits
from karaokify_daemon.domain.admission import Needs
from karaokify_daemon.domain.job import Stage
from karaokify_daemon.errors import CancelledError, PublishError
from karaokify_daemon.pipeline import gate as gates
from karaokify_daemon.pipeline.gate import Gate

HUGE = 10**18
PATIENCE_S = 30
NONE = Needs()
QUIET = Limits(min_free_memory_mb=1, min_free_disk_mb=1)


def gate_of(folder, limits=QUIET, **options):
    return Gate(limits, Folders().under(folder), **options)


def passed(gate, needs=NONE, stage=Stage.DECODE, *, file="talk.wav", cancelled=lambda: False):
    return gate.passed(stage, needs, job=file, file=file, cancelled=cancelled)


class Waiter(threading.Thread):
    """A job that wants to pass; `asked` is set once it has looked and was refused."""

    def __init__(self, gate, needs):
        super().__init__(daemon=True)
        self.gate, self.needs = gate, needs
        self.asked, self.passed = threading.Event(), threading.Event()
        self.start()

    def run(self):
        with passed(self.gate, self.needs, file="second.wav", cancelled=self.ask):
            self.passed.set()

    def ask(self):
        self.asked.set()
        return False


@contextmanager
def refused_half(gate, folder):
    """Yield a job that is refused more than half of a disk: another is promised as much."""
    _, free, _ = resources.disk(folder)
    half = Needs(disks=(("cache", int(free / 1.5 * 0.6)),))
    with passed(gate, half, Stage.RENDER):
        waiter = Waiter(gate, half)
        assert waiter.asked.wait(PATIENCE_S)
        yield waiter


def test_what_needs_little_passes_at_once_and_silently(tmp_path):
    gate = gate_of(tmp_path)
    with capture_logs() as log, passed(gate, Needs(memory=1000, disks=(("cache", 1000),))):
        assert gate.count(Stage.DECODE) and not gate.count(Stage.RENDER)
    assert not gate.count(Stage.DECODE)
    assert log == []


def test_memory_is_waited_for_while_another_stage_is_at_work_and_no_longer(tmp_path):
    gate = gate_of(tmp_path)
    with capture_logs() as log:
        with passed(gate):
            waiter = Waiter(gate, Needs(memory=HUGE))
            assert waiter.asked.wait(PATIENCE_S)
            assert "of memory" in gate.waiting["second.wav"] and not waiter.passed.is_set()
        assert waiter.passed.wait(PATIENCE_S)
        waiter.join()
    assert [line["event"] for line in log] == ["stage.waiting", "stage.tight", "stage.continued"]
    assert gate.waiting == {}


def test_what_others_were_promised_is_not_promised_twice(tmp_path):
    gate = gate_of(tmp_path)
    with refused_half(gate, tmp_path) as waiter:
        assert "on the disk of the cache" in gate.waiting["second.wav"]
    assert waiter.passed.wait(PATIENCE_S)
    waiter.join()


def test_the_memory_of_an_idle_model_is_freed_before_others_are_waited_for(tmp_path):
    freed = []
    gate = gate_of(tmp_path, Limits(min_free_memory_mb=10**9))

    def free():
        freed.append(1)
        gate.limits = QUIET

    gate.free = free
    with passed(gate):
        assert freed == [1]


def test_the_graphics_memory_of_an_idle_model_is_freed_too(tmp_path, monkeypatch):
    free = [1]
    monkeypatch.setattr(gates.resources, "gpu_free", lambda cards: free[0] if cards == (1,) else 0)
    gate = gate_of(tmp_path, QUIET.model_copy(update={"min_free_gpu_mb": 5}))
    gate.free = lambda: free.__setitem__(0, 10**9)
    with passed(gate, Needs(cards=(1,))):
        assert free == [10**9]


def test_new_limits_are_heeded_by_who_waits(tmp_path):
    gate = gate_of(tmp_path, Limits(min_free_memory_mb=10**9))
    waiter = Waiter(gate, Needs())
    assert waiter.asked.wait(PATIENCE_S)
    gate.limits = Limits(min_free_memory_mb=0)
    assert waiter.passed.wait(PATIENCE_S)
    waiter.join()


def test_who_waits_can_be_stopped(tmp_path):
    gate = gate_of(tmp_path)
    with (
        pytest.raises(CancelledError),
        passed(gate, Needs(disks=(("cache", HUGE),)), cancelled=lambda: True),
    ):
        pass
    assert gate.waiting == {} and not gate.count(Stage.DECODE)


def test_without_patience_a_full_disk_is_an_error_and_the_rest_a_warning(tmp_path):
    gate = gate_of(tmp_path, patient=False)
    with (
        pytest.raises(PublishError, match="on the disk of the outbox"),
        passed(gate, Needs(disks=(("outbox", HUGE),))),
    ):
        pass
    gate.limits = Limits(min_free_memory_mb=10**9, max_load=1e-9)
    with capture_logs() as log, passed(gate):
        pass
    assert [line["event"] for line in log] == ["stage.tight"]


def test_nothing_is_looked_at_where_all_is_turned_off(tmp_path):
    gate = gate_of(tmp_path, Limits(min_free_memory_mb=0, min_free_disk_mb=0))
    with capture_logs() as log, passed(gate, Needs(memory=HUGE, disks=(("cache", HUGE),))):
        pass
    assert log == []


class Place:
    """A place whose comings and goings are noted; `inside` is called by who has just taken it."""

    def __init__(self, inside=lambda: None):
        self.inside, self.taken = inside, []

    @contextmanager
    def __call__(self):
        self.taken.append(True)
        self.inside()
        try:
            yield
        finally:
            self.taken.append(False)


def test_no_place_is_taken_before_there_is_what_a_stage_needs(tmp_path):
    gate, place = gate_of(tmp_path, Limits(min_free_memory_mb=10**9)), Place()

    def cancelled():
        assert place.taken == []
        gate.limits = QUIET
        return False

    with gate.passed(Stage.RENDER, NONE, job="a", file="a", cancelled=cancelled, place=place):
        assert place.taken == [True]
    assert place.taken == [True, False]


def test_nothing_is_promised_to_who_waits_for_a_place_which_is_left_where_others_were_faster(
    tmp_path,
):
    gate = gate_of(tmp_path)

    def inside():
        assert not gate.count(Stage.RENDER)
        if len(place.taken) == 1:
            gate.limits = Limits(min_free_memory_mb=10**9)

    def cancelled():
        assert place.taken == [True, False]
        gate.limits = QUIET
        return False

    place = Place(inside)
    with gate.passed(Stage.RENDER, NONE, job="a", file="a", cancelled=cancelled, place=place):
        assert place.taken == [True, False, True]
    assert place.taken == [True, False, True, False]
    assert not gate.count(Stage.RENDER)


def test_memory_is_not_awaited_for_hours_where_no_other_is_at_the_same_stage(tmp_path, monkeypatch):
    gate, needs = gate_of(tmp_path), Needs(memory=HUGE)
    with passed(gate, stage=Stage.TRANSCRIBE):
        waiter = Waiter(gate, needs)  # to decode
        assert waiter.asked.wait(PATIENCE_S)
        assert not waiter.passed.is_set()
        monkeypatch.setattr(gates, "_ENOUGH_S", 0)
        assert waiter.passed.wait(PATIENCE_S)
        waiter.join()


@pytest.mark.parametrize(("until", "passes"), [(900, False), (0, True)])
def test_small_ones_do_not_pass_one_that_waits_for_memory_for_ever(
    tmp_path, monkeypatch, until, passes
):
    gate = gate_of(tmp_path)
    monkeypatch.setattr(gates, "_NEXT_S", until)
    with passed(gate):
        waiter = Waiter(gate, Needs(memory=HUGE))
        assert waiter.asked.wait(PATIENCE_S)
        with passed(gate, file="third.wav"):  # which came a moment later
            pass
        monkeypatch.setattr(gates, "_ENOUGH_S", 0)
        entered = []
        with suppress(CancelledError), passed(gate, file="third.wav", cancelled=lambda: True):
            entered.append(True)
        assert bool(entered) is passes and not waiter.passed.is_set()
        with passed(gate, stage=Stage.RENDER):  # another stage
            pass
    assert waiter.passed.wait(PATIENCE_S)
    waiter.join()


@pytest.mark.parametrize(
    ("at_work", "needs"),
    [
        (Stage.DECODE, Needs(memory=HUGE)),
        (Stage.TRANSCRIBE, Needs(disks=(("cache", HUGE),))),
    ],
)
def test_others_at_the_same_stage_and_disks_are_awaited_as_long_as_it_takes(
    tmp_path, monkeypatch, at_work, needs
):
    monkeypatch.setattr(gates, "_ENOUGH_S", 0)
    gate, asked = gate_of(tmp_path), []

    def cancelled():
        asked.append(True)
        return len(asked) == 3

    with (
        passed(gate, stage=at_work),
        pytest.raises(CancelledError),
        passed(gate, needs, cancelled=cancelled),
    ):
        pass


def test_a_disk_that_others_have_filled_is_told_and_one_that_we_shall_empty_is_not(tmp_path):
    gate = gate_of(tmp_path)
    with refused_half(gate, tmp_path) as waiter:
        assert gate.full == "" and not gate.stuck
    waiter.join(PATIENCE_S)
    seen = []

    def look():
        seen.append(gate.full)
        assert gate.stuck == {"talk.wav"}
        return True

    full = Needs(disks=(("cache", HUGE),))
    with pytest.raises(CancelledError), passed(gate, full, cancelled=look):
        pass
    assert seen[0].startswith("needs ") and "on the disk of the cache" in seen[0]
    assert gate.full == ""
