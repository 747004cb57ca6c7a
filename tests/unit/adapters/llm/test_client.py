from itertools import count

import pytest

from karaokify_daemon.adapters.llm import client as module
from karaokify_daemon.adapters.llm.budget import Budget, Cost
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


def failed(status, kind="APIError"):
    return {"failure": {"kind": kind, "status": status, "retry_after": "", "said": "no"}}


@pytest.fixture
def child(monkeypatch):
    """Stand in for the child process: a list of its replies; `orders` is what it was sent."""

    class Script(list):
        orders: list[dict]
        starts = 0
        pid = 1

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
    assert (child.starts, client.pid, client.provider) == (0, None, "")


def test_a_reply_is_booked_as_it_was(child, client, budget):
    child += [DONE]
    reply = client.complete(HELLO, {})
    assert (reply.text, reply.dollars) == ("Hi", 0.01)
    assert budget.job == Cost(tokens=7, dollars=0.01)
    assert child.orders[1]["seconds"] == 62
    assert child.orders[1]["max_tokens"] == 8000


def test_what_is_not_told_is_estimated(child, client, budget):
    child += [DONE | {"prompt_tokens": None, "completion_tokens": 0, "dollars": None}]
    reply = client.complete(HELLO, {})
    assert (reply.prompt_tokens, reply.completion_tokens, reply.dollars) == (2, 1, None)
    assert budget.job == Cost(tokens=3)


def test_failures_that_pass_are_repeated_by_the_same_child(child, client, budget):
    child += [failed(500), failed(429), DONE]
    assert client.complete(HELLO, {}).text == "Hi"
    assert (child.starts, client.requests, budget.job.tokens) == (1, 3, 7)


def test_what_came_too_late_stays_booked_and_the_next_request_has_a_new_child(
    child, client, budget
):
    child += [LateError(), DONE]
    with pytest.raises(LlmError, match="within 60 s"):
        client.complete(HELLO, {})
    assert budget.job.tokens == 8002 and budget.job.dollars == pytest.approx(0.016002)
    client.complete(HELLO, {})
    assert child.starts == 2


@pytest.mark.parametrize("kind", ["TooLong", "MemoryError"])
def test_so_does_what_was_too_long(child, client, budget, kind):
    child += [failed(None, kind)]
    with pytest.raises(LlmError):
        client.complete(HELLO, {})
    assert budget.job.tokens == 8002


def test_a_refused_request_costs_nothing(child, client, budget):
    child += [failed(401)]
    with pytest.raises(LlmError, match="OPENAI_API_KEY"):
        client.complete(HELLO, {})
    assert budget.job == Cost()


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
