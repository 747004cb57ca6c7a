"""Figures for Prometheus, on a port or in a file: off unless configured."""

import time
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread
from typing import Any, Protocol

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
from prometheus_client import write_to_textfile as write
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from karaokify_daemon.adapters import resources
from karaokify_daemon.config import Config
from karaokify_daemon.domain.job import Stage
from karaokify_daemon.domain.status import Live
from karaokify_daemon.service.status import disks

_GPU_EVERY_S = 30.0
_BUCKETS = (0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000)  # seconds


class _Server(Protocol):
    def shutdown(self) -> None: ...

    def server_close(self) -> None: ...


class Metrics:
    """Counts what happens, from any thread, and tells it with what is so at the moment."""

    def __init__(self, config: Config) -> None:
        """Count; nothing is told before `change`."""
        self._config = config
        self._live: Live | None = None
        self._gpu: int | None = None
        self._gpu_at = float("-inf")
        self._server: tuple[_Server, Thread] | None = None
        self.registry = CollectorRegistry()
        self._jobs = Counter(
            "karaokify_jobs", "Ends of attempts at jobs", ["result"], registry=self.registry
        )
        self._media = Counter(
            "karaokify_media_seconds", "Length of recordings done", registry=self.registry
        )
        self._cache = Counter(
            "karaokify_transcripts", "Transcripts of jobs done", ["cache"], registry=self.registry
        )
        self._stages = Histogram(
            "karaokify_stage_seconds",
            "How long stages took",
            ["stage"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.registry.register(self)

    def stage(self, stage: Stage, seconds: float) -> None:
        """Count a stage that has ended."""
        self._stages.labels(str(stage)).observe(seconds)

    def done(self, lasts: float | None, *, cache_hit: bool) -> None:
        """Count the recording of a job that is done, of so many seconds."""
        self._media.inc(lasts or 0.0)
        self._cache.labels("hit" if cache_hit else "miss").inc()

    def ended(self, result: str) -> None:
        """Count an attempt: done, failed, or waiting for another one."""
        self._jobs.labels(result).inc()

    def tell(self, live: Live) -> None:
        """Take the service as it is now; write the file, if there is to be one."""
        self._live = live
        if (path := self._config.metrics.textfile) is not None:
            with suppress(OSError):  # it is told by its age that it was not written
                write(str(path), self.registry)
                path.chmod(0o644)  # for node_exporter's user

    def change(self, config: Config) -> None:
        """Listen where a configuration says, and no longer where one before said."""
        before, now = self._config.metrics, config.metrics
        self._config = config
        if self._server is not None and (before.port, before.address) != (now.port, now.address):
            self.close()
        if self._server is None and now.port:
            try:
                self._server = start_http_server(now.port, now.address, self.registry)
            except (OSError, OverflowError) as error:
                where = f"{now.address}:{now.port}"
                structlog.get_logger().warning("metrics.unusable", where=where, reason=str(error))

    def close(self) -> None:
        """Listen no more."""
        if self._server is not None:
            server, thread = self._server
            server.shutdown()
            server.server_close()
            thread.join()
            self._server = None

    def collect(self) -> Iterator[Metric]:
        """Yield what is so at the moment; called when somebody asks."""
        live = self._live
        if live is None:
            return
        values: dict[str, tuple[str, float | None]] = {
            "queue_files": ("Files that wait in the inbox", live.queued),
            "queue_oldest_timestamp_seconds": ("When the oldest of them came", live.oldest),
            "start_timestamp_seconds": ("When the service was started", live.started),
            "up": ("0 while it cannot work", 0 if live.problem else 1),
            "cache_bytes": ("Cache, models aside", live.cache),
            "gpu_free_bytes": ("Free graphics memory", self._gpu_free()),
        }
        for name, (text, value) in values.items():
            if value is not None:
                yield GaugeMetricFamily(f"karaokify_{name}", text, value)
        yield _gauges(
            "running_jobs", "Jobs at work", "stage",
            [(stage, sum(one.stage == stage for one in live.running)) for stage in Stage],
        )  # fmt: skip
        yield _gauges(
            "disk_free_bytes", "Free disk space", "folder",
            [(name, disk.free) for disk in disks(self._config.folders) for name in disk.folders],
        )  # fmt: skip
        yield _gauges(
            "worker_memory_bytes", "Memory of workers", "worker",
            [(str(i), one.memory) for i, one in enumerate(live.workers)],
        )  # fmt: skip
        restarts = sum(one.restarts for one in live.workers)
        yield CounterMetricFamily("karaokify_worker_restarts", "Restarts after deaths", restarts)

    def _gpu_free(self) -> int | None:
        if all(one.device in (None, "cpu") for one in (self._live.workers if self._live else ())):
            return None
        if time.monotonic() - self._gpu_at >= _GPU_EVERY_S:  # it may start a program
            self._gpu_at, self._gpu = time.monotonic(), resources.gpu_free()
        return self._gpu


def _gauges(name: str, text: str, label: str, values: list[tuple[str, float]]) -> Any:
    family = GaugeMetricFamily(f"karaokify_{name}", text, labels=[label])
    for key, value in values:
        family.add_metric([key], value)
    return family
