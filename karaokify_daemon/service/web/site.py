"""What is asked and answered at each address of the web page."""

import dataclasses
import json
import os
import threading
import time
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from karaokify_daemon.adapters.files import bundles
from karaokify_daemon.adapters.shipped import shipped
from karaokify_daemon.config import Config
from karaokify_daemon.domain.names import printable
from karaokify_daemon.errors import KaraokifyError
from karaokify_daemon.service.manual import Manual, ManualError
from karaokify_daemon.service.status import status
from karaokify_daemon.service.web import shelf
from karaokify_daemon.service.web.guard import Guard, error
from karaokify_daemon.service.web.token import cookie_name, is_right, proof

_HOSTS = ["127.0.0.1", "localhost"]  # a name of somebody else's that leads here is refused
_STATUS_EVERY_S = 1.0
_COOKIE_S = 30 * 86400
_LONGEST_BODY = 10_000
_PAGE = 24


class Site:
    """The page of a service: what it shows is read from the disk. A reload may change `config`."""

    def __init__(self, config: Config, token: str) -> None:
        self.config = config
        self._port, self._token = config.web.port, token
        self._lock = threading.Lock()
        self._told: dict[str, Any] = {}
        self._told_at = float("-inf")

    def app(self) -> Starlette:
        """Return what serves it."""
        web, fonts = shipped("web"), shipped("fonts")
        public = {"/", "/api/session", "/api/proof", *(f"/{path.name}" for path in web.iterdir())}
        public |= {f"/fonts/{path.name}" for path in fonts.glob("*.ttf")}
        return Starlette(
            routes=[
                Route("/api/session", self._begin, methods=["POST"]),
                Route("/api/proof", self._proof),
                Route("/api/status", self._status),
                Route("/api/bundles", self._bundles),
                Route("/api/bundles/{name}", self._bundle),
                Route("/api/retry", self._retry, methods=["POST"]),
                Route("/files/{bundle}/{name}", self._file),
                Mount("/fonts", StaticFiles(directory=fonts)),
                Mount("/", StaticFiles(directory=web, html=True)),
            ],
            middleware=[
                Middleware(Guard, token=self._token, port=self._port, public=public),
                Middleware(TrustedHostMiddleware, allowed_hosts=_HOSTS, www_redirect=False),
            ],
            exception_handlers={
                HTTPException: _refused,
                KaraokifyError: _impossible,
                OSError: _absent,
            },
        )

    async def _begin(self, request: Request) -> Response:
        """Give a cookie for the token: videos and pictures are fetched with nothing else."""
        token = (await _body(request)).get("token")
        if not (isinstance(token, str) and is_right(token.strip(), self._token)):
            raise HTTPException(401, "This is not the token.")
        answer = _Json({})
        answer.set_cookie(
            cookie_name(self._port), self._token, _COOKIE_S, httponly=True, samesite="strict"
        )
        return answer

    def _proof(self, request: Request) -> Response:
        """Prove to `karaokify-daemon web` that whoever has this port knows the token, too."""
        return _Json({"proof": proof(self._token, request.query_params.get("nonce", ""))})

    def _status(self, _: Request) -> Response:
        with self._lock:  # many may look on, one looks
            if time.monotonic() - self._told_at >= _STATUS_EVERY_S:
                self._told = self._look()
                self._told_at = time.monotonic()
            return _Json(self._told)

    def _look(self) -> dict[str, Any]:
        found, folders = status(self.config), self.config.folders
        return {
            **dataclasses.asdict(found),
            "problem": found.problem,
            "now": time.time(),
            "shelf": shelf.version(folders.outbox),
            "inbox": printable(str(folders.inbox)),
        }

    def _bundles(self, request: Request) -> Response:
        asked = request.query_params
        found = shelf.page(
            self.config.folders.outbox,
            offset=_count(asked.get("offset", ""), 0),
            limit=_count(asked.get("limit", ""), _PAGE),
            query=asked.get("q", ""),
        )
        return _Json(found)

    def _bundle(self, request: Request) -> Response:
        return _Json(shelf.bundle(self.config.folders.outbox, request.path_params["name"]))

    def _file(self, request: Request) -> Response:
        name = request.path_params["name"]
        kind = shelf.kind(name)
        if kind is None:
            raise FileNotFoundError(name)
        fd = bundles.opened(self.config.folders.outbox, request.path_params["bundle"], name)
        wants_copy = "download" in request.query_params
        answer = _Opened(fd, kind, filename=name if wants_copy else None)
        if request.headers.get("if-none-match") == answer.headers["etag"]:
            os.close(fd)
            return Response(status_code=304, headers=dict(answer.headers))
        return answer

    async def _retry(self, request: Request) -> Response:
        name = (await _body(request)).get("name")
        return _Json({"done": await run_in_threadpool(self._retried, name)})

    def _retried(self, name: Any) -> str:
        """Do as the command `retry` does, to what it would take, by the name that is shown."""
        manual = Manual(self.config)
        try:
            known = next((one for one in manual.to_retry() if printable(one) == name), None)
            if known is None:
                raise ManualError("is not there any more", file=str(name), advice="Look again.")
            return f"{name} {manual.retry(known)}."
        finally:  # what came of it is seen at once
            with self._lock:
                self._told_at = float("-inf")


class _Json(JSONResponse):
    def render(self, content: Any) -> bytes:
        """Return it as JSON, whatever a stranger's text holds."""
        return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")


class _Opened(FileResponse):
    """A file that is open: what is sent is what was looked at, whatever has its name by now."""

    def __init__(self, fd: int, kind: str, *, filename: str | None) -> None:
        self._fd = fd
        super().__init__(
            f"/proc/self/fd/{fd}",
            media_type=kind,
            filename=filename,
            stat_result=os.fstat(fd),
            headers={"Cache-Control": "private, no-cache"},  # kept, and asked for whether it is new
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            os.close(self._fd)


async def _body(request: Request) -> dict[str, Any]:
    raw = b""
    async for part in request.stream():
        raw += part
        if len(raw) > _LONGEST_BODY:
            raise HTTPException(413, "That is too much.")
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise HTTPException(400, "That is no JSON object.")
    return content


def _count(text: str, default: int) -> int:
    is_count = text.isascii() and text.isdigit() and len(text) < 10
    return int(text) if is_count else default


def _refused(_: Request, problem: Exception) -> Response:
    assert isinstance(problem, HTTPException)
    return error(problem.detail, problem.status_code)


def _impossible(request: Request, problem: Exception) -> Response:
    """Answer as the command line would: what is wrong, and what to do."""
    return error(str(problem), 409 if request.method == "POST" else 503)


def _absent(_request: Request, _problem: Exception) -> Response:
    return error("There is no such file.", 404)
