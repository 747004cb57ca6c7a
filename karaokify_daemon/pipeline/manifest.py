"""What a bundle says of itself, and by which identity it is known to be published already."""

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from karaokify_daemon.adapters.files.durable import reported
from karaokify_daemon.config import Config
from karaokify_daemon.domain.job import Job
from karaokify_daemon.domain.names import printable
from karaokify_daemon.errors import IntakeError, SourceChangedError

_SCHEMA = 1
_PACKAGES = ("karaokify-daemon", "whisper-timestamped", "openai-whisper", "torch")
_RECOGNITION = {"engine", "model", "language", "no_speech"}  # what of it changes the result


def _sha256(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file's bytes."""
    with reported("cannot be read", path, IntakeError):
        try:
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError as error:
            raise SourceChangedError("vanished", file=printable(path.name)) from error


def options(config: Config) -> dict[str, Any]:
    """Return the options that decide what a bundle looks like."""
    return {
        "transcribe": config.transcribe.model_dump(mode="json", include=_RECOGNITION),
        "video": config.video.model_dump(mode="json"),
    }


def identity(hashes: Mapping[str, str], config: Config) -> str:
    """Return the name of "this content with these options"; `hashes` are by role."""
    canonical = json.dumps([dict(hashes), options(config)], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def source_hashes(job: Job) -> dict[str, str]:
    """Return the SHA-256 of the media and of each sidecar, by role.

    Raises SourceChangedError when one is gone, IntakeError when one cannot be read.
    """
    return {role: _sha256(path) for role, path in _by_role(job).items()}


def manifest(
    job: Job, config: Config, hashes: Mapping[str, str], facts: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the manifest; `facts` are what the stages found."""
    return {
        "schema": _SCHEMA,
        "identity": identity(hashes, config),
        "source": {
            "name": printable(job.media.name),
            "name_hex": os.fsencode(job.media.name).hex(),
            "bytes": job.media.stat().st_size,
            "sha256": hashes["media"],
        },
        "sidecars": {
            role: {"name": printable(path.name), "sha256": hashes[role]}
            for role, path in _by_role(job).items()
            if role != "media"
        },
        "preset": job.preset,
        "options": options(config),
        "versions": _versions(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        **facts,
    }


def _by_role(job: Job) -> dict[str, Path]:
    paths = {
        "media": job.media,
        "background": job.sidecars.background,
        "transcript": job.sidecars.transcript,
        "options": job.sidecars.options,
    }
    return {role: path for role, path in paths.items() if path is not None}


def _versions() -> dict[str, str]:
    found = {"python": sys.version.split()[0]}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "absent"
    return found
