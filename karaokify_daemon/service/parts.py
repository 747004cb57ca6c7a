"""What the service is made of, as one configuration says; a changed one takes over what it can."""

from collections.abc import Callable
from functools import partial
from typing import Any

import structlog

from karaokify_daemon.adapters import ffmpeg, mounts
from karaokify_daemon.adapters.ffmpeg.process import find
from karaokify_daemon.adapters.files import claims, moves, outbox
from karaokify_daemon.adapters.files.durable import reported
from karaokify_daemon.adapters.files.links import linked_elsewhere
from karaokify_daemon.adapters.intake.inbox import Inbox, Scan
from karaokify_daemon.adapters.watch import Watcher
from karaokify_daemon.adapters.whisper import models
from karaokify_daemon.config import Config, clashes
from karaokify_daemon.domain.record import LEAVING, Record
from karaokify_daemon.errors import ConfigError, Fault, IntakeError, KaraokifyError, PublishError
from karaokify_daemon.pipeline.gate import Gate
from karaokify_daemon.pipeline.means import Means
from karaokify_daemon.pipeline.run import Pipeline
from karaokify_daemon.pipeline.sidecars import with_preset
from karaokify_daemon.pipeline.styles import styled
from karaokify_daemon.service.announcing import Announcer
from karaokify_daemon.service.devices import Devices
from karaokify_daemon.service.glance import Glance
from karaokify_daemon.service.ledger import Ledger
from karaokify_daemon.service.metrics import Metrics
from karaokify_daemon.service.notifying import Notifier
from karaokify_daemon.service.progress import Rates
from karaokify_daemon.service.pulse import Pulse
from karaokify_daemon.service.tidying import Tidier
from karaokify_daemon.service.web.server import Web
from karaokify_daemon.service.workers import Workers, differ

_PASSING = ("ENOSPC", "EDQUOT", "EROFS", "EIO")  # of a disk; the tick waits for their end
_WORRYING = {"worker.died", "engine.fallback", "engine.smaller", "library"}


def look_over(config: Config) -> None:
    """Raise what must stop a start: ConfigError, MachineError, ModelError.

    What every recording needs, and is not there, is no fault of any recording.
    """
    if faults := clashes(config.folders):
        raise ConfigError.of(faults)
    for binary in (config.limits.ffmpeg, config.limits.ffprobe):
        find(binary)
    if (background := config.video.background) is not None:
        ffmpeg.probe_background(ffmpeg.Ffmpeg(config.limits), background, configured=True)
    for preset in (None, *config.presets):
        styled(with_preset(config, preset).video)
    settings = config.transcribe
    with reported("the model cannot be made ready there", config.folders.cache):
        for model in filter(None, (settings.model, settings.fallback_model)):
            models.resolve(
                model,
                config.folders.cache,
                download=settings.download,
                engine=settings.engine,
            )


def forget(pipeline: Pipeline, record: Record) -> None:
    """Remove what was kept for another attempt at a job that is over."""
    try:
        pipeline.forget(record)
    except KaraokifyError as error:  # the next start sweeps it
        structlog.get_logger().warning("work.unswept", reason=str(error))


def _finish(record: Record) -> None:
    """Remove the sidecars that a killed process was about to remove after their recording."""
    try:
        moves.finish(record.media, record.results.get(LEAVING, {}))
    except KaraokifyError as error:  # they wait, visibly
        structlog.get_logger().warning("inbox.unswept", reason=str(error))


class Parts:
    """The parts of a running service."""

    def __init__(
        self, config: Config, wake: Callable[[], None], pulse: Pulse, *, patient: bool = True
    ) -> None:
        """Make them all; nothing is begun yet. Raises what `look_over` does.

        Without patience, no job waits until others than us leave a disk free.
        """
        self._wake = wake
        self._watching = self._looked_over = False
        self._log = structlog.get_logger()
        self.devices, self.pulse = Devices(config.folders), pulse
        try:
            self._look_over(config)
        except IntakeError:  # not mounted yet: the tick tells, and waits
            pass
        except PublishError as error:
            if error.details.get("errno") not in _PASSING:
                raise
        self.ledger = Ledger(config)
        self.rates, self.metrics = Rates(), Metrics(config)
        self.announcer = Announcer(config)
        self.notifier = Notifier()
        self.tidier, self.web = Tidier(), Web()
        self.gate = Gate(config.limits, config.folders, patient=patient)
        workers = self._workers(config)
        self.means = Means(config, workers, self.gate)
        self._assemble(config, workers)

    def change(self, config: Config) -> None:
        """Take up a changed configuration; no job may run if it needs other workers.

        Raises ConfigError, and what `look_over` does; then all is as before.
        """
        if config.folders != self.config.folders:
            before = dict(self.config.folders)
            moved = [(name, path) for name, path in config.folders if path != before[name]]
            problem = "has changed, which needs a restart of the service"
            faults = [Fault(key=f"folders.{n}", value=str(p), problem=problem) for n, p in moved]
            error = ConfigError.of(faults)
            error.advice = "Restart the service, or undo that change."
            raise error
        with self.pulse.patient(config.transcribe.start_seconds):
            look_over(config)
        self.lose_sight()
        workers = self.workers
        if differ(config, self.config):
            workers.close()
            workers = self._workers(config)
        self.ledger.keeps = config.intake.after_success == "keep"
        self._assemble(config, workers)

    def _look_over(self, config: Config) -> None:
        """Look at the disks first: looking over the rest makes the model ready, in the cache."""
        self.devices.check()
        if not self._looked_over:
            with self.pulse.patient(config.transcribe.start_seconds):
                look_over(config)
            self._looked_over = True

    def _assemble(self, config: Config, workers: Workers) -> None:
        folders, intake = config.folders, config.intake
        self.config, self.workers = config, workers
        workers.limits = self.gate.limits = config.limits
        self.metrics.change(config)
        self.announcer.config = config
        self.notifier.change(config)
        self.gate.free = workers.free
        self.means.change(config, workers)
        self.pipeline = Pipeline(config, self.means)
        self._inbox = Inbox(
            folders.inbox,
            intake,
            config.presets,
            refused=partial(linked_elsewhere, own=folders.moved_to),
            is_done=self.ledger.is_done,
        )
        self._watcher = Watcher(
            folders.inbox,
            intake.watch,
            self._wake,
            sees_changes=mounts.has_events(folders.inbox),
            warn=lambda problem: self._log.warning("watch.polling", reason=problem),
        )

    def _workers(self, config: Config) -> Workers:
        return Workers(config, on_log=self._relay)

    def _relay(self, event: str, fields: dict[str, Any]) -> None:
        log = self._log.warning if event in _WORRYING else self._log.info
        log(event, **fields)

    def scan(self, running: set[str]) -> Scan:
        """Return what is in the inbox, the journal being squared with it.

        `running` are the ids of the jobs at work. Raises KaraokifyError while a folder, or the
        journal, cannot be used.
        """
        first = not self._watching
        with self.pulse.patient(self.config.transcribe.start_seconds if first else 0.0):
            return self._scan(running, first=first)

    def _scan(self, running: set[str], *, first: bool) -> Scan:
        """Scan; the first time a large outbox may have to be read, and much to be swept."""
        self._look_over(self.config)
        if first:  # now that its token will not come onto an empty mount point
            self.web.change(self.config)
        self.ledger.refresh()
        if first:
            self._watch()
        scan = self._inbox.scan()
        for record in self.ledger.settle(scan.ids | running):
            _finish(record)
            forget(self.pipeline, record)
        if self.tidier.tidy(self.config, self.ledger.contents(), at_once=first):
            self._sweep()  # now that it is known which jobs go on
        return scan

    def glance(self) -> Glance | None:
        """Return what tells that a scan would find what the last one has found: nothing."""
        inbox = self.config.folders.inbox
        inboxes = [inbox, *(inbox / name for name in self.config.presets)]
        return Glance.of(inboxes, [path for _, path in self.config.folders if path != inbox])

    @property
    def is_told(self) -> bool:
        """Tell whether the kernel tells of each change in the inbox."""
        return self._watcher.kind == "events"

    def _watch(self) -> None:
        self._watcher.start()
        self._watching = True
        self._log.info("inbox.watched", how=self._watcher.kind)
        claims.sweep(self.config.folders.inbox)

    def _sweep(self) -> None:
        """Remove what killed processes have left: of this service, or others on these folders."""
        folders, going_on = self.config.folders, self.ledger.contents()
        claims.sweep(folders.inbox)
        outbox.sweep(folders.outbox, going_on)
        for folder in folders.moved_to:
            moves.sweep(folder)

    def lose_sight(self) -> None:
        """Watch no more; what is watched when the folders are there again may be another disk."""
        self._watcher.stop()
        self._watching = False

    def close(self) -> None:
        """End the worker and the watch, close the journal and the ports."""
        self._watcher.stop()
        self.web.close()
        self.metrics.close()
        self.announcer.close()
        self.workers.close()
        self.notifier.close()
        self.ledger.journal.close()
