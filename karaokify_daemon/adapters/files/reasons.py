"""The reason beside a failed recording: JSON for programs, a paragraph for people."""

import contextlib
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from karaokify_daemon.adapters.files import durable
from karaokify_daemon.domain.job import Job
from karaokify_daemon.domain.names import is_media, printable, reason_names
from karaokify_daemon.errors import KaraokifyError

_DEEPEST = 8


def write(job: Job, placed: list[Path], error: KaraokifyError, names: Mapping[str, str]) -> None:
    """Write why a job failed beside its recording, the last of the `placed` files.

    `names` are those that its files have got there, by those that they had. An older reason of
    that name is replaced: its recording has been moved away. Names stand without their folders,
    which are nobody's business. Raises OSError.
    """
    media = placed[-1]
    as_json, as_text = (media.with_name(name) for name in reason_names(media.name))
    facts = {
        "name": printable(media.name),
        "name_hex": os.fsencode(media.name).hex(),
        "preset": job.preset,
        "job_id": job.id,
        "failed_at": datetime.now(UTC).isoformat(timespec="seconds"),
        **error.to_dict(),
        "file": _named(error, names),
    }
    inbox = str(job.media.parent)
    content = json.dumps(_plain(facts, inbox), indent=2, ensure_ascii=False)
    durable.write(as_json, f"{content}\n".encode())
    durable.write(as_text, _paragraph(job, placed, error, names).encode())


def read(media: Path) -> dict[str, Any]:
    """Return the reason beside a failed recording; {} where there is none that can be read."""
    with contextlib.suppress(OSError, ValueError, RecursionError):
        content = json.loads(media.with_name(reason_names(media.name)[0]).read_bytes())
        if isinstance(content, dict):
            return content
    return {}


def forget(failed: Path, name: str) -> None:
    """Remove the reason for a recording that has left the failed folder and is done by now."""
    if os.path.lexists(failed / name):
        return
    with durable.reported("the reason of an earlier failure cannot be removed", failed / name):
        for reason in reason_names(name):
            (failed / reason).unlink(missing_ok=True)


def find(failed: Path, job_id: str) -> dict[str, Any]:
    """Return the reason of a failed job, whatever its recording is called; {} without one."""
    with contextlib.suppress(OSError):
        for path in failed.iterdir():
            if is_media(path) and (reason := read(path)).get("job_id") == job_id:
                return reason
    return {}


def _named(error: KaraokifyError, names: Mapping[str, str]) -> str | None:
    """Return what the file that an error is about is called now."""
    now = {printable(before): printable(after) for before, after in names.items()}
    return now.get(error.file, error.file) if error.file else error.file


def _paragraph(
    job: Job, placed: list[Path], error: KaraokifyError, names: Mapping[str, str]
) -> str:
    *sidecars, media = [_line(path.name) for path in placed]
    about = error.file is not None and error.file != printable(job.media.name)
    where = f"{_named(error, names)} " if about else ""
    inbox = "the inbox" if job.preset is None else f"the folder {job.preset} of the inbox"
    together = f", together with {' and '.join(sidecars)}" if sidecars else ""
    text = _plain(f"{where}{error.problem}. {error.advice}", str(job.media.parent))
    return (
        f"{media} was not made into a video: {_line(text)} "
        f"To try again, move it back into {inbox}{together}. "
        f"The file {_line(reason_names(placed[-1].name)[0])} has the details.\n"
    )


def _line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in printable(text))


def _plain(value: Any, inbox: str, depth: int = 0) -> Any:
    """Return what JSON can hold of a value, with the inbox's path taken out of its texts."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if depth < _DEEPEST and isinstance(value, Mapping):
        return {str(k): _plain(v, inbox, depth + 1) for k, v in value.items()}
    if depth < _DEEPEST and isinstance(value, list | tuple | set | frozenset):
        return [_plain(v, inbox, depth + 1) for v in value]
    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    return text.replace(f"{inbox}{os.sep}", "").encode("utf-8", "replace").decode()
