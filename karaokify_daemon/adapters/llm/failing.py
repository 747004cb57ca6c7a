"""What follows when a language model could not be asked: whether to ask again, and what to say."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Self

from karaokify_daemon.config import Llm
from karaokify_daemon.domain.plain import plain
from karaokify_daemon.errors import LlmError

_FIRST_S, _LONGEST_S = 1.0, 30.0
_SPREAD = 0.5  # of a wait: jobs that failed together do not all come back together
_PASSING = (408, 429)
_CREDENTIAL = "the systemd credential llm-api-key"


@dataclass(frozen=True, kw_only=True)
class Failure:
    """How an attempt ended: the class of litellm's error, its HTTP status, what it said.

    `answered` tells that the status is the provider's own, `may_cost` that what was asked may have
    to be paid: that it was sent, and not refused.
    """

    kind: str
    status: int | None = None
    answered: bool = False
    may_cost: bool = True
    retry_after: str = ""
    said: str = ""

    @classmethod
    def of(cls, given: dict[str, Any]) -> Self:
        """Return the one that the child process tells of."""
        return cls(
            kind=str(given.get("kind", "")),
            status=given.get("status"),
            answered=given.get("answered", False),
            may_cost=given.get("may_cost", True),
            retry_after=given.get("retry_after", ""),
            said=plain(given.get("said", "")),
        )

    @property
    def is_timeout(self) -> bool:
        """Whether no whole answer came in time; some providers say so of themselves."""
        return self.kind == "Timeout" and not self.answered

    @property
    def may_pass(self) -> bool:
        """Whether to ask again: after too many requests, errors of the provider, a broken line.

        A timeout is none of them: that was patience enough for one request.
        """
        status = self.status or 0
        return not self.is_timeout and (status in _PASSING or status >= 500)


def wait_after(
    failure: Failure, attempt: int, settings: Llm, chance: float, now: datetime | None = None
) -> float | None:
    """Return in how many seconds to ask again after the `attempt`-th failure; None: not at all.

    1 s doubling to 30 s, or what the provider asks for; where that is more than
    `timeout_seconds`, the job is better tried again as a whole. `chance` is from 0 to 1.
    """
    if not failure.may_pass or attempt > settings.retries:
        return None
    seconds = min(_LONGEST_S, _FIRST_S * 2.0 ** min(attempt - 1, 10)) * (1 + _SPREAD * chance)
    asked = _seconds(failure.retry_after, now or datetime.now(UTC))
    if asked is None:
        return min(seconds, settings.timeout_seconds)
    return max(asked, 0.0) if asked <= settings.timeout_seconds else None


def _seconds(header: str, now: datetime) -> float | None:
    """Return what a header Retry-After says: seconds, which some give with a point, or a date."""
    if re.fullmatch(r"[0-9]+(\.[0-9]*)?", header.strip()):
        return float(header)
    try:
        date = parsedate_to_datetime(header)
    except (ValueError, TypeError, OverflowError):  # of a zone that is years away
        return None
    return (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds()


def error_of(failure: Failure, settings: Llm, keys: list[str]) -> LlmError:
    """Return the error for an operator; `keys` are environment variables that may hold the key."""
    problem, advice = _in_words(failure)
    facts: dict[str, Any] = {"kind": failure.kind, "model": settings.model}
    facts |= {"status": failure.status} if failure.status else {}
    facts |= {"retry_after": plain(failure.retry_after)} if failure.retry_after else {}
    asked = _seconds(failure.retry_after, datetime.now(UTC))
    facts |= {"retry_after_seconds": asked} if asked is not None else {}
    facts |= {"reason": failure.said} if failure.said else {}
    filled = {"keys": " and ".join([*keys, _CREDENTIAL]), **settings.model_dump()}
    return LlmError(problem.format(**filled), advice=advice.format(**filled) or None, **facts)


def _in_words(failure: Failure) -> tuple[str, str]:
    """Return problem and advice, with the names of settings in braces."""
    status = failure.status or 0
    kind = re.sub(r"\W", "", failure.kind) or "no reason given"
    if failure.is_timeout and not failure.may_cost:
        return "the provider cannot be reached within {timeout_seconds:g} s", "Check llm.api_base."
    if failure.kind in _KINDS and (failure.is_timeout or failure.kind != "Timeout"):
        return _KINDS[failure.kind]
    if status in _STATUSES:
        return _STATUSES[status]
    if status >= 500:
        return f"the provider failed or cannot be reached ({status})", ""
    return f"the language model could not be asked ({kind})", ""


_NO_LITELLM = ("litellm cannot be imported", "Install the service with all that it requires.")
_KINDS = {
    "Timeout": (
        "the language model gave no whole answer within {timeout_seconds:g} s",
        "Raise llm.timeout_seconds, or lower llm.window_tokens.",
    ),
    "TooLong": ("the language model's answer is longer than 1 MB", ""),
    "MemoryError": ("the language model's answer took more memory than is allowed", ""),
    "ContextWindowExceededError": (
        "the request is longer than the language model takes",
        "Lower llm.window_tokens = {window_tokens}.",
    ),
    "ImportError": _NO_LITELLM,
    "ModuleNotFoundError": _NO_LITELLM,
}
_STATUSES = {
    408: ("the provider waited too long for the request (408)", ""),
    401: ("the provider refused the API key (401)", "Check {keys}."),
    403: ("the provider refused the API key (403)", "Check {keys}."),
    404: ("the provider knows no such model (404)", "Check llm.model and llm.api_base."),
    429: (
        "the provider takes no more requests for now (429)",
        "Check the account's quota and credit; a lower limits.jobs asks less at once.",
    ),
}
