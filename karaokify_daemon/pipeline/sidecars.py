"""Reading a job's sidecars: a stranger's data, so small, validated, and never trusted."""

import json
import tomllib
from pathlib import Path
from typing import Any

from karaokify_daemon.config import Config, with_options
from karaokify_daemon.domain.job import Job
from karaokify_daemon.domain.names import printable
from karaokify_daemon.domain.transcript import Transcript
from karaokify_daemon.errors import ConfigError, SidecarError
from karaokify_daemon.pipeline.styles import styled

_LARGEST = 64 * 1024 * 1024


def effective_config(config: Config, job: Job) -> Config:
    """Return the configuration with the job's preset and its STEM.toml on top.

    Raises SidecarError.
    """
    config = with_preset(config, job.preset)
    if job.sidecars.options is None:
        return config
    path = job.sidecars.options
    try:
        options = tomllib.loads(_text(path))
    except (ValueError, RecursionError) as error:  # TOMLDecodeError is one, so is too long a number
        raise _bad(path, f"is not valid TOML: {error}") from error
    try:
        config = with_options(config, options, trusted=False)
        styled(config.video)
    except (SidecarError, ConfigError) as error:
        raise _bad(path, error.problem) from error
    return config


def with_preset(config: Config, preset: str | None) -> Config:
    """Return the configuration with a preset's options on top. Raises SidecarError."""
    if preset is None:
        return config
    return with_options(config, config.presets[preset], trusted=True)


def read_transcript(path: Path) -> Transcript:
    """Read a transcript with word times. Raises SidecarError."""
    try:
        data: Any = json.loads(_text(path))
    except (ValueError, RecursionError) as error:  # JSONDecodeError is one, so is too long a number
        raise _bad(path, f"is not valid JSON: {error}") from error
    try:
        return Transcript.from_dict(data)
    except SidecarError as error:
        raise _bad(path, error.problem) from error


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(_LARGEST + 1)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise _bad(path, f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise _bad(path, "is not UTF-8 text") from error
    if len(raw) > _LARGEST:
        raise _bad(path, "is larger than 64 MiB")
    if not text.strip():
        raise _bad(path, "is empty")
    return text


def _bad(path: Path, problem: str) -> SidecarError:
    return SidecarError(problem, file=printable(path.name))
