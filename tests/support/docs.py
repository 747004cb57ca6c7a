"""The commands that the documentation shows, and a shell in which they are executed as written."""

import contextlib
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE_S = 120
# A heading, or a block; blocks of other kinds are passed over whole.
_PIECE = re.compile(
    r"^## (.*)$|^```(?:(sh|console)\n((?:.*\n)*?)|\w+\n(?:.*\n)*?)```$", re.MULTILINE
)
_SHIMS = {
    # Tests are root already, where they have a systemd; real ones forget the environment, too.
    "sudo": 'exec env -i HOME=/root PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"',
    "apt-get": 'echo "nothing is installed by a test" >&2; exit 1',
}
_NEEDED = (
    *("Makefile", "pyproject.toml", "constraints.txt", "config.example.toml", "tools", "demo"),
    *("karaokify_daemon", "fonts", "styles", "systemd", "web"),
)


@dataclass(frozen=True)
class Command:
    """A command of a page, as it is written, without comment; and what it is shown to print."""

    text: str
    heading: str = ""
    prints: tuple[str, ...] = ()


def pages() -> list[Path]:
    return [ROOT / "README.md", *sorted(ROOT.glob("docs/**/*.md"))]


def commands(page: Path) -> list[Command]:
    """Return a page's commands in order, of blocks marked `sh` and `console`."""
    found, heading = [], ""
    for title, kind, block in _PIECE.findall(page.read_text(encoding="utf-8")):
        heading = title or heading
        shown = _of_console(block) if kind == "console" else _of_sh(block)
        found += [Command(text, heading, prints) for text, prints in shown if text]
    return found


def _of_sh(block: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for line in re.sub(r"\\\n\s*", "", block).splitlines():
        yield re.sub(r"(^|\s+)#\s.*$", "", line).strip(), ()


def _of_console(block: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        text, *prints = part.rstrip("\n").splitlines()
        yield text, tuple(prints)


class Started:
    """A command that goes on, and what it has written to its terminal so far."""

    def __init__(self, text: str, process: subprocess.Popen[bytes], terminal: int) -> None:
        self.text, self.process = text, process
        self._terminal, self._written = terminal, bytearray()
        threading.Thread(target=self._read, daemon=True).start()

    def __repr__(self) -> str:
        return f"{self.text!r}, which has printed: {self.output}"

    @property
    def output(self) -> str:
        return self._written.decode("utf-8", "replace")

    def _read(self) -> None:
        with os.fdopen(self._terminal, "rb", buffering=0) as file, contextlib.suppress(OSError):
            while read := file.read(65536):  # an error tells that nobody writes any more
                self._written += read


class Shell:
    """Runs one command after the other, as one shell would, in a home and a checkout of its own.

    What the commands make is small and quick by the documented variables alone; nothing is passed
    to a command that its page does not show.
    """

    def __init__(self, folder: Path, entering: Sequence[str] = ()) -> None:
        """`entering` comes before each command, and may change its surroundings."""
        self.home, self.checkout = folder / "home", folder / "checkout"
        self._entering = list(entering)
        self._state, self._cwd = folder / "environment", folder / "cwd"
        self._left: list[Started] = []
        self.home.mkdir(exist_ok=True)
        _make_checkout(self.checkout)
        shims = folder / "shims"
        shims.mkdir()
        for name, text in _SHIMS.items():
            (shims / name).write_text(f"#!/bin/sh\n{text}\n")
            (shims / name).chmod(0o755)
        self._environment = _environment() | {"HOME": str(self.home)}
        own = str(Path(sys.executable).parent)  # a page must say how its reader comes by that
        others = [path for path in os.environ["PATH"].split(os.pathsep) if path != own]
        self._environment["PATH"] = os.pathsep.join([str(shims), *others])
        self._state.write_text("")
        self._cwd.write_text(f"{self.checkout}\n")

    @property
    def karaoke(self) -> Path:
        """The folder that pages call ~/karaoke."""
        return self.home / "karaoke"

    def run(self, text: str, *, answer: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command to its end; `answer` is typed at its terminal."""
        after = f"status=$?\nexport -p >{self._state}\npwd >{self._cwd}\nexit $status"
        script = f"{self._before(text)}\n{after}"
        terminal = None if answer is None else pty.openpty()
        if terminal is not None:
            os.write(terminal[0], f"{answer}\n".encode())
        try:
            return subprocess.run(
                [*self._entering, "bash", "-c", script],
                env=self._environment,
                stdin=subprocess.DEVNULL if terminal is None else terminal[1],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                timeout=PATIENCE_S,
                check=False,
            )
        finally:
            for descriptor in terminal or ():
                os.close(descriptor)

    def start(self, text: str, until: str) -> None:
        """Start a command that does not end by itself, at a terminal; wait for a word of it."""
        ours, its = pty.openpty()
        process = subprocess.Popen(
            [*self._entering, "bash", "-c", self._before(f"exec {text}")],
            env=self._environment | {"TERM": "xterm", "COLUMNS": "200"},
            stdin=subprocess.DEVNULL,
            stdout=its,
            stderr=its,
            start_new_session=True,
        )
        os.close(its)
        started = Started(text, process, ours)
        self._left.append(started)
        wait_for(lambda: until in started.output or process.poll() is not None, started)
        assert process.poll() is None, started.output

    def stop(self, number: int = signal.SIGTERM) -> list[tuple[str, int, str]]:
        """Stop what was started; return each with its exit status and what it has printed."""
        ended = []
        while self._left:
            one = self._left.pop()
            if number == signal.SIGINT:  # of a terminal, for all that was started
                os.killpg(one.process.pid, number)
            else:
                one.process.send_signal(number)
            ended.append((one.text, one.process.wait(timeout=PATIENCE_S), one.output))
        return ended

    @property
    def is_busy(self) -> bool:
        """Tell whether something that was started still runs."""
        return any(one.process.poll() is None for one in self._left)

    def close(self) -> None:
        """End what a failed test has left."""
        for one in self._left:
            one.process.kill()
            one.process.wait()

    def _before(self, text: str) -> str:
        return f'. {self._state}\ncd "$(cat {self._cwd})"\n{text}'


def wait_for(happened: Callable[[], bool], what: object) -> None:
    """Wait until something has happened."""
    until = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < until, what
        time.sleep(0.05)


def _make_checkout(folder: Path) -> None:
    """Copy what is needed, with a .venv that `make install` finds complete."""
    folder.mkdir()
    for name in _NEEDED:
        source = ROOT / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "demo_model")
            shutil.copytree(source, folder / name, ignore=ignored)
        else:
            shutil.copy(source, folder)
    (folder / ".venv").mkdir()
    (folder / ".venv/bin").symlink_to(Path(sys.executable).parent)
    digest = "sha256sum pyproject.toml constraints.txt | sha256sum >.venv/.installed"
    subprocess.run(["bash", "-c", digest], cwd=folder, check=True)


def _environment() -> dict[str, str]:
    """Return what makes all small and quick, by the variables that the documentation names."""
    kept = {name: os.environ[name] for name in ("LANG", "TMPDIR") if name in os.environ}
    return kept | {
        "PYTHONPATH": str(ROOT),
        "PIP_NO_INDEX": "1",
        "MODEL_SIZE": "demo",
        "GPU_ENABLED": "false",
        "KARAOKIFY_TRANSCRIBE__LANGUAGE": "en",
        "KARAOKIFY_TRANSCRIBE__THREADS": "1",
        "KARAOKIFY_VIDEO__SIZE": "320x180",
        "KARAOKIFY_VIDEO__FPS": "10",
        "KARAOKIFY_VIDEO__ENCODER_PRESET": "ultrafast",
        "KARAOKIFY_INTAKE__SETTLE_SECONDS": "0.3",
        "KARAOKIFY_INTAKE__RESCAN_SECONDS": "1",
    }
