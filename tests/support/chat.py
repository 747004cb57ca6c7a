"""An HTTP server on loopback that speaks the OpenAI chat API, and does as it is told."""

import contextlib
import json
import queue
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.transcript import Word

Behaviour = Callable[["Handler", dict[str, Any]], None]


class Handler(BaseHTTPRequestHandler):
    """Answers each request as the next behaviour of its server does; the last one lasts."""

    protocol_version = "HTTP/1.1"
    server: "Chat"

    def do_POST(self) -> None:
        size = int(self.headers["Content-Length"])
        body = json.loads(self.rfile.read(size))
        self.server.keys.append(self.headers.get("Authorization", ""))
        self.server.requests.append(body)
        self.server.arrived.put(body)
        behaviour = self.server.next_behaviour()
        self.close_connection = True
        # The other side may be ended meanwhile.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            behaviour(self, body)

    def send(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Chat(ThreadingHTTPServer):
    """The server; `requests` are the bodies it got, `keys` their headers of authorization."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.over = threading.Event()
        self.does(understands)

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def does(self, *behaviours: Behaviour) -> None:
        """Begin anew, with these behaviours."""
        self.behaviours = list(behaviours)
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.arrived: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()

    def next_behaviour(self) -> Behaviour:
        return self.behaviours.pop(0) if len(self.behaviours) > 1 else self.behaviours[0]


@contextlib.contextmanager
def chat() -> Iterator[Chat]:
    """Run a server."""
    with Chat() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.over.set()
            server.shutdown()
            thread.join()


def completion(text: str | None, usage: tuple[int, int] = (100, 20)) -> bytes:
    """Return the body of an answer."""
    choice = {
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "content": text},
    }
    counts = {
        "prompt_tokens": usage[0],
        "completion_tokens": usage[1],
        "total_tokens": sum(usage),
    }
    whole = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "test-model-1",
        "choices": [choice],
        "usage": counts,
    }
    return json.dumps(whole).encode()


def says(text: str | None) -> Behaviour:
    return lambda handler, _: handler.send(200, completion(text))


def fails(status: int, message: str = "no", **headers: str) -> Behaviour:
    error = {"error": {"message": message, "type": "error", "code": str(status)}}
    return lambda handler, _: handler.send(status, json.dumps(error).encode(), **headers)


def hangs(handler: Handler, _: dict[str, Any]) -> None:
    handler.server.over.wait(60)


def drips(handler: Handler, _: dict[str, Any]) -> None:
    """Send a space now and then, so that no read takes long, but the whole for ever."""
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    while not handler.server.over.wait(0.1):
        handler.wfile.write(b" ")
        handler.wfile.flush()


def closes(handler: Handler, _: dict[str, Any]) -> None:
    """Say half of an answer."""
    body = completion(json.dumps(answer()))
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body[: len(body) // 2])


def breaks(handler: Handler, _: dict[str, Any]) -> None:
    """Say half of an answer as if it was whole."""
    body = completion(json.dumps(answer()))
    handler.send(200, body[: len(body) // 2])


def shown(body: dict[str, Any]) -> list[int]:
    """Return the ids of the sentences that a request shows."""
    return [
        int(id_) for id_ in re.findall(r"^(\d+): \"", body["messages"][1]["content"], re.MULTILINE)
    ]


def answer(*clips: tuple[int, int], **changes: Any) -> dict[str, Any]:
    """Return a good answer, of those clips."""
    spans = clips or ((0, 1), (3, 4))
    first = spans[0][0]
    return {
        "title": "A title",
        "summary": "A summary of one paragraph.",
        "key_points": [{"sentence": first, "text": "A point"}],
        "chapters": [{"sentence": first, "title": "A chapter"}],
        "file_name": "a-name",
        "clips": [
            {"first": one, "last": last, "score": 90 - number, "title": f"Clip {number}"}
            for number, (one, last) in enumerate(spans)
        ],
    } | changes


def understands(handler: Handler, body: dict[str, Any]) -> None:
    """Choose every other sentence of those that are shown."""
    ids = shown(body)
    text = json.dumps(answer(*((id_, id_) for id_ in ids[:80:2])))
    handler.send(200, completion(text))


def sentences(*texts: str, each_ms: int = 3000) -> list[Sentence]:
    """Return sentences of so many milliseconds, with a pause after each."""
    found = []
    for number, text in enumerate(texts):
        start = number * (each_ms + 500)
        found.append(Sentence(number, (Word(text, start, start + each_ms),)))
    return found


def talk(number: int = 12) -> list[Sentence]:
    return sentences(*(f"This is what is said in sentence {i}." for i in range(number)))
