"""The real service as a child process, followed by its own log."""

import json
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil

COMMAND = [sys.executable, "-m", "karaokify_daemon"]
# Small and quick, with everything else as shipped.
SMALL = {
    "transcribe.model": "demo",
    "transcribe.language": "en",
    "transcribe.threads": "1",
    "intake.settle_seconds": "0.3",
    "intake.rescan_seconds": "2",
    "video.size": "320x180",
    "video.encoder_preset": "ultrafast",
    "limits.drain_seconds": "0",
}
PATIENCE_S = 120


def run_cli(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command and return what it printed."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        errors="surrogateescape",
        timeout=PATIENCE_S,
        check=False,
        **options,
    )


class Tree:
    """A tree written by `init`, and the services that run on it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        made = run_cli("init", folder)
        assert made.returncode == 0, made.stderr
        self.settings = SMALL | {key.replace("__", "."): v for key, v in settings.items()}

    def __getattr__(self, name: str) -> Path:
        if name in ("inbox", "outbox", "archive", "failed", "state", "cache"):
            return self.folder / name
        raise AttributeError(name)

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def arguments(self) -> list[str]:
        flags = [part for key, v in self.settings.items() for part in ("--set", f"{key}={v}")]
        return ["run", "--config", str(self.config), *flags]

    def cli(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one of the commands on jobs."""
        return run_cli(command, *arguments, "--config", self.config)

    def once(self) -> tuple[int, list[dict[str, Any]]]:
        """Run `--once`; return the exit status and the log."""
        done = run_cli(*self.arguments(), "--once")
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    def start(self) -> "Service":
        return Service(self.arguments())

    def names(self, folder: str) -> list[str]:
        """Return what a user sees in a folder."""
        return sorted(n for n in _names(self.folder / folder) if not n.startswith("."))

    def hidden(self, folder: str) -> list[str]:
        """Return what a user does not see in a folder, but for the guard of claims."""
        hidden = (n for n in _names(self.folder / folder) if n.startswith("."))
        return sorted(n for n in hidden if n != ".karaokify-guard")


class Service:
    """A running service; `wait_for` blocks on its log."""

    def __init__(self, arguments: list[str]) -> None:
        self.process = subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.PIPE, text=True)
        self.log: list[dict[str, Any]] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> "Service":
        return self

    def __exit__(self, *_: object) -> None:
        children = psutil.Process(self.process.pid).children(recursive=True) if self.alive else []
        self.stop()
        _, left = psutil.wait_procs(children, timeout=20)
        assert not left, f"left behind: {left}"

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def wait_for(self, event: str, **fields: Any) -> dict[str, Any]:
        """Return the first log line, past or to come, with this event and these fields."""
        for line in self.log:
            if _matches(line, event, fields):
                return line
        while True:
            try:
                raw = self._lines.get(timeout=PATIENCE_S)
            except queue.Empty:
                raise AssertionError(f"no {event} {fields} came: {self.log[-9:]}") from None
            assert raw is not None, f"the service ended before {event} {fields}: {self.log[-5:]}"
            line = json.loads(raw)
            self.log.append(line)
            if _matches(line, event, fields):
                return line

    def read_line(self, timeout: float) -> dict[str, Any] | None:
        """Return the next line of the log; None at its end, or after `timeout` seconds."""
        try:
            raw = self._lines.get(timeout=timeout)
        except queue.Empty:
            return None
        if raw is None:
            self._lines.put(None)  # for whoever asks again
            return None
        self.log.append(json.loads(raw))
        return self.log[-1]

    def to_the_end(self) -> list[dict[str, Any]]:
        """Return the whole log of a service that ends by itself."""
        while (raw := self._lines.get(timeout=PATIENCE_S)) is not None:
            self.log.append(json.loads(raw))
        return self.log

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.alive:
            self.process.send_signal(number)
        return self.process.wait(timeout=60)

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)


def events(log: Iterable[dict[str, Any]], event: str) -> list[dict[str, Any]]:
    """Return the lines of one event."""
    return [line for line in log if line["event"] == event]


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def _matches(line: dict[str, Any], event: str, fields: dict[str, Any]) -> bool:
    return line["event"] == event and all(line.get(k) == v for k, v in fields.items())
