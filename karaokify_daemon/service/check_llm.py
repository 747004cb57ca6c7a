"""What `check` looks at of language models: the configuration's, and those of its presets."""

from collections.abc import Iterator
from pathlib import Path

from karaokify_daemon.adapters.llm import Budget, Client
from karaokify_daemon.config import Config, Llm, with_options
from karaokify_daemon.errors import LlmError
from karaokify_daemon.service.finding import Finding

_NAME = "language model"


def language_models(config: Config) -> Iterator[Finding]:
    """Tell of each language model whether it could be asked, and which presets have it."""
    for settings, presets in _distinct(config):
        whose = f"preset {', '.join(presets)}: " if presets else ""
        if settings.model:
            yield _asked(settings, config.folders.state, whose)
        elif settings.required:
            text = f"{whose}llm.required = true, and there is no llm.model: none is asked"
            yield Finding(_NAME, "warn", text, "Set llm.model, or llm.required = false.")


def _distinct(config: Config) -> Iterator[tuple[Llm, list[str]]]:
    """Yield the configuration's settings, then those that presets have instead, each once.

    A preset without a model is one that is not to have any, unless it asks for one itself.
    """
    yield config.llm, []
    found: dict[tuple[str, str | None], tuple[Llm, list[str]]] = {}
    for name, options in config.presets.items():
        own = with_options(config, options, trusted=True).llm
        key = own.model, own.api_base
        is_another = key != (config.llm.model, config.llm.api_base)
        if is_another if own.model else own.required and not config.llm.required:
            found.setdefault(key, (own, []))[1].append(name)
    yield from found.values()


def _asked(settings: Llm, state: Path, whose: str) -> Finding:
    """Tell whether a model could be asked; it is not."""
    place = settings.api_base or "the provider's own endpoint"
    try:
        with Client(settings, Budget(settings, state)) as client:
            missing = client.missing_keys()
    except LlmError as error:
        return Finding(_NAME, "fail", f"{whose}{error.problem}", error.advice)
    if missing:
        where = f"Set {' and '.join(missing)}, or the systemd credential llm-api-key."
        return Finding(_NAME, "fail", f"{whose}{settings.model} has no key", where)
    return Finding(_NAME, "ok", f"{whose}{settings.model} at {place}")
