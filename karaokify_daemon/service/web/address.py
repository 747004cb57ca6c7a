"""The address of the page, with its token: only where the service itself answers there."""

import json
import secrets
import urllib.request
from hmac import compare_digest

from karaokify_daemon.adapters import web_token
from karaokify_daemon.config import Config
from karaokify_daemon.errors import ConfigError, KaraokifyError
from karaokify_daemon.service.web.server import HOST
from karaokify_daemon.service.web.token import proof

_PATIENCE_S = 10.0
_MOST = 1000


class WebError(KaraokifyError):
    """The page cannot be seen."""

    code = "web"
    default_advice = "The log says why, in a line `web.unusable`."


def address(config: Config) -> str:
    """Return where the page is, for its owner. Raises ConfigError, WebError."""
    port = config.web.port
    if not port:
        raise ConfigError(
            "there is no web page: web.port is 0",
            advice="Set it in the configuration, to 8765 say, and restart or reload the service.",
        )
    token = _token(config)
    if not _answers(port, token):
        raise WebError(
            f"the service does not answer at {HOST}:{port}",
            advice="Is it running? If so, its log has a line `web.unusable`; with a private "
            "network (cpu-only.conf), it needs network.conf.",
        )
    return f"http://{HOST}:{port}/#token={token}"


def _token(config: Config) -> str:
    try:
        return web_token.read(config.folders.state)
    except (FileNotFoundError, ValueError) as error:
        raise WebError(
            "the service has made no token yet",
            advice="Start the service, or reload it if web.port is new.",
        ) from error
    except OSError as error:
        raise WebError(
            f"the token cannot be read ({error.strerror})",
            advice="Ask as the service's user, with `sudo -u`, or as root.",
        ) from error


def _answers(port: int, token: str) -> bool:
    """Tell whether the service has the port: another user's program would be told the token."""
    nonce = secrets.token_urlsafe()
    url = f"http://{HOST}:{port}/api/proof?nonce={nonce}"
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=_PATIENCE_S) as answer:
            told = json.loads(answer.read(_MOST))["proof"]
        return compare_digest(told, proof(token, nonce))
    except (OSError, ValueError, KeyError, TypeError):
        return False
