import json
import stat
from datetime import date

import pytest
from filelock import FileLock

from karaokify_daemon.adapters.llm import budget as module
from karaokify_daemon.adapters.llm.budget import FILE, Budget, Cost
from karaokify_daemon.config import Llm
from karaokify_daemon.errors import LlmError

DAY = date(2026, 3, 1)
SETTINGS = Llm(tokens_per_job=100, tokens_per_day=250, dollars_per_job=1.0, dollars_per_day=2.0)


@pytest.fixture
def job(tmp_path):
    def make(settings=SETTINGS, day=DAY, **options):
        return Budget(settings, tmp_path, today=lambda: day, **options)

    return make


def of_day(tmp_path):
    found = json.loads((tmp_path / FILE).read_text())
    del found["jobs"]
    return found


def test_what_is_spent_is_counted_for_the_job_and_the_day(job, tmp_path):
    for _ in range(2):
        budget = job()
        budget.reserve(Cost(tokens=90, dollars=0.5))
        budget.settle(Cost(tokens=90, dollars=0.5), Cost(tokens=40, dollars=0.25))
        assert budget.job == Cost(tokens=40, dollars=0.25)
    assert of_day(tmp_path) == {"day": "2026-03-01", "tokens": 80, "dollars": 0.5}


@pytest.mark.parametrize(
    ("cost", "limit"),
    [
        (Cost(tokens=101), "tokens_per_job"),
        (Cost(dollars=1.01), "dollars_per_job"),
    ],
)
def test_a_job_cannot_spend_more_than_it_may(job, tmp_path, cost, limit):
    with pytest.raises(LlmError, match=rf"llm\.{limit} = ") as refused:
        job().reserve(cost)
    assert refused.value.details["limit"] == limit
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize(
    ("cost", "limit"),
    [
        (Cost(tokens=90), "tokens_per_day"),
        (Cost(dollars=0.9), "dollars_per_day"),
    ],
)
def test_nor_can_all_jobs_of_a_day(job, cost, limit):
    for _ in range(2):
        job().reserve(cost)
    with pytest.raises(LlmError, match=rf"llm\.{limit} = .* the next day"):
        job().reserve(cost)
    job(day=date(2026, 3, 2)).reserve(cost)


def test_what_was_never_settled_stays_booked(job):
    budget = job()
    budget.reserve(Cost(tokens=60))
    with pytest.raises(LlmError, match="tokens_per_job"):
        budget.reserve(Cost(tokens=60))


def test_zero_is_no_limit(job):
    none = dict.fromkeys(
        ("tokens_per_job", "tokens_per_day", "dollars_per_job", "dollars_per_day"), 0
    )
    job(Llm(**none)).reserve(Cost(tokens=10**12, dollars=1e9))


def test_what_is_settled_on_the_next_day_is_not_less_than_nothing(job, tmp_path):
    days = [DAY, date(2026, 3, 2)]
    budget = Budget(SETTINGS, tmp_path, today=lambda: days[0])
    budget.reserve(Cost(tokens=90))
    days.pop(0)
    budget.settle(Cost(tokens=90), Cost(tokens=10))
    assert of_day(tmp_path) == {"day": "2026-03-02", "tokens": 0, "dollars": 0.0}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"day": "2026-03-01"}',
        b'{"day": "yesterday", "tokens": 1, "dollars": 0}',
        b'{"day": "2026-03-01", "tokens": -5, "dollars": 0}',
        b'{"day": "2026-03-01", "tokens": 5, "dollars": NaN}',
        b'{"day": "2026-03-01", "tokens": Infinity, "dollars": 0}',
        b'{"day": "2026-03-01", "tokens": null, "dollars": []}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_is_begun_anew_and_told(job, tmp_path, content):
    (tmp_path / FILE).write_bytes(content)
    told = []
    job(on_damaged=told.append).reserve(Cost(tokens=7))
    assert told == [tmp_path / FILE]
    assert of_day(tmp_path)["tokens"] == 7


def test_the_files_are_private(job, tmp_path):
    job().reserve(Cost(tokens=7))
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    assert FILE in {path.name for path in tmp_path.iterdir()}


def test_a_folder_that_cannot_be_written_is_an_error_that_may_pass(tmp_path):
    (tmp_path / "state").write_text("in the way")
    with pytest.raises(LlmError, match="cannot be kept") as failed:
        Budget(SETTINGS, tmp_path / "state").reserve(Cost(tokens=1))
    assert failed.value.retryable


def test_another_holder_is_waited_for_not_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_LOCK_S", 0.01)
    with FileLock(tmp_path / ".llm-budget.lock"), pytest.raises(LlmError, match="held by another"):
        Budget(SETTINGS, tmp_path).reserve(Cost(tokens=1))


def test_what_a_job_has_spent_counts_in_its_next_attempt_and_on_the_next_day(tmp_path):
    settings = Llm(tokens_per_job=100, tokens_per_day=0)
    Budget(settings, tmp_path, "one").reserve(Cost(tokens=80))
    days = [date(2026, 1, 1), date(2026, 1, 2)]
    for day in days:
        again = Budget(settings, tmp_path, "one", today=lambda day=day: day)
        with pytest.raises(LlmError, match="tokens_per_job"):
            again.reserve(Cost(tokens=30))
    Budget(settings, tmp_path, "two").reserve(Cost(tokens=90))
