"""Trees for benchmarks: a running service, and many small recordings with their transcripts."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
import wave
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tomli_w

COMMAND = (sys.executable, "-m", "karaokify_daemon")
TINY: dict[str, dict[str, Any]] = {
    "transcribe": {"model": "demo", "language": "en"},
    "video": {"size": "64x64", "encoder_preset": "ultrafast", "waveform": "none"},
}


def tree(folder: Path, **sections: dict[str, Any]) -> Path:
    """Write a configuration into a new folder, with its inbox; return the configuration's path."""
    (folder / "inbox").mkdir(parents=True)
    merged = {name: TINY.get(name, {}) | sections.get(name, {}) for name in TINY | sections}
    config = folder / "config.toml"
    config.write_text(tomli_w.dumps(merged))
    return config


def tiny(media: Path, number: int) -> None:
    """Write 0.3 s of sound that is like no other, and its transcript before it."""
    said = {"language": "en", "segments": [{"words": [{"text": "Hi", "start": 0.1, "end": 0.2}]}]}
    media.with_suffix(".json").write_text(json.dumps(said))
    hidden = media.with_name(f".{media.name}")
    with wave.open(str(hidden), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes((number + 1).to_bytes(2, "little") * 4800)
    hidden.rename(media)


def once(config: Path) -> None:
    """Run the service until its inbox is done."""
    command = [*COMMAND, "run", "--once", "--config", str(config)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


@contextmanager
def service(config: Path) -> Iterator["Service"]:
    """Run the service until the end of the block."""
    running = Service(config)
    try:
        yield running
    finally:
        running.process.terminate()
        running.process.wait()


class Service:
    """A running service, followed by its log: a thread reads it, so that nothing waits for us."""

    def __init__(self, config: Path) -> None:
        self.process = subprocess.Popen(
            [*COMMAND, "run", "--config", str(config), "--set", "log.format=json"],
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
        )
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        threading.Thread(target=self._read, daemon=True).start()

    def wait_for(self, event: str, seconds: float = 600, **fields: object) -> dict[str, Any]:
        """Return the next line of the log with this event and these fields."""
        end = time.monotonic() + seconds
        while (line := self._lines.get(timeout=max(0, end - time.monotonic()))) is not None:
            told: dict[str, Any] = json.loads(line)
            if told["event"] == event and all(told.get(k) == v for k, v in fields.items()):
                return told
        raise RuntimeError(f"the service ended before {event}")

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)
