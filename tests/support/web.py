"""Asking the web page as a browser does, and bundles to look at."""

import http.client
import json
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

OWN = {"X-Karaokify": "1", "Content-Type": "application/json"}


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Client:
    """Asks the page at a port, with the token if one is given."""

    def __init__(self, port: int, token: str = "") -> None:
        self.port, self.token = port, token

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, **headers)

    def post(self, path: str, content: Any, **headers: str) -> Answer:
        return self.ask("POST", path, json.dumps(content).encode(), **(OWN | headers))

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """Ask; the path is sent as it stands. A header of "" is left out."""
        sent = {"Cookie": f"karaokify-{self.port}={self.token}"} if self.token else {}
        sent |= headers
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.putrequest(method, path, skip_host="Host" in sent)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            for name, value in sent.items():
                if value:
                    connection.putheader(name, value)
            connection.endheaders(body)
            found = connection.getresponse()
            told = {name.lower(): value for name, value in found.getheaders()}
            return Answer(found.status, told, found.read())
        finally:
            connection.close()


def bundle(outbox: Path, name: str, *, words: Any = (), files: Any = (), **facts: Any) -> Path:
    """Make what looks like a bundle, with a transcript of (text, start, end)."""
    folder = outbox / name
    folder.mkdir(parents=True)
    items = [{"text": text, "start": start, "end": end} for text, start, end in words]
    segments = [{"id": 0, "words": items}] if items else []
    told = {"text": "", "language": facts.get("language", "en"), "segments": segments}
    (folder / f"{name}.json").write_text(json.dumps(told))
    (folder / f"{name}.mp4").write_bytes(bytes(range(256)) * 4)
    (folder / "poster.jpg").write_bytes(b"a picture")
    for file in files:
        (folder / file).write_text(f"this is {file}")
    manifest = {"schema": 1, "duration_seconds": 12.5, "words": len(items), "language": "en"}
    (folder / "manifest.json").write_text(json.dumps(manifest | facts))
    return folder


@contextmanager
def browser() -> Iterator[Any]:
    """Start a headless Chromium of the system; skip where there is none."""
    api = pytest.importorskip("playwright.sync_api")
    found = shutil.which("chromium") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("there is no Chromium here")
    with api.sync_playwright() as playwright:
        # A container's root has no sandbox, and its /dev/shm is small.
        options = [
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--autoplay-policy=no-user-gesture-required",
        ]
        started = playwright.chromium.launch(executable_path=found, args=options)
        try:
            yield started
        finally:
            started.close()


def until(page: Any, condition: str, argument: Any = None, *, seconds: float = 120) -> None:
    """Wait until a page is so; `condition` is JavaScript, in which `given` is the argument.

    Playwright's own wait evaluates text in the page, which ours does not allow.
    """
    script = f"""async ([given, patience]) => {{
      const begin = performance.now();
      while (!({condition})) {{
        if (performance.now() - begin > patience) throw new Error("it never was so");
        await new Promise((go) => setTimeout(go, 20));
      }}
    }}"""
    page.evaluate(script, [argument, 1000 * seconds])
