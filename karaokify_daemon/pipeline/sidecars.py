"""Reading a job's sidecars: a stranger's data, so small, validated, and never trusted."""

import json
import tomllib
from pathlib import Path
from typing import Any

from karaokify_daemon.config import Config, with_options
from karaokify_daemon.domain.job import Job
from karaokify_daemon.domain.names import printable
from karaokify_daemon.domain.transcript import Transcript
from karaokify_daemon.errors import ConfigError, MachineError, SidecarError
from karaokify_daemon.pipeline.styles import styled

_LARGEST_TRANSCRIPT = 64 * 1024 * 1024
_LARGEST_OPTIONS = 16 * 1024  # many times what there is to say; deep tables take tomllib long


def effective_config(config: Config, job: Job) -> Config:
    """Return the configuration with the job's preset and its STEM.toml on top.

    Raises SidecarError; MachineError where the configured style is gone.
    """
    if job.sidecars.transcript is not None:  # now, before all of it is read to be hashed
        _refuse_large(job.sidecars.transcript, job.sidecars.transcript.stat().st_size)
    config = with_preset(config, job.preset)
    if job.sidecars.options is None:
        _find_style(config)
        return config
    path = job.sidecars.options
    try:
        options = tomllib.loads(_text(path, _LARGEST_OPTIONS))
    except (ValueError, RecursionError) as error:  # TOMLDecodeError is one, so is too long a number
        raise _bad(path, f"is not valid TOML: {error}") from error
    try:
        config = with_options(config, options, trusted=False)
        styled(config.video)
    except (SidecarError, ConfigError) as error:
        raise _bad(path, error.problem) from error
    except RecursionError as error:
        raise _bad(path, "has tables in tables in tables, without end") from error
    return config


def _find_style(config: Config) -> None:
    """Look for the configured style: where it is gone since the start, no recording is at fault."""
    try:
        styled(config.video)
    except ConfigError as error:
        problem = f"the configured style cannot be used ({error.problem})"
        advice = "Bring it back, or correct video.style or video.styles."
        raise MachineError(problem, advice=advice) from error


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


def _text(path: Path, largest: int = _LARGEST_TRANSCRIPT) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(largest + 1)
        text = raw.decode("utf-8-sig")
    except OSError as error:
        raise _bad(path, f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise _bad(path, "is not UTF-8 text") from error
    _refuse_large(path, len(raw), largest)
    if not text.strip():
        raise _bad(path, "is empty")
    return text


def _refuse_large(path: Path, size: int, largest: int = _LARGEST_TRANSCRIPT) -> None:
    if size > largest:
        raise _bad(path, f"is larger than {largest // 1024} KiB")


def _bad(path: Path, problem: str) -> SidecarError:
    return SidecarError(problem, file=printable(path.name))
