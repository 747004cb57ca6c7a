from pathlib import Path
from types import SimpleNamespace

import pytest

from karaokify_daemon.adapters.intake.inbox import Scan, Waiting
from karaokify_daemon.config import from_dict
from karaokify_daemon.service.daemon import Daemon


def pause(*, files, used, told=True, running=0, once=False, appointments=False, unload=0, model=""):
    daemon = Daemon(from_dict({"transcribe": {"idle_unload_seconds": unload}}), once=once)
    ledger = SimpleNamespace(has_appointments=appointments)
    workers = SimpleNamespace(models=lambda: [None, model or None])
    daemon._parts = SimpleNamespace(is_told=told, ledger=ledger, workers=workers)
    daemon._running |= dict.fromkeys(range(running))
    waiting = [Waiting(path=Path("talk.wav"), reason="is held")] * files
    daemon._pace.used = used
    return daemon._pause(Scan(waiting=waiting))


@pytest.mark.parametrize(
    ("files", "used", "seconds"),
    [
        (10, 0.1, 10),  # as configured
        (10_000, 0.001, 10),
        (10_000, 0.05, 180),  # a CPU second of an hour
        (10_000, 2.0, 900),
    ],
)
def test_a_large_inbox_in_which_nothing_happens_is_looked_at_more_seldom(files, used, seconds):
    assert pause(files=files, used=used) == pytest.approx(seconds)


def test_it_is_looked_at_as_configured_while_work_is_done_or_nobody_tells_of_changes():
    assert pause(files=10_000, used=1.0, running=1) == 10
    assert pause(files=10_000, used=1.0, told=False) == 10
    assert pause(files=10_000, used=1.0, appointments=True) == 10
    assert pause(files=10_000, used=1.0, once=True) == 0.5


def test_it_is_looked_at_in_time_to_free_a_model():
    assert pause(files=10_000, used=2.0, unload=60, model="small") == 60
    assert pause(files=10_000, used=2.0, unload=60) == 900
    assert pause(files=10_000, used=2.0, model="small") == 900
