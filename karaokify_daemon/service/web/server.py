"""The web page on a loopback port, served beside the work: what happens there is its own affair."""

import socket
from threading import Thread
from typing import TYPE_CHECKING

import structlog

from karaokify_daemon.adapters import web_token
from karaokify_daemon.config import Config

if TYPE_CHECKING:
    import uvicorn

    from karaokify_daemon.service.web.site import Site

# ruff: noqa: PLC0415 - a service without the page does not load what serves it

HOST = "127.0.0.1"
_MOST_CONNECTIONS = 100
_LETS_FINISH_S = 1  # a video that somebody watches is cut off
_CLOSES_S = 10.0


class Web:
    """The page of a service, in a thread of its own; the main thread alone calls this."""

    def __init__(self) -> None:
        """Listen nowhere before `change`."""
        self._site: Site | None = None
        self._server: uvicorn.Server | None = None
        self._thread: Thread | None = None
        self._port = 0
        self._log = structlog.get_logger()

    def change(self, config: Config) -> None:
        """Be where a configuration says, and no longer where one before said.

        What is not possible is logged; the service goes on without.
        """
        if self._port != config.web.port or not (self._thread and self._thread.is_alive()):
            self.close()
        if self._site is not None:
            self._site.config = config
        elif config.web.port:
            try:
                self._start(config)
            except (OSError, ImportError) as error:
                self._tell_unusable(config.web.port, error)

    def close(self) -> None:
        """Listen no more."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(_CLOSES_S)
        self._site = self._server = self._thread = None

    def _start(self, config: Config) -> None:
        import uvicorn

        from karaokify_daemon.service.web.site import Site

        site = Site(config, web_token.made(config.folders.state))
        settings = uvicorn.Config(
            site.app(),
            loop="asyncio",
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="critical",  # what matters we tell; any user of the machine may ask nonsense
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_graceful_shutdown=_LETS_FINISH_S,
        )
        listener = _listening(config.web.port)
        self._site, self._port = site, config.web.port
        self._server = uvicorn.Server(settings)
        self._thread = Thread(
            target=self._serve, args=(self._server, listener), name="web", daemon=True
        )
        self._thread.start()
        self._log.info("web.ready", where=f"{HOST}:{self._port}")

    def _serve(self, server: "uvicorn.Server", listener: socket.socket) -> None:
        try:
            server.run([listener])
        except Exception as error:  # the service goes on without
            self._tell_unusable(self._port, error)
        finally:
            listener.close()

    def _tell_unusable(self, port: int, error: Exception) -> None:
        self._log.warning("web.unusable", where=f"{HOST}:{port}", reason=str(error))


def _listening(port: int) -> socket.socket:
    listener = socket.socket()
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener
