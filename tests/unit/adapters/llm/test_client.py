import json
from datetime import date
from itertools import count

import pytest

from karaokify_daemon.adapters.llm import client as module
from karaokify_daemon.adapters.llm.budget import FILE, Budget
from karaokify_daemon.adapters.llm.client import Client
from karaokify_daemon.adapters.llm.pipes import LateError
from karaokify_daemon.config import Llm
from karaokify_daemon.errors import CancelledError, LlmError

SETTINGS = Llm(model="openai/test", retries=2, timeout_seconds=60)
HELLO = [{"role": "user", "content": "Hello"}]
ABOUT = {"provider": "openai", "prompt_price": 1e-6, "completion_price": 2e-6, "most_tokens": None}
DONE = {
    "text": "Hi",
    "model": "m",
    "prompt_tokens": 5,
    "completion_tokens": 2,
    "dollars": 0.01,
}


def failed(status, kind="APIError", *, may_cost=False):
    told = {"kind": kind, "status": status, "retry_after": "", "said": "no", "may_cost": may_cost}
    return {"failure": told}


def booked_and_spent(folder):
    """Return what is booked for the job, in tokens and dollars, and what it has spent."""
    book = json.loads((folder / FILE).read_text())
    [day], [spent] = book["days"].values(), book["jobs"].values()
    [booked] = day["booked"].values() or [{"tokens": 0, "dollars": 0}]
    return tuple(booked.values()), tuple(spent.values())


@pytest.fixture
def child(monkeypatch):
    """Stand in for the child process: a list of its replies; `orders` is what it was sent."""

    class Script(list):
        orders: list[dict]
        starts = 0
        pid = 12345

        def __call__(self):
            self.starts += 1
            return self

        def exchange(self, order, seconds, cancelled):
            self.orders.append(order | {"seconds": seconds})
            reply = self.pop(0) if "messages" in order else ABOUT
            if isinstance(reply, Exception):
                raise reply
            return reply

        def close(self):
            pass

    script = Script()
    script.orders = []
    monkeypatch.setattr(module, "Pipes", script)
    return script


@pytest.fixture
def budget(tmp_path):
    return Budget(SETTINGS, tmp_path)


@pytest.fixture
def client(budget):
    with Client(SETTINGS, budget, chance=lambda: 0.0, wait=lambda *_: None) as made:
        yield made


def test_nothing_is_started_before_it_is_asked(child, client):
    assert (child.starts, client.provider) == (0, "")


def test_a_reply_is_booked_as_it_was(child, client, tmp_path):
    child += [DONE]
    reply = client.complete(HELLO, {})
    assert (reply.text, reply.dollars) == ("Hi", 0.01)
    assert booked_and_spent(tmp_path) == ((0, 0), (7, 0.01))
    assert child.orders[1]["seconds"] == 62
    assert child.orders[1]["max_tokens"] == 8000


def test_what_is_not_told_is_estimated(child, client, tmp_path):
    child += [DONE | {"prompt_tokens": None, "completion_tokens": 0, "dollars": None}]
    reply = client.complete(HELLO, {})
    assert (reply.prompt_tokens, reply.completion_tokens, reply.dollars) == (2, 1, None)
    assert booked_and_spent(tmp_path) == ((0, 0), (3, 0))


def test_failures_that_pass_are_repeated_by_the_same_child(child, client, tmp_path):
    child += [failed(500), failed(429), DONE]
    assert client.complete(HELLO, {}).text == "Hi"
    assert (child.starts, client.requests) == (1, 3)
    assert booked_and_spent(tmp_path) == ((0, 0), (7, 0.01))


def test_who_wants_to_know_hears_of_the_process_once(child, budget):
    child += [failed(500), DONE]
    told = []
    with Client(SETTINGS, budget, on_start=told.append, wait=lambda *_: None) as client:
        client.complete(HELLO, {})
    assert told == [12345]


def test_each_form_of_a_request_counts_as_one(child, client):
    child += [failed(500) | {"requests": 2}, DONE | {"requests": 3}]
    client.complete(HELLO, {})
    assert client.requests == 5


def test_what_came_too_late_stays_booked_and_the_next_request_has_a_new_child(
    child, client, tmp_path
):
    child += [LateError(), DONE]
    with pytest.raises(LlmError, match="within 60 s"):
        client.complete(HELLO, {})
    assert booked_and_spent(tmp_path) == ((8002, pytest.approx(0.016002)), (0, 0))
    client.complete(HELLO, {})
    assert child.starts == 2
    assert booked_and_spent(tmp_path) == ((8002, pytest.approx(0.016002)), (7, 0.01))


@pytest.mark.parametrize("status", [None, 500])
def test_so_does_what_may_have_been_paid(child, client, tmp_path, status):
    child += 3 * [failed(status, may_cost=True)]
    with pytest.raises(LlmError):
        client.complete(HELLO, {})
    assert booked_and_spent(tmp_path)[0][0] == 8002 * client.requests


def test_a_refused_request_costs_nothing(child, client, tmp_path):
    child += [failed(401)]
    with pytest.raises(LlmError, match="OPENAI_API_KEY"):
        client.complete(HELLO, {})
    assert booked_and_spent(tmp_path) == ((0, 0), (0, 0))


def test_an_outage_keeps_a_job_from_asking_until_the_next_day_only(child, tmp_path):
    settings = Llm(model="openai/test", tokens_per_job=30_000)
    days = [date(2026, 3, 1)]

    def attempt():
        budget = Budget(settings, tmp_path, "job", today=lambda: days[-1])
        return Client(settings, budget).complete(HELLO, {})

    child += 3 * [LateError()]
    for _ in range(3):
        with pytest.raises(LlmError, match="no whole answer"):
            attempt()
    with pytest.raises(LlmError, match=r"is spent\..*or wait for the next day"):
        attempt()
    days.append(date(2026, 3, 2))
    child += [DONE]
    assert attempt().text == "Hi"


@pytest.mark.parametrize("reply", [DONE, failed(401)], ids=["done", "failed"])
def test_an_answer_is_not_lost_where_its_cost_cannot_be_settled(child, client, budget, reply):
    def settle(*_):
        raise LlmError("the budget of the day cannot be kept")

    budget.settle = settle
    child += [reply]
    if reply is DONE:
        assert client.complete(HELLO, {}).text == "Hi"
    else:
        with pytest.raises(LlmError, match="refused the API key"):
            client.complete(HELLO, {})


def test_a_model_that_thinks_has_more_room(child, budget, monkeypatch):
    monkeypatch.setitem(ABOUT, "reasons", True)
    child += [DONE]
    Client(SETTINGS, budget).complete(HELLO, {})
    assert child.orders[1]["max_tokens"] == 16_000


def test_a_child_that_died_is_an_error_and_not_used_again(child, client):
    child += [LlmError("litellm's process ended (SIGKILL)"), DONE]
    with pytest.raises(LlmError, match="SIGKILL"):
        client.complete(HELLO, {})
    assert client.complete(HELLO, {}).text == "Hi"
    assert child.starts == 2


@pytest.mark.parametrize(
    ("window", "known", "most"),
    [(500, None, 1000), (6000, None, 4000), (100_000, None, 8000), (100_000, 4096, 4096)],
)
def test_an_answer_has_as_much_room_as_fits_beside_a_window(
    child, budget, monkeypatch, window, known, most
):
    monkeypatch.setitem(ABOUT, "most_tokens", known)
    child += [DONE]
    settings = SETTINGS.model_copy(update={"window_tokens": window})
    Client(settings, budget).complete(HELLO, {})
    assert child.orders[1]["max_tokens"] == most


def test_a_wait_ends_when_it_is_cancelled(child, budget):
    child += [failed(429) | {"failure": failed(429)["failure"] | {"retry_after": "50"}}]
    polls = count()
    with pytest.raises(CancelledError):
        Client(SETTINGS, budget).complete(HELLO, {}, lambda: next(polls) >= 1)
    assert len(child.orders) == 2
