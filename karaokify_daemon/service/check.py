"""`check`: could the service run with this configuration, and what to do if not."""

import errno
import os
import stat
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from karaokify_daemon.adapters import mounts
from karaokify_daemon.config import Config, Folders, clashes, load
from karaokify_daemon.errors import ConfigError
from karaokify_daemon.pipeline.styles import styled
from karaokify_daemon.service import check_machine as machine
from karaokify_daemon.service.check_encoder import encoders
from karaokify_daemon.service.check_fonts import scripts
from karaokify_daemon.service.check_llm import language_models
from karaokify_daemon.service.check_notify import notifications
from karaokify_daemon.service.devices import Devices
from karaokify_daemon.service.finding import Finding, render

__all__ = ["Finding", "check", "render"]

_PRIVATE = ("state", "cache")


def check(path: Path | None, *, settings: Sequence[str] = ()) -> list[Finding]:
    """Look at everything the service needs; nothing found stops the rest from being looked at.

    Without a path, the defaults and the current folder are looked at. Nothing is left behind but
    the unpacked demo model, where that is configured.
    """
    try:
        config = load(path, settings=settings)
    except ConfigError as error:
        return [*_faults(error), *machine.ffmpeg(Config().limits), machine.shipped_fonts()]
    folders, transcribe = config.folders, config.transcribe
    return [
        Finding("configuration", "ok", str(path) if path else "none given: the defaults"),
        *_folders(folders),
        *_distinct(folders),
        *_mounts(folders),
        machine.lease(),
        *_presets(config),
        *_inbox(config),
        *_permissions(folders),
        *machine.ffmpeg(config.limits),
        *encoders(config),
        machine.engine(transcribe),
        machine.device(transcribe),
        *(
            machine.model(transcribe, model, folders.cache)
            for model in (transcribe.model, transcribe.fallback_model)
            if model
        ),
        *language_models(config),
        *notifications(config),
        machine.shipped_fonts(),
        *_style(config),
        *_background(config),
        *machine.disk({"outbox": folders.outbox, "cache": folders.cache}),
    ]


def _style(config: Config) -> Iterator[Finding]:
    try:
        style = styled(config.video)
    except ConfigError as error:
        yield Finding("style", "fail", "; ".join(map(str, error.faults)) or str(error))
    else:
        yield Finding("style", "ok", config.video.style)
        yield machine.font(style.font)
        yield scripts(style, config.transcribe.language)


def _faults(error: ConfigError) -> Iterator[Finding]:
    if not error.faults:
        yield Finding("configuration", "fail", f"{error.file}: {error.problem}", error.advice)
    for fault in error.faults:
        yield Finding("configuration", "fail", str(fault), error.advice)


def _folders(folders: Folders) -> Iterator[Finding]:
    for name, folder in folders:
        if _is_folder(folder):
            yield _usable(name, folder)
        elif os.path.lexists(folder):
            yield Finding(name, "fail", f"{folder} is not a folder", "Move it out of the way.")
        else:
            yield _absent(name, folder)


def _usable(name: str, folder: Path) -> Finding:
    """Make, rename and list something there: permission bits do not tell all."""
    try:
        made = Path(tempfile.mkdtemp(prefix=".karaokify-check-", dir=folder))
        try:
            (made / "file").touch()
            renamed = made.with_name(f"{made.name}-renamed")
            made = made.rename(renamed)
        finally:
            (made / "file").unlink(missing_ok=True)
            made.rmdir()
        next(folder.iterdir(), None)
    except OSError as error:
        advice = f"Let the service's user read and write there: chown -R USER '{folder}'."
        if error.errno in (errno.EROFS, errno.ENOSPC, errno.EDQUOT):
            advice = "Mount it writable." if error.errno == errno.EROFS else "Free some space."
        return Finding(name, "fail", f"{folder} cannot be used ({error.strerror})", advice)
    return Finding(name, "ok", f"{folder} can be written to")


def _absent(name: str, folder: Path) -> Finding:
    above = next(parent for parent in folder.parents if os.path.lexists(parent))
    if _is_folder(above) and os.access(above, os.W_OK | os.X_OK):
        text = f"{folder} does not exist; the service makes it when it starts"
        return Finding(name, "warn", text, "If it should be a mounted disk, mount it first.")
    text = f"{folder} does not exist and cannot be made in {above}"
    return Finding(name, "fail", text, "Make it, and let the service's user write there.")


def _mounts(folders: Folders) -> Iterator[Finding]:
    """Look for disks that an earlier start of the service has found mounted."""
    for error in Devices(folders).unmounted():
        yield Finding(error.details["folder"], "fail", error.problem, error.advice)


def _distinct(folders: Folders) -> Iterator[Finding]:
    for fault in clashes(folders):
        yield Finding("folders", "fail", str(fault), f"Give {fault.key} a folder of its own.")


def _presets(config: Config) -> Iterator[Finding]:
    for name in config.presets:
        folder = config.folders.inbox / name
        if not _is_folder(folder):
            text = f"{name} is configured, and {folder} is not there"
            yield Finding("preset", "warn", text, f"Make the folder: mkdir '{folder}'.")


def _inbox(config: Config) -> Iterator[Finding]:
    folder = config.folders.inbox
    if not _is_folder(folder):
        return
    kind = mounts.mount_of(folder).kind or "an unknown file system"
    if mounts.has_events(folder) or config.intake.watch in ("poll", "off"):
        yield Finding("watching", "ok", f"{kind}, intake.watch is {config.intake.watch!r}")
    elif config.intake.watch == "auto":
        yield Finding("watching", "ok", f"{kind} gives no events of other hosts: it is polled")
    else:
        text = f"{kind} gives no events of other hosts; files wait for the next rescan"
        yield Finding("watching", "warn", text, 'Set intake.watch = "auto".')


def _permissions(folders: Folders) -> Iterator[Finding]:
    for name in _PRIVATE:
        folder: Path = getattr(folders, name)
        if _is_folder(folder) and (mode := stat.S_IMODE(folder.stat().st_mode)) & 0o077:
            text = f"{folder} is open to other users (mode {mode:04o})"
            yield Finding("permissions", "warn", text, f"chmod 700 '{folder}'")


def _background(config: Config) -> Iterator[Finding]:
    background = config.video.background
    if background is not None and not os.access(background, os.R_OK):
        text = f"{background} of video.background cannot be read"
        yield Finding("background", "fail", text, "Correct its path; it should be absolute.")


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a folder above it is closed to us
        return False
