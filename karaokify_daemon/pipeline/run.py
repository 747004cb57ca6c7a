"""One job, from the media file to the published bundle."""

from collections.abc import Iterator
from contextlib import contextmanager

from karaokify_daemon.adapters.files import outbox
from karaokify_daemon.adapters.files.identity import Identities
from karaokify_daemon.adapters.whisper import models
from karaokify_daemon.adapters.work import work_folder
from karaokify_daemon.config import Config
from karaokify_daemon.domain.job import Job
from karaokify_daemon.domain.names import bundle_stem, printable
from karaokify_daemon.errors import ModelError, SidecarError
from karaokify_daemon.pipeline.manifest import identity, source_hashes
from karaokify_daemon.pipeline.sidecars import effective_config
from karaokify_daemon.pipeline.stages import JobRun, Means, Result, Watch
from karaokify_daemon.pipeline.transcriber import Recogniser

__all__ = ["Pipeline", "Result", "Watch"]


class Pipeline:
    """Takes jobs through the stages; one object serves all jobs, from several threads."""

    def __init__(self, config: Config, recogniser: Recogniser) -> None:
        self._config = config
        self._means = Means(config, recogniser)

    def process(self, job: Job, watch: Watch, seen: Identities) -> Result:
        """Take a job from its media to a published bundle; `seen` are its files, as complete.

        The source is not moved: that is the caller's, once this has returned. Raises
        KaraokifyError; nothing half-made is left behind then.
        """
        config = effective_config(self._config, job)
        hashes = source_hashes(job)
        found = outbox.find(config.folders.outbox, bundle_stem(job.media), identity(hashes, config))
        if found is not None:
            return Result(bundle=found, published=False)
        with self._own_model(job, config), work_folder(config.folders.cache) as work:
            return JobRun(self._means, job, config, watch, work).publish(hashes, seen)

    @contextmanager
    def _own_model(self, job: Job, config: Config) -> Iterator[None]:
        """Tell a job that asks for a model which cannot be had from a service without its own."""
        settings = config.transcribe
        if settings.model == self._config.transcribe.model:
            yield
            return
        try:
            models.resolve(settings.model, config.folders.cache, download=settings.download)
            yield
        except ModelError as error:
            asked = job.sidecars.options or job.media
            raise SidecarError(
                f"asks for a model that cannot be had: {error.problem}",
                file=printable(asked.name),
                advice=error.advice,
            ) from error
