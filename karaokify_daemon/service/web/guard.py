"""Who may see the page, and what a browser may do with what it gets."""

from collections.abc import Collection

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from karaokify_daemon.service.web.token import cookie_name, is_right

OWN_HEADER = "X-Karaokify"  # no other page may send it without asking, and none is answered
_HEADERS = {
    # Nothing is run or fetched but our own files; nobody may frame the page, or embed videos.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "font-src 'self'; img-src 'self'; media-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """Lets through who has the token; all others get what is `public`: the page's own files."""

    def __init__(self, app: ASGIApp, *, token: str, port: int, public: Collection[str]) -> None:
        self._app, self._token = app, token
        self._cookie, self._public = cookie_name(port), frozenset(public)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or have it answered."""
        if scope["type"] != "http":
            return
        started = False

        async def answer(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "no-store")
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        app = self._refusal(Request(scope)) or self._app
        try:
            await app(scope, receive, answer)
        except ClientDisconnect:
            pass
        except Exception:  # whoever looks on does not end the service
            structlog.get_logger().exception(
                "web.crashed", reason="this is a bug: please report it"
            )
            if not started:
                await error("The log has the details.", 500)(scope, receive, answer)

    def _refusal(self, request: Request) -> Response | None:
        """Return why somebody is not let through; None where he is."""
        if request.method not in ("GET", "HEAD") and not _is_own(request):
            return error("Only the page itself may ask for that.", 403)
        if request.url.path in self._public or self._knows(request):
            return None
        return error("The token is missing or wrong: `karaokify-daemon web` tells it.", 401)

    def _knows(self, request: Request) -> bool:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            given = request.cookies.get(self._cookie, "")
        return is_right(given, self._token)


def error(text: str, status: int) -> Response:
    """Return an answer that says what is wrong."""
    return JSONResponse({"error": text}, status)


def _is_own(request: Request) -> bool:
    """Tell whether our page asks, and not one of another address, whose cookies come along."""
    origin = request.headers.get("origin")
    is_here = origin is None or origin == f"http://{request.headers.get('host', '')}"
    return is_here and OWN_HEADER in request.headers
