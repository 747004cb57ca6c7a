"""A language model asked about a recording: in windows, then once for all, each answer kept."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, Self

import structlog

from karaokify_daemon.adapters.cache import JsonCache
from karaokify_daemon.adapters.llm import Budget, Client, Reply
from karaokify_daemon.config import Llm
from karaokify_daemon.domain.answers import SCHEMA, Bounds, RefusedError, in_short, read
from karaokify_daemon.domain.asking import (
    Message,
    Wish,
    merged_at_once,
    merging,
    question,
    repairing,
    windows,
)
from karaokify_daemon.domain.choice import Candidate
from karaokify_daemon.domain.digest import Digest
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.errors import LlmError

FOLDER = "answers"


class Model(Protocol):
    """What is asked: `adapters.llm.Client`, or what stands for it."""

    requests: int

    def __enter__(self) -> Self:
        """Be ready to be asked."""

    def __exit__(self, *_: object) -> None:
        """End what was started."""

    @property
    def provider(self) -> str:
        """The provider's name."""

    def complete(
        self,
        messages: Sequence[Mapping[str, str]],
        schema: Mapping[str, Any],
        cancelled: Callable[[], bool],
    ) -> Reply:
        """Return an answer. Raises LlmError, CancelledError."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a model says of a recording, and what is to be told of how it was asked.

    The lengths of the clips are 0; their scores are from 0 to 1. `problems` are those of answers of
    which only a part is used.
    """

    digest: Digest
    facts: dict[str, Any] = field(default_factory=dict)
    problems: tuple[str, ...] = ()


def ask(
    found: Sequence[Sentence],
    *,
    language: str,
    lengths: Sequence[float],
    count: int,
    settings: Llm,
    state: Path,
    cache: Path,
    job: str = "",
    cancelled: Callable[[], bool] = lambda: False,
    connect: Callable[[Llm, Budget], Model] = Client,
) -> Asked:
    """Return what the configured model says of a recording, for `count` reels of each length (s).

    Answers are kept in the folder `cache`, by what was asked of which model; what is asked again
    costs nothing. What job and day have cost is kept in the folder `state`. Raises LlmError, also
    where there is nothing to ask about, whose details have as `llm` what is told of the requests
    that were made; and CancelledError.
    """
    if not found:
        raise LlmError("there are no sentences that a language model could be asked about")
    wish = Wish.of(found, lengths, count, language)
    budget = Budget(settings, state, job, on_damaged=_tell_damaged)
    with connect(settings, budget) as model:
        asker = _Asker(model, settings, cache / FOLDER, cancelled)
        try:
            digest = _asked(asker, found, wish, settings.window_tokens)
        except LlmError as error:
            error.details["llm"] = asker.facts()
            raise
        return Asked(
            digest=_shortened(digest, found, wish),
            facts=asker.facts(),
            problems=tuple(asker.problems),
        )


def _asked(asker: "_Asker", found: Sequence[Sentence], wish: Wish, window_tokens: int) -> Digest:
    parts = windows(found, window_tokens)
    digests = [asker.ask(*question(part, wish.of_one_in(len(parts)))) for part in parts]
    while len(digests) > 1:
        groups = merged_at_once(digests, window_tokens)
        own = wish.of_one_in(len(groups))
        digests = [
            asker.ask(*merging(group, found, own, window_tokens)) if len(group) > 1 else group[0]
            for group in groups
        ]
    (digest,) = digests
    return digest


def _shortened(digest: Digest, found: Sequence[Sentence], wish: Wish) -> Digest:
    """Return a digest of clips that are not too long: the model has seen no times."""
    return replace(digest, clips=tuple(_ended_sooner(clip, found, wish) for clip in digest.clips))


def _ended_sooner(clip: Candidate, found: Sequence[Sentence], wish: Wish) -> Candidate:
    last = clip.last
    while last > clip.first and found[last].end - found[clip.first].start > wish.longest_ms:
        last -= 1
    return replace(clip, last=last)


class _Asker:
    """Asks one question after the other, each again where its answer cannot be used, once."""

    def __init__(
        self, model: Model, settings: Llm, folder: Path, cancelled: Callable[[], bool]
    ) -> None:
        self._model, self._settings, self._cancelled = model, settings, cancelled
        self._cache = JsonCache(folder, on_corrupt=_tell_corrupt)
        self._replies: list[Reply] = []
        self._names: tuple[str, str] = "", ""
        self._repaired = self._found = 0
        self.problems: list[str] = []

    def ask(self, asked: list[Message], bounds: Bounds) -> Digest:
        key = self._key(asked)
        if (digest := self._kept(key, bounds)) is not None:
            self._found += 1
            return digest
        text = self._reply(asked)
        try:
            digest = read(text, bounds)
        except RefusedError as refused:
            return self._again(key, asked, bounds, text, refused)
        self._keep(key, text)
        return digest

    def _again(
        self, key: str, asked: list[Message], bounds: Bounds, text: str, refused: RefusedError
    ) -> Digest:
        """Ask for a corrected answer; where that is refused, too, keep what is valid of both.

        Such an answer is not kept for another time, which may have a better one.
        """
        try:
            text = self._reply(repairing(asked, text, refused.problems))
            digest = read(text, bounds)
        except RefusedError as again:
            digest = again.valid.or_else(refused.valid)
            digest = replace(digest, clips=again.valid.clips or refused.valid.clips)
            if not self._suffices(digest, bounds):
                raise _unusable(again.problems) from again
            self.problems += again.problems
        else:
            self._repaired += 1
            self._keep(key, text)
        return digest

    def _suffices(self, digest: Digest, bounds: Bounds) -> bool:
        """Tell whether parts of an answer will do; a required one is there to choose the clips."""
        if self._settings.required and bounds.longest:
            return bool(digest.clips)
        return digest != Digest()

    def facts(self) -> dict[str, Any]:
        """Return what the manifest tells."""
        dollars = [reply.dollars for reply in self._replies]
        known = [one for one in dollars if one is not None]
        provider, answered_by = self._names
        return {
            "provider": provider or self._model.provider,
            "model": self._settings.model,
            "answered_by": answered_by,
            "requests": self._model.requests,
            "prompt_tokens": sum(reply.prompt_tokens for reply in self._replies),
            "completion_tokens": sum(reply.completion_tokens for reply in self._replies),
            "dollars": round(sum(known), 6) if len(known) == len(dollars) else None,
            "cached": bool(self._found) and not self._model.requests,
            "repaired": self._repaired,
        }

    def _reply(self, asked: Sequence[Message]) -> str:
        reply = self._model.complete(asked, SCHEMA, self._cancelled)
        self._replies.append(reply)
        self._names = self._model.provider, reply.model
        return reply.text

    def _key(self, asked: Sequence[Message]) -> str:
        content = json.dumps([asked, SCHEMA], sort_keys=True)
        return JsonCache.key(
            content=content,
            model=self._settings.model,
            options={"api_base": self._settings.api_base},
        )

    def _kept(self, key: str, bounds: Bounds) -> Digest | None:
        entry = self._cache.get(key)
        try:
            digest = read(entry["text"], bounds) if entry else None
        except (RefusedError, KeyError):  # kept by a version that asked for less
            return None
        if entry and not self._replies:
            self._names = entry.get("provider", ""), entry.get("answered_by", "")
        return digest

    def _keep(self, key: str, text: str) -> None:
        provider, answered_by = self._names
        try:
            self._cache.put(key, {"text": text, "provider": provider, "answered_by": answered_by})
        except OSError as error:  # it is asked again, at worst
            structlog.get_logger().warning("cache.not_written", reason=error.strerror)


def _unusable(problems: Sequence[str]) -> LlmError:
    return LlmError(
        "the language model gave no usable answer, nor when it was asked to correct it: "
        f"{in_short(problems)}",
        advice="Try again, or another model.",
        reason="\n".join(problems),
    )


def _tell_damaged(path: Path) -> None:
    structlog.get_logger().warning("budget.damaged", file=path.name)


def _tell_corrupt(path: Path, reason: str) -> None:
    structlog.get_logger().warning("cache.corrupt", entry=path.name, reason=reason)
