"""What a bundle says of itself, and by which identity it is known to be published already."""

import hashlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from karaokify_daemon.adapters.files.held import Held
from karaokify_daemon.config import Config
from karaokify_daemon.domain.job import Job
from karaokify_daemon.domain.names import printable
from karaokify_daemon.errors import LimitError
from karaokify_daemon.pipeline.styles import styled
from karaokify_daemon.pipeline.video import title_of

_SCHEMA = 1
_PACKAGES = (
    *("karaokify-daemon", "whisper-timestamped", "openai-whisper", "torch"),
    *("faster-whisper", "ctranslate2"),
    *("sentencex", "stopwordsiso", "wordfreq", "litellm"),
)
_RECOGNITION = {"engine", "model", "language", "no_speech"}  # what of it changes the result


def options(config: Config, media: Path) -> dict[str, Any]:
    """Return the options that decide what the bundle of a recording looks like.

    The encoder is none of them: which one there is, is the machine's, and the manifest has it.
    """
    video = config.video.model_dump(mode="json", exclude={"styles", "encoder"})
    video |= {"title": title_of(config.video, media), "style": _style(config)}
    return {
        "transcribe": config.transcribe.model_dump(mode="json", include=_RECOGNITION),
        "video": video,
        "exports": sorted(set(config.publish.exports)),
        "sound": config.sound.model_dump(mode="json"),
        **_highlights(config),
    }


def _highlights(config: Config) -> dict[str, Any]:
    """Return the options of highlights; none where there are none, as before there were any."""
    settings = config.highlights
    if not (settings.lengths or settings.tells):
        return {}
    chosen = settings.model_dump(mode="json") | {"seconds": list(settings.lengths)}
    if not settings.lengths:
        chosen = {"summary": True}
    llm = config.llm.model_dump(mode="json", include={"model", "window_tokens"})
    if config.llm.api_base:
        llm["host"] = urlsplit(config.llm.api_base).netloc  # its path may hold a key
    return {"highlights": chosen, "llm": llm if llm["model"] else {}}


def _style(config: Config) -> dict[str, Any]:
    """Return a style with all that it holds: its file may be changed under the same name."""
    return {"name": config.video.style, **styled(config.video).model_dump(mode="json")}


def identity(hashes: Mapping[str, str], config: Config, media: Path) -> str:
    """Return the name of "this content with these options"; `hashes` are by role.

    The recording's own name is part of it only where it can be seen, in the title.
    """
    canonical = json.dumps([dict(hashes), options(config, media)], sort_keys=True)
    return hashlib.sha256(canonical.encode()).hexdigest()


def source_hashes(
    held: Held, config: Config, cancelled: Callable[[], bool] = lambda: False
) -> dict[str, str]:
    """Return the SHA-256 of the media and of each sidecar, by role.

    Raises LimitError where one is larger than the configuration allows, before any is read;
    IntakeError, CancelledError.
    """
    roles = _by_role(held.job)
    most = config.limits.max_input_mb * 1_000_000
    for path in roles.values():
        if held.size(path) > most:
            raise LimitError(
                f"is larger than limits.max_input_mb = {config.limits.max_input_mb}",
                file=printable(path.name),
            )
    return {role: held.sha256(path, cancelled) for role, path in roles.items()}


def is_damaged(bundle: Path) -> bool:
    """Tell whether a bundle's manifest says that its recording was damaged, or does not tell."""
    try:
        content = json.loads((bundle / "manifest.json").read_bytes())
        return bool(content.get("damaged", False))
    except (OSError, ValueError, AttributeError):
        return True  # to be on the safe side: such a source is not deleted


def manifest(
    held: Held, config: Config, hashes: Mapping[str, str], facts: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the manifest; `facts` are what the stages found."""
    job = held.job
    return {
        "schema": _SCHEMA,
        "identity": identity(hashes, config, job.media),
        "job_id": job.id,
        "source": {
            "name": printable(job.media.name),
            "name_hex": os.fsencode(job.media.name).hex(),
            "bytes": held.identities[job.media][2],
            "sha256": hashes["media"],
        },
        "sidecars": {
            role: {"name": printable(path.name), "sha256": hashes[role]}
            for role, path in _by_role(job).items()
            if role != "media"
        },
        "preset": job.preset,
        "options": options(config, job.media),
        "versions": _versions(),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        **facts,
    }


def _by_role(job: Job) -> dict[str, Path]:
    paths = {
        "media": job.media,
        "background": job.sidecars.background,
        "transcript": job.sidecars.transcript,
        "text": job.sidecars.text,
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
