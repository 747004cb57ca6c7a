"""The configuration, read again after SIGHUP; a broken one leaves the old in force."""

from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

from karaokify_daemon.config import Config
from karaokify_daemon.errors import KaraokifyError
from karaokify_daemon.service import logs
from karaokify_daemon.service.parts import Parts
from karaokify_daemon.service.pulse import Pulse
from karaokify_daemon.service.workers import differ


@dataclass
class Reload:
    """What is to be taken up. A signal handler may set `asked`; `begins` hears of a change."""

    reread: Callable[[], Config]
    parts: Parts
    pulse: Pulse
    begins: Callable[[], None]
    asked: bool = False
    changed: Config | None = field(default=None, init=False)  # read, and not taken up yet

    def do(self, config: Config, running: int) -> Config:
        """Return the configuration that is in force from now on, after the one before.

        What is heard by whom must not change under a job: then those at work, `running` of them,
        are waited for, and no others are begun while there is something `changed`.
        """
        log = structlog.get_logger()
        try:
            if self.asked:
                self.asked = False
                self.pulse.reloading()
                self._read(config, running)
            changed = self.changed
            if changed is None or _must_wait(changed, config, running):
                return config
            self.changed = None
            self.begins()
            self.parts.change(changed)
        except KaraokifyError as error:
            log.error("config.refused", reason=str(error))  # noqa: TRY400 - no fault of ours
        except Exception:  # whatever a file may hold, the old configuration stays in force
            log.exception("config.refused", reason="this is a bug: please report it")
        else:
            logs.configure(changed.log)
            log.info("config.reloaded")
            config = changed
        self.pulse.ready()
        return config

    def _read(self, config: Config, running: int) -> None:
        self.changed = self.reread()
        if _must_wait(self.changed, config, running):
            reason = "other workers are configured: no job is begun until those at work are through"
            structlog.get_logger().info("config.waiting", reason=reason, running=running)
            self.pulse.ready()


def _must_wait(changed: Config, config: Config, running: int) -> bool:
    return bool(running) and differ(changed, config)
