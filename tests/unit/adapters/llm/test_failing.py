from datetime import UTC, datetime

import pytest

from karaokify_daemon.adapters.llm.failing import Failure, error_of, wait_after
from karaokify_daemon.config import Llm

SETTINGS = Llm(model="openai/test", retries=3, timeout_seconds=60)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def failed(status=None, kind="APIError", **more):
    return Failure(kind=kind, status=status, **more)


def wait(failure, attempt=1, chance=0.0, settings=SETTINGS):
    return wait_after(failure, attempt, settings, chance, NOW)


def test_waits_double_up_to_half_a_minute():
    long = Llm(retries=20)
    waits = [wait(failed(503), attempt, settings=long) for attempt in range(1, 8)]
    assert waits == [1, 2, 4, 8, 16, 30, 30]
    assert wait(failed(503), 1, chance=1.0) == 1.5


def test_there_are_so_many_repeats():
    assert wait(failed(500), 3) == 4
    assert wait(failed(500), 4) is None
    assert wait(failed(500), 1, settings=Llm(retries=0)) is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, None])
def test_what_does_not_pass_is_not_repeated(status):
    assert wait(failed(status)) is None


def test_a_timeout_is_not_repeated_but_for_one_that_the_provider_tells_of():
    assert wait(failed(408, kind="Timeout")) is None
    assert wait(failed(408, kind="Timeout", answered=True)) == 1
    assert wait(failed(504, kind="Timeout", answered=True)) == 1


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("1.5", 1.5),
        (" 2. ", 2),
        ("60.1", None),
        (".5", 1),
        ("60", 60),
        ("61", None),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("Sun, 01 Mar 2026 13:00:00 GMT", None),
        ("soon", 1),
        ("-5", 1),
        ("1e3", 1),
        ("²", 1),
        ("9" * 90, None),
    ],
)
def test_the_provider_says_when_to_ask_again(header, seconds):
    assert wait(failed(429, retry_after=header)) == seconds


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (failed(401), "refused the API key (401). Check A_KEY and the systemd credential llm-api"),
        (failed(404), "no such model"),
        (failed(429, retry_after="900"), "no more requests for now"),
        (failed(503), "failed or cannot be reached (503)"),
        (failed(408, kind="Timeout"), "no whole answer within 60 s. Raise llm.timeout_seconds"),
        (failed(408, kind="Timeout", may_cost=False), "cannot be reached within 60 s"),
        (failed(408, kind="Timeout", answered=True, may_cost=False), "for the request (408)"),
        (failed(504, kind="Timeout", answered=True), "failed or cannot be reached (504)"),
        (failed(None, kind="TooLong"), "longer than 1 MB"),
        (failed(400, kind="ContextWindowExceededError"), "Lower llm.window_tokens = 12000"),
        (failed(None, kind="ModuleNotFoundError"), "litellm cannot be imported"),
        (failed(None, kind="{model_dump}\n"), "could not be asked (model_dump)"),
        (failed(400, kind=""), "could not be asked (no reason given)"),
    ],
)
def test_each_error_says_what_to_do(failure, said):
    error = error_of(failure, SETTINGS, ["A_KEY"])
    assert said in str(error)
    assert error.retryable and error.code == "llm"


def test_how_long_the_provider_wants_to_be_left_alone_is_among_the_details_in_seconds():
    asked = error_of(failed(429, retry_after="3600"), SETTINGS, []).details
    assert asked["retry_after_seconds"] == 3600
    assert "retry_after_seconds" not in error_of(failed(429), SETTINGS, []).details


def test_what_the_provider_said_is_among_the_details_on_one_line():
    failure = Failure.of({"kind": "APIError", "status": 500, "said": "a\n{x}\x1b[0m\u202e"})
    assert error_of(failure, SETTINGS, []).details["reason"] == "a {x}[0m"
