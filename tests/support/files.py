"""Helpers of the tests about files: jobs, other processes, and locks that they left."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from karaokify_daemon.adapters.files.held import hold
from karaokify_daemon.adapters.files.identity import Identities
from karaokify_daemon.domain.job import Job
from karaokify_daemon.domain.names import sidecars_of


def put(folder: Path, *names: str, content: bytes | None = None) -> list[Path]:
    """Write files, each with its own name in it."""
    paths = [folder / name for name in names]
    for path in paths:
        path.write_bytes(os.fsencode(path.name) if content is None else content)
    return paths


def job_of(media: Path, preset: str | None = None) -> Job:
    """Return the job of a recording with the sidecars beside it."""
    return Job(
        id="0123456789ab",
        media=media,
        sidecars=sidecars_of(media, media.parent.iterdir()),
        preset=preset,
    )


def of_job(job: Job) -> Identities:
    """Return the identity of each of a job's files."""
    with hold(job, follow=True) as held:
        return held.identities


def dead_pid() -> int:
    """Return the number of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def write_lock(path: Path, pid: int, host: str | None = None) -> None:
    """Write a lock as filelock does."""
    path.write_text(f"{pid}\n{host or socket.gethostname()}\n")


@contextlib.contextmanager
def other_process(code: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Run Python code that prints a line when it is set, then lives until its stdin closes.

    The code is followed by `print("set")` and a wait; `sys` and `os` are imported.
    """
    program = f"import os, sys\n{code}\nprint('set', flush=True)\nsys.stdin.read()\n"
    command = [sys.executable, "-c", program, *(os.fsencode(str(a)) for a in arguments)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "set\n"
        try:
            yield process
        finally:
            process.stdin.close()
            process.wait()


_ROOT = Path(__file__).resolve().parents[2]
