"""Checkpoints of openai-whisper as CTranslate2 models: converted once, then found in the cache.

A conversion is there whole or not at all. Of several workers that want the same one, the first
makes it and the others wait. Imports no torch until there is something to convert.
"""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from filelock import FileLock, Timeout

from karaokify_daemon.errors import ModelError

_FORMAT = 1  # part of the name: what an older version has converted is not found
_LOCK_LOOK_S = 0.5


def converted(checkpoint: Path, folder: Path, beat: Callable[[], None]) -> Path:
    """Return the folder of a checkpoint's CTranslate2 model, made in `folder` if need be.

    `beat` is called while another process converts it. Raises ModelError, and what `beat` does.
    """
    stat = checkpoint.stat()
    place = f"{checkpoint.stem[:40]}-{_digest(str(checkpoint.absolute()))[:8]}"
    name = f"{place}-{_digest(f'{_FORMAT}:{stat.st_size}:{stat.st_mtime_ns}')[:12]}.ct2"
    target = folder / name
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _alone(folder / f".{place}.lock", beat):
            if not target.is_dir():
                _make(checkpoint, target)
                for older in folder.iterdir():
                    if older.name.startswith(f"{place}-") and older != target:
                        shutil.rmtree(older, ignore_errors=True)
    except OSError as error:
        raise ModelError(
            f"{checkpoint} could not be converted for faster-whisper into {folder} "
            f"({error.strerror})",
            advice="Check free space and permissions of folders.cache.",
            model=str(checkpoint),
        ) from error
    return target


def _make(checkpoint: Path, target: Path) -> None:
    temporary = target.with_name(f".{target.name}.new")
    shutil.rmtree(temporary, ignore_errors=True)  # a killed process has left it
    temporary.mkdir(mode=0o700)
    try:
        # torch, which a model that is converted already does without.
        from karaokify_daemon.adapters.whisper.faster.checkpoint import (  # noqa: PLC0415
            convert,
        )

        convert(checkpoint, temporary)
        for path in (*temporary.iterdir(), temporary):
            _sync(path)
        temporary.rename(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


@contextlib.contextmanager
def _alone(path: Path, beat: Callable[[], None]) -> Iterator[None]:
    lock = FileLock(path)
    while True:
        beat()
        with contextlib.suppress(Timeout):
            lock.acquire(timeout=_LOCK_LOOK_S)
            break
    try:
        yield
    finally:
        lock.release()


def _digest(text: str) -> str:
    return hashlib.sha256(os.fsencode(text)).hexdigest()


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
