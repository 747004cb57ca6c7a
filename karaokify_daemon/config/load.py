"""Reading configuration: TOML, environment, `--set`, presets and job options."""

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from karaokify_daemon.config.highlights import Highlights, Llm
from karaokify_daemon.config.schema import JOB_KEYS, WORKER_KEYS, Config, Sound, Transcribe, Video
from karaokify_daemon.config.wording import clause
from karaokify_daemon.errors import ConfigError, Fault, SidecarError

_ENV_PREFIX = "KARAOKIFY_"
_SHORT_ENV = {
    "MODEL_SIZE": "transcribe.model",
    "CACHE_DIR": "folders.cache",
    "KARAOKIFY_NOTIFY_URLS": "notify.urls",
}
_TRUE, _FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off"})
_OPTION_SECTIONS: dict[str, type[BaseModel]] = {
    "transcribe": Transcribe,
    "video": Video,
    "sound": Sound,
    "highlights": Highlights,
    "llm": Llm,
}
_OPERATORS_SECTIONS = frozenset({"llm"})  # whoever fills the inbox spends nobody's money

Tree = dict[str, Any]


def load(
    path: Path | None, env: Mapping[str, str] = os.environ, settings: Iterable[str] = ()
) -> Config:
    """Read a configuration file, then the environment, then `section.key=value` settings.

    Without a path, the defaults and the current folder. Raises ConfigError with every fault.
    """
    tree: Tree = {}
    if path is not None:
        try:
            tree = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise ConfigError(
                f"cannot be read ({error.strerror})",
                file=str(path),
                advice="`karaokify-daemon init DIR` writes a configuration to start from.",
            ) from error
        except (ValueError, RecursionError) as error:  # TOML, UTF-8, or a number of 5000 digits
            advice = "Correct that line; text stands in quotes, for one."
            raise ConfigError(
                f"is not valid TOML: {error}", file=str(path), advice=advice
            ) from error
    faults = _apply_environment(tree, env)
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or key.count(".") < 1:
            faults.append(Fault(key="--set", value=setting, problem="is not section.key=value"))
        else:
            _put(tree, key, _toml_value(value))
    try:
        config = from_dict(tree, faults=faults, file=str(path) if path else None)
    except RecursionError as error:
        problem = "has tables in tables in tables, without end"
        raise ConfigError(problem, file=str(path) if path else None) from error
    base = (path.parent if path else Path()).absolute()
    parts: dict[str, BaseModel] = {"folders": config.folders.under(base)}
    for section, key in (("log", "file"), ("metrics", "textfile")):
        part = getattr(config, section)
        if (given := getattr(part, key)) is not None:
            parts[section] = part.model_copy(update={key: base / given.expanduser()})
    return config.model_copy(update=parts)


def from_dict(tree: Tree, *, faults: Iterable[Fault] = (), file: str | None = None) -> Config:
    """Validate a tree of settings. Raises ConfigError with every fault, the given ones first."""
    found = list(faults)
    config = Config()
    try:
        config = Config.model_validate(tree)
    except ValidationError as error:
        found += [_fault(detail) for detail in error.errors()]
    found += _preset_faults(tree.get("presets"), config)
    if found:
        raise ConfigError.of(found, file)
    return config


def with_options(config: Config, options: Tree, *, trusted: bool) -> Config:
    """Return the configuration with a preset's or a job's options on top.

    Options are keys of [transcribe], [video], [sound], [highlights] and [llm], bare
    (`title = "x"`) or in their tables. Those of a job come from whoever fills the inbox (`trusted`
    false): only JOB_KEYS may be set, and a model only by name. Raises SidecarError.
    """
    parts, faults = _merged(config, options, trusted=trusted)
    if faults:
        raise SidecarError("; ".join(map(str, faults)))
    return config.model_copy(update=parts)


def _merged(
    config: Config, options: Tree, *, trusted: bool
) -> tuple[dict[str, BaseModel], list[Fault]]:
    """Return the sections with options on top, and what is wrong, with keys as they are written."""
    updates: dict[str, Tree] = {name: {} for name in _OPTION_SECTIONS}
    faults, paths = [], {}
    for section, key, value in _flat(options):
        home, path = section or _home(key), key if section is None else f"{section}.{key}"
        if home not in _OPTION_SECTIONS or key not in _OPTION_SECTIONS[home].model_fields:
            meant = _meant(section, key, trusted=trusted)
            faults.append(
                Fault(key=path, value=value, problem="is not an option", suggestion=meant)
            )
        elif not trusted and not _is_for_jobs(home, key, value):
            problem = "may be set in the configuration only"
            faults.append(Fault(key=path, value=value, problem=problem))
        elif home == "transcribe" and key in WORKER_KEYS:
            problem = "is the same for all recordings, and set in [transcribe]"
            faults.append(Fault(key=path, value=value, problem=problem))
        else:
            updates[home][key] = value
            paths[home, key] = path
    parts = {}
    for name, model in _OPTION_SECTIONS.items():
        merged = getattr(config, name).model_dump() | updates[name]
        try:
            parts[name] = model.model_validate(merged)
        except ValidationError as error:
            for fault in map(_fault, error.errors()):
                key, dot, inner = fault.key.partition(".")
                path = paths.get((name, key), f"{name}.{key}")
                faults.append(replace(fault, key=path + dot + inner))
    return parts, faults


def _preset_faults(presets: Any, config: Config) -> list[Fault]:
    """Return what is wrong with each preset, now rather than when its first file comes."""
    faults = []
    for name, options in presets.items() if isinstance(presets, dict) else ():
        if "/" in name or name.startswith("."):
            faults.append(Fault(key="presets", value=name, problem="is not the name of a folder"))
        if not isinstance(options, dict):
            continue  # validation has said so
        for fault in _merged(config, options, trusted=True)[1]:
            meant = fault.suggestion and f"presets.{name}.{fault.suggestion}"
            faults.append(replace(fault, key=f"presets.{name}.{fault.key}", suggestion=meant))
    return faults


def _flat(options: Tree) -> Iterable[tuple[str | None, str, Any]]:
    for key, value in options.items():
        if key in _OPTION_SECTIONS and isinstance(value, dict):
            yield from ((key, inner, deep) for inner, deep in value.items())
        else:
            yield None, key, value


def _home(key: str) -> str | None:
    return next((name for name, m in _OPTION_SECTIONS.items() if key in m.model_fields), None)


def _meant(section: str | None, key: str, *, trusted: bool) -> str | None:
    """Return the option that was meant, in its table where it stands in one."""
    tables = _OPTION_SECTIONS if section is None else {section: _OPTION_SECTIONS[section]}
    known = {name for table in tables.values() for name in table.model_fields}
    close = difflib.get_close_matches(key, known if trusted else known & JOB_KEYS, 1)
    return ".".join([*([section] if section else []), close[0]]) if close else None


def _is_for_jobs(section: str, key: str, value: Any) -> bool:
    if section in _OPERATORS_SECTIONS or key not in JOB_KEYS:
        return False
    return not _is_path_to_model(key, value)


def _is_path_to_model(key: str, value: Any) -> bool:
    return key == "model" and isinstance(value, str) and ("/" in value or value.endswith(".pt"))


def _apply_environment(tree: Tree, env: Mapping[str, str]) -> list[Fault]:
    faults = []
    for name, key in _SHORT_ENV.items():
        if env.get(name):
            _put(tree, key, env[name])
    if gpu := env.get("GPU_ENABLED", "").lower():
        if gpu in _TRUE | _FALSE:
            _put(tree, "transcribe.device", "auto" if gpu in _TRUE else "cpu")
        else:
            faults.append(Fault(key="GPU_ENABLED", value=gpu, problem="is neither true nor false"))
    for name, value in sorted(env.items()):
        if name.startswith(_ENV_PREFIX) and "__" in name:
            key = name.removeprefix(_ENV_PREFIX).lower().replace("__", ".")
            _put(tree, key, _toml_value(value))
    return faults


def _put(tree: Tree, key: str, value: Any) -> None:
    *parents, last = key.split(".")
    for parent in parents:
        branch = tree.setdefault(parent, {})
        if not isinstance(branch, dict):
            return  # the section itself is not a table: validation says so
        tree = branch
    tree[last] = value


def _toml_value(text: str) -> Any:
    """Read `30`, `true` or `["*.bak"]` as TOML does, anything else as text."""
    try:
        return tomllib.loads(f"x = {text}")["x"]
    except (ValueError, RecursionError):
        return text


def _fault(detail: Any) -> Fault:
    path = [str(part) for part in detail["loc"]]
    suggestion = None
    if detail["type"] == "extra_forbidden":
        close = difflib.get_close_matches(path[-1], _siblings(path[:-1]), 1)
        suggestion = ".".join([*path[:-1], close[0]]) if close else None
    value = detail["input"]
    if path[:1] == ["notify"] and path[1:2] != ["on"]:  # urls hold passwords
        value = "***"
    return Fault(key=".".join(path), value=value, problem=clause(detail), suggestion=suggestion)


def _siblings(path: list[str]) -> list[str]:
    model: Any = Config
    for part in path:
        field = model.model_fields.get(part)
        if field is None or not hasattr(field.annotation, "model_fields"):
            return []
        model = field.annotation
    return list(model.model_fields)
