from types import SimpleNamespace

import pytest

from karaokify_daemon.adapters import resources
from karaokify_daemon.config import from_dict
from karaokify_daemon.domain.occasions import troubles as known
from karaokify_daemon.service.troubles import troubles

GB = 10**9


def parts(tmp_path, *, lacks="", trouble="", full="", floor=100):
    folders = {n: str(tmp_path / n) for n in ("inbox", "outbox", "archive", "failed")}
    tree = {"folders": folders, "limits": {"min_free_disk_mb": floor}}
    return SimpleNamespace(
        config=from_dict(tree),
        ledger=SimpleNamespace(waits_for=lambda codes: lacks if "model" in codes else ""),
        workers=SimpleNamespace(trouble=trouble),
        gate=SimpleNamespace(full=full),
    )


def live(problem=""):
    return SimpleNamespace(problem=problem)


@pytest.fixture(autouse=True)
def roomy(monkeypatch):
    monkeypatch.setattr(resources, "disk", lambda _: (1, 50 * GB, 100 * GB))


def test_nothing_is_the_matter(tmp_path):
    assert troubles(parts(tmp_path), live()) == dict.fromkeys(known(), "")


def test_each_is_told_by_its_name(tmp_path):
    found = troubles(parts(tmp_path, lacks="no model", full="needs 9 GB"), live("no inbox"))
    assert found["service"] == "no inbox" and found["jobs"] == "no model"
    assert found["disk"].startswith("needs 9 GB. Free some space")
    found = troubles(parts(tmp_path, trouble="the worker has died 3 times in a row"), live())
    assert "died 3 times" in found["jobs"]


def test_a_disk_below_the_floor_is_too_full_though_nothing_waits(tmp_path, monkeypatch):
    monkeypatch.setattr(resources, "disk", lambda _: (1, 50_000_000, 100 * GB))
    found = troubles(parts(tmp_path), live())["disk"]
    assert found.startswith("50.0 MB are free on the disk of the outbox")
    assert troubles(parts(tmp_path, floor=0), live())["disk"] == ""


def test_a_disk_that_is_not_there_is_not_full(tmp_path, monkeypatch):
    monkeypatch.setattr(resources, "disk", lambda _: None)
    assert troubles(parts(tmp_path), live())["disk"] == ""
