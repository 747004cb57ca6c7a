"""A language model that is asked through litellm, patiently and within a budget."""

import contextlib
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from karaokify_daemon.adapters.llm.budget import Booking, Budget, Cost
from karaokify_daemon.adapters.llm.failing import Failure, error_of, wait_after
from karaokify_daemon.adapters.llm.pipes import POLL_S, LateError, Pipes
from karaokify_daemon.config import Llm
from karaokify_daemon.domain.plain import plain
from karaokify_daemon.errors import CancelledError, LlmError

_START_S = 120.0  # to import litellm, on a machine that is busy
_GRACE_S = 2.0  # litellm's own timeout comes first: it spares a new start of the child
_BYTES_PER_TOKEN = 3
_ANSWER_TOKENS = 1000, 8000  # what an answer may take, at least and at most
_ANSWER_SHARE = 2 / 3  # of a window: both are to go into the model's context
_REASONING = 2  # times as much for a model whose thoughts count, too

Messages = Sequence[Mapping[str, str]]


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What a model has answered, its name as the provider gives it, and what that took.

    `dollars` is None where litellm does not know the model's price.
    """

    text: str
    model: str
    prompt_tokens: int
    completion_tokens: int
    dollars: float | None


class Client:
    """Asks the configured model; its process is started at the first request, and ended by `close`.

    One attempt takes `timeout_seconds` at most, a wait between two as long at most, and there are
    `retries` + 1 attempts.
    """

    def __init__(
        self,
        settings: Llm,
        budget: Budget,
        *,
        on_start: Callable[[int], None] = lambda _pid: None,
        chance: Callable[[], float] = random.random,
        wait: Callable[[float, Callable[[], bool]], None] | None = None,
    ) -> None:
        """Take what to ask and what it may cost.

        `on_start` hears of the process, `wait` waits some seconds, or until cancelled.
        """
        self._settings, self._budget, self._chance = settings, budget, chance
        self._on_start = on_start
        self._wait = wait or _wait
        self._pipes: Pipes | None = None
        self._about: dict[str, Any] = {}
        self.requests = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def provider(self) -> str:
        """The provider's name; it is known once the model was asked."""
        return str(self._about.get("provider", ""))

    def close(self) -> None:
        """End the child. May be called again."""
        pipes, self._pipes = self._pipes, None
        if pipes is not None:
            pipes.close()

    def complete(
        self,
        messages: Messages,
        schema: Mapping[str, Any],
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Reply:
        """Return the model's answer, which is to follow a JSON schema, but may not.

        Raises LlmError, or CancelledError.
        """
        attempt = 0
        while True:
            attempt += 1
            answer = self._attempt(messages, schema, cancelled)
            if isinstance(answer, Reply):
                return answer
            seconds = wait_after(answer, attempt, self._settings, self._chance())
            if seconds is None:
                raise error_of(answer, self._settings, self._keys)
            self._wait(seconds, cancelled)

    def missing_keys(self) -> list[str]:
        """Return the environment variables that the model's key is missing from; ask nothing.

        Raises LlmError where litellm knows no such model, or does not start.
        """
        opened = self._open(lambda: False)
        if isinstance(opened, Failure):
            raise error_of(opened, self._settings, self._keys)
        return list(self._about["missing"])

    @property
    def _keys(self) -> list[str]:
        return self._about.get("missing") or [f"{self.provider.upper() or 'PROVIDER'}_API_KEY"]

    def _attempt(
        self, messages: Messages, schema: Mapping[str, Any], cancelled: Callable[[], bool]
    ) -> Reply | Failure:
        opened = self._open(cancelled)
        if isinstance(opened, Failure):
            return opened
        order = self._order(messages, schema)
        estimate = self._estimate(messages, order["max_tokens"])
        booking = self._budget.reserve(estimate)
        self.requests += 1
        given = self._exchange(opened, order, order["timeout"] + _GRACE_S, cancelled)
        self.requests += max(0, given.get("requests", 1) - 1)
        failure = Failure.of(given["failure"]) if "failure" in given else None
        answer = failure or _reply(given, messages)
        self._settle(booking, answer)
        return answer

    def _order(self, messages: Messages, schema: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "model": self._settings.model,
            "api_base": self._settings.api_base,
            "messages": [dict(message) for message in messages],
            "schema": dict(schema),
            "max_tokens": self._most_tokens(),
            "timeout": self._settings.timeout_seconds,
        }

    def _settle(self, booking: Booking, answer: Reply | Failure) -> None:
        """Put what a request has cost in the place of its booking, unless that is not known."""
        if isinstance(answer, Reply):
            tokens = answer.prompt_tokens + answer.completion_tokens
            spent = Cost(tokens=tokens, dollars=answer.dollars or 0.0)
        elif answer.may_cost:
            return
        else:
            spent = Cost()
        # An answer is not lost where this fails: what was booked is rather more than it has cost.
        with contextlib.suppress(LlmError):
            self._budget.settle(booking, spent)

    def _open(self, cancelled: Callable[[], bool]) -> Pipes | Failure:
        """Return the child, started if it does not run, or why it is of no use."""
        if self._pipes is not None:
            return self._pipes
        self._pipes = pipes = Pipes()
        self._on_start(pipes.pid)
        order = {"model": self._settings.model, "api_base": self._settings.api_base}
        given = self._exchange(pipes, order, _START_S, cancelled)
        if "failure" in given:
            self.close()
            failure = Failure.of(given["failure"])
            if failure.kind == "BadRequestError":
                raise LlmError(
                    f"litellm knows no provider of the model {self._settings.model!r}",
                    advice='Set llm.model as PROVIDER/NAME, such as "openai/gpt-5-mini".',
                )
            return failure
        self._about = given
        return pipes

    def _exchange(
        self, pipes: Pipes, order: dict[str, Any], seconds: float, cancelled: Callable[[], bool]
    ) -> dict[str, Any]:
        try:
            return pipes.exchange(order, seconds, cancelled)
        except LateError:
            self._pipes = None
            return {"failure": {"kind": "Timeout"}}
        except (LlmError, CancelledError):
            self._pipes = None
            raise

    def _most_tokens(self) -> int:
        """Return how many tokens an answer may take."""
        least, most = _ANSWER_TOKENS
        sensible = max(least, min(most, int(self._settings.window_tokens * _ANSWER_SHARE)))
        sensible *= _REASONING if self._about.get("reasons") else 1
        return min(sensible, self._about.get("most_tokens") or sensible)

    def _estimate(self, messages: Messages, most: int) -> Cost:
        """Return what a request may cost, rather too much."""
        size = sum(len(message["content"].encode("utf-8", "replace")) for message in messages)
        prompt = size // _BYTES_PER_TOKEN + 1
        dollars = prompt * (self._about.get("prompt_price") or 0.0)
        dollars += most * (self._about.get("completion_price") or 0.0)
        return Cost(tokens=prompt + most, dollars=dollars)


def _reply(given: Mapping[str, Any], messages: Messages) -> Reply:
    """Return a reply, with an estimate of what the provider does not tell of it."""
    size = sum(len(message["content"]) for message in messages)
    text = str(given["text"])
    return Reply(
        text=text,
        model=plain(str(given["model"])),
        prompt_tokens=_count(given["prompt_tokens"], size),
        completion_tokens=_count(given["completion_tokens"], len(text)),
        dollars=given["dollars"],
    )


def _count(told: object, characters: int) -> int:
    known = isinstance(told, int) and told > 0
    return int(told) if known and isinstance(told, int) else characters // _BYTES_PER_TOKEN + 1


def _wait(seconds: float, cancelled: Callable[[], bool]) -> None:
    """Wait some seconds. Raises CancelledError."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if cancelled():
            raise CancelledError("was stopped while a language model was asked")
        time.sleep(min(left, POLL_S))
