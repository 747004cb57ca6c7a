import json
import stat
from datetime import date, timedelta

import pytest
from filelock import FileLock

from karaokify_daemon.adapters.llm import budget as module
from karaokify_daemon.adapters.llm.budget import FILE, Budget, Cost
from karaokify_daemon.config import Llm
from karaokify_daemon.errors import LlmError

DAY, NEXT = date(2026, 3, 1), date(2026, 3, 2)
SETTINGS = Llm(tokens_per_job=100, tokens_per_day=250, dollars_per_job=1.0, dollars_per_day=2.0)


@pytest.fixture
def job(tmp_path):
    def make(settings=SETTINGS, day=DAY, **options):
        return Budget(settings, tmp_path, today=lambda: day, **options)

    return make


def of_day(tmp_path, day="2026-03-01"):
    return json.loads((tmp_path / FILE).read_text())["days"][day]


def test_what_is_spent_is_counted_for_the_job_and_the_day(job, tmp_path):
    for name in ("one", "two"):
        budget = job(job=name)
        booking = budget.reserve(Cost(tokens=90, dollars=0.5))
        assert of_day(tmp_path)["booked"] == {name: {"tokens": 90, "dollars": 0.5}}
        budget.settle(booking, Cost(tokens=40, dollars=0.25))
    assert of_day(tmp_path) == {"spent": {"tokens": 80, "dollars": 0.5}, "booked": {}}
    jobs = json.loads((tmp_path / FILE).read_text())["jobs"]
    assert jobs == {name: {"tokens": 40, "dollars": 0.25} for name in ("one", "two")}


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
    job(day=NEXT).reserve(cost)


def test_what_was_never_settled_stays_booked_until_its_day_is_over(job):
    job(job="one").reserve(Cost(tokens=60))
    with pytest.raises(LlmError, match=r"tokens_per_job = 100 is spent\..*next day") as refused:
        job(job="one").reserve(Cost(tokens=60))
    assert refused.value.details["unanswered"] == 60
    job(job="one", day=NEXT).reserve(Cost(tokens=60))


def test_what_was_spent_stays_with_its_job(job):
    budget = job(job="one")
    budget.settle(budget.reserve(Cost(tokens=90)), Cost(tokens=60))
    with pytest.raises(LlmError, match="tokens_per_job") as refused:
        job(job="one", day=NEXT).reserve(Cost(tokens=60))
    assert "next day" not in str(refused.value) and "unanswered" not in refused.value.details


def test_zero_is_no_limit(job):
    none = dict.fromkeys(
        ("tokens_per_job", "tokens_per_day", "dollars_per_job", "dollars_per_day"), 0
    )
    job(Llm(**none)).reserve(Cost(tokens=10**12, dollars=1e9))


def test_what_is_settled_on_the_next_day_counts_on_its_own(job, tmp_path):
    first = job(job="one")
    booking = first.reserve(Cost(tokens=90))
    other = job(job="two", day=NEXT)
    other.settle(other.reserve(Cost(tokens=80)), Cost(tokens=80))
    first.settle(booking, Cost(tokens=10))
    nothing = {"tokens": 80, "dollars": 0.0}
    assert of_day(tmp_path, "2026-03-02") == {"spent": nothing, "booked": {}}
    assert of_day(tmp_path)["spent"]["tokens"] == 10 and not of_day(tmp_path)["booked"]


@pytest.mark.parametrize("back", [1, 2, 300])
def test_a_clock_that_is_set_back_and_forward_frees_nothing(job, back):
    for name in ("one", "two"):
        job(job=name).reserve(Cost(tokens=100))
    earlier = job(job="three", day=DAY - timedelta(days=back))
    if back == 1:
        with pytest.raises(LlmError, match="tokens_per_day"):
            earlier.reserve(Cost(tokens=100))
    else:
        earlier.reserve(Cost(tokens=100))
    with pytest.raises(LlmError, match="tokens_per_day"):
        job(job="four").reserve(Cost(tokens=100))


def test_a_clock_that_was_far_ahead_leaves_the_days_as_they_are(job):
    ahead = job(job="one", day=date(2038, 1, 19))
    for _ in range(2):
        ahead.settle(ahead.reserve(Cost(tokens=10)), Cost(tokens=10))
    for name in ("one", "two"):
        job(job=name).reserve(Cost(tokens=80))


def test_only_some_days_are_kept(job, tmp_path):
    for day in range(20):
        job(job="one", day=DAY + timedelta(days=day)).reserve(Cost(tokens=80))
    assert len(json.loads((tmp_path / FILE).read_text())["days"]) == 8


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"days": {}}',
        b'{"days": {"today": {"spent": {"tokens": 1, "dollars": 0}, "booked": {}}}, "jobs": {}}',
        *(
            b'{"days": {"2026-03-01": {"spent": {"tokens": %s, "dollars": %s}, "booked": {}}}, '
            b'"jobs": {}}' % cost
            for cost in [(b"-5", b"0"), (b"5", b"NaN"), (b"Infinity", b"0"), (b"null", b"[]")]
        ),
        b'{"days": {}, "jobs": {"one": 5}}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_file_is_begun_anew_and_told(job, tmp_path, content):
    (tmp_path / FILE).write_bytes(content)
    told = []
    job(on_damaged=told.append).reserve(Cost(tokens=7))
    assert told == [tmp_path / FILE]
    assert [cost["tokens"] for cost in of_day(tmp_path)["booked"].values()] == [7]


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


def test_what_a_job_has_spent_counts_in_its_next_attempt_and_on_the_next_day(job):
    settings = Llm(tokens_per_job=100, tokens_per_day=0)
    budget = job(settings, job="one")
    budget.settle(budget.reserve(Cost(tokens=80)), Cost(tokens=80))
    for day in (DAY, NEXT):
        with pytest.raises(LlmError, match="tokens_per_job"):
            job(settings, job="one", day=day).reserve(Cost(tokens=30))
    job(settings, job="two").reserve(Cost(tokens=90))
