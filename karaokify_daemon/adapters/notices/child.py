"""The process that apprise runs in: an order as JSON on stdin, an answer as JSON on stdout.

It is run by its path, imports nothing of this package, and serves one url once. Whatever one of
apprise's hundred plugins hangs in, leaks, prints, or reads from the environment is ended with it.
What apprise logs may hold the url, and servers repeat what they are sent: of both, only numbers and
words of ours get out.
"""

import contextlib
import json
import logging
import os
import re
import resource
import signal
import sys
from typing import Any

_NAME = "karaokify-daemon"
_OF_SMTP = re.compile(r"\((\d{3}), b['\"]")  # as smtplib's errors are written
_OF_HTTP = re.compile(r"\berror=(\d{3})\b")
_LOST = re.compile(r"connection error|timed out|unreachable|refused", re.IGNORECASE)
_PASSING = (408, 425, 429)  # of the 4xx, those after which it may be tried again


def main() -> None:
    """Serve one order."""
    order = json.load(sys.stdin.buffer)
    # Not a handler of Python's, which waits until C code returns: whatever hangs is ended.
    signal.setitimer(signal.ITIMER_REAL, order["seconds"])
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    answers = os.dup(1)
    os.dup2(2, 1)  # what plugins print is no answer
    os.write(answers, json.dumps(_answer(order)).encode())
    os._exit(0)  # no thread of a plugin is waited for


def _answer(order: dict[str, Any]) -> dict[str, Any]:
    try:
        import apprise  # noqa: PLC0415 - by this process alone
    except Exception:  # of something that it needs, as well
        return {"broken": True}
    heard = Heard()
    heard.listen()
    try:
        # No pictures: whoever reads the message would fetch them from apprise's site.
        asset = apprise.AppriseAsset(
            app_id=_NAME, app_desc=_NAME, image_url_mask="", image_url_logo="", async_mode=False
        )
        service = apprise.Apprise.instantiate(order["url"], asset=asset)
        if service is None:
            return {"known": False}
        is_sent = "body" not in order or _sent(apprise, asset, service, order)
    except Exception:  # of any plugin; what it says may hold the url
        is_sent = False
    return {"known": True, "sent": is_sent, **heard.told()}


def _sent(apprise: Any, asset: Any, service: Any, order: dict[str, Any]) -> bool:
    """Send it; what is in it is text, whatever the service makes of its own."""
    sender = apprise.Apprise(asset=asset)
    sender.add(service)
    sent = sender.notify(
        title=order["title"],
        body=order["body"],
        notify_type=getattr(apprise.NotifyType, order["kind"].upper()),
        body_format=apprise.NotifyFormat.TEXT,
        interpret_escapes=False,
    )
    return bool(sent)


class Heard(logging.Handler):
    """Hears why a message was not taken: of apprise's log, and of the answers of servers."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self._status: int | None = None
        self._mail = self._lost = False

    def listen(self) -> None:
        """Begin."""
        logger = logging.getLogger("apprise")
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
        logger.addHandler(self)
        with contextlib.suppress(ImportError):
            self._watch()

    def emit(self, record: logging.LogRecord) -> None:
        """Take numbers out of a line."""
        text = record.getMessage()
        if found := _OF_SMTP.search(text):
            self._status, self._mail = int(found[1]), True
        elif found := _OF_HTTP.search(text):
            self._status = int(found[1])
        elif record.levelno >= logging.WARNING and _LOST.search(text):
            self._lost = True

    def told(self) -> dict[str, Any]:
        """Return it; `lasting` tells that to try again is of no use."""
        status = self._status
        if self._mail and status is not None:  # a mail server's 4xx pass, and its 5xx last
            lasting = status >= 500
        else:
            lasting = status is not None and 400 <= status < 500 and status not in _PASSING
        return {"status": status, "lost": self._lost, "lasting": lasting}

    def _watch(self) -> None:
        """Hear of each request of requests, which nearly all plugins send them with."""
        import requests  # noqa: PLC0415 - only where it is there

        send = requests.Session.send

        def watched(session: Any, request: Any, **options: Any) -> Any:
            try:
                response = send(session, request, **options)
            except requests.RequestException:
                self._lost = True
                raise
            self._status = response.status_code if response.status_code >= 400 else None
            return response

        requests.Session.send = watched  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    main()
