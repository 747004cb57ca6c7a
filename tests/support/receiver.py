"""A web server on loopback that gets messages, as apprise's json:// and others send them."""

import json
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE_S = 120


class Receiver:
    """Answers with the status that a path ends with, else 200; /hang is answered at its end."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.hanging = threading.Event()
        self.status: int | None = None  # of all answers, where it is set
        self._messages: queue.Queue[dict[str, Any]] = queue.Queue()
        self._ending = threading.Event()

    def __enter__(self) -> "Receiver":
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status = outer._take(self.path, raw)
                self.send_response(status)
                self.end_headers()

            def do_PUT(self) -> None:
                self.do_POST()

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: object) -> None:
                """Whoever was answered has gone."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def url(self, path: str = "", scheme: str = "json", user: str = "") -> str:
        return f"{scheme}://{user}127.0.0.1:{self._server.server_port}/{path}"

    def message(self) -> dict[str, Any]:
        """Return the next message; blocks until it is there."""
        try:
            return self._messages.get(timeout=PATIENCE_S)
        except queue.Empty:
            raise AssertionError("no message came") from None

    def all(self) -> list[dict[str, Any]]:
        """Return those that have come and were not looked at."""
        return [self._messages.get_nowait() for _ in range(self._messages.qsize())]

    def _take(self, path: str, raw: bytes) -> int:
        self.paths.append(path)
        self._messages.put(json.loads(raw))
        if "hang" in path:
            self.hanging.set()
            self._ending.wait(PATIENCE_S)
        last = path.partition("?")[0].rstrip("/").rpartition("/")[2]
        return self.status or (int(last) if last.isdigit() else 200)
