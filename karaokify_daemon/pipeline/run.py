"""One job, from the media file to the published bundle."""

import hashlib
import os
from pathlib import Path

from karaokify_daemon.adapters.files import outbox
from karaokify_daemon.adapters.files.held import Held
from karaokify_daemon.adapters.whisper import models
from karaokify_daemon.adapters.work import discard, job_folder, work_folder
from karaokify_daemon.config import Config, Folders
from karaokify_daemon.domain.job import Job
from karaokify_daemon.domain.names import bundle_stem, printable
from karaokify_daemon.domain.record import Record
from karaokify_daemon.domain.retry import is_smaller
from karaokify_daemon.errors import ModelError, PublishError, SidecarError
from karaokify_daemon.pipeline.course import Watch
from karaokify_daemon.pipeline.manifest import identity, is_damaged, source_hashes
from karaokify_daemon.pipeline.means import Means, smaller
from karaokify_daemon.pipeline.notes import Notes
from karaokify_daemon.pipeline.sidecars import effective_config
from karaokify_daemon.pipeline.stages import JobRun, Result

__all__ = ["Notes", "Pipeline", "Result", "Watch", "work_key"]


def work_key(folders: Folders, content: str) -> str:
    """Return what names the working files for some content; services may share a cache."""
    outbox_path = os.fsencode(folders.outbox.absolute())
    return hashlib.sha256(outbox_path + content.encode()).hexdigest()[:32]


class Pipeline:
    """Takes jobs through the stages; one object serves all jobs, from several threads."""

    def __init__(self, config: Config, means: Means) -> None:
        """`means` are those of all, and may outlive this."""
        self._config, self._means = config, means

    def process(self, held: Held, watch: Watch, notes: Notes) -> Result:
        """Take a job from its media to a published bundle.

        `notes` are what an earlier attempt has left, and get what this one finds. The source is
        not moved: that is the caller's, once this has returned; so is `forget`. Raises
        KaraokifyError; then nothing half-made can be seen, and what can be used again is kept.
        """
        folders = self._config.folders
        with work_folder(folders.cache) as links:
            job = held.linked(links)
            config = effective_config(self._config, job)
            if is_smaller(notes.record):
                config = smaller(config)
            run = JobRun(self._means, held, job, config, watch, notes)
            run.probe()  # before all of it is read: it may be a thousand hours long
            with run.reading():
                hashes = source_hashes(held, config, watch.cancelled)
            content = identity(hashes, config, job.media)
            if notes.record.content not in (None, content):  # it was changed since the last attempt
                self.forget(notes.record)
            notes.identify(content)
            if found := self._published(content, notes):
                return Result(bundle=found, published=False, damaged=is_damaged(found))
            with self._reserved(job, content) as bundle:
                if found := self._published(content, notes):  # between the first look and the lock
                    return Result(bundle=found, published=False, damaged=is_damaged(found))
                key = work_key(folders, content)
                self._refuse_own_model(job, config)
                with job_folder(folders.cache, key) as work:
                    return run.publish(hashes, work, bundle)

    def _reserved(self, job: Job, content: str) -> outbox.Bundle:
        outbox_folder = self._config.folders.outbox
        bundle = outbox.Bundle.begin(outbox_folder, bundle_stem(job.media), content)
        if bundle is None:
            raise PublishError(
                "the same recording is being worked on under another name, or by another service",
                file=printable(job.media.name),
                advice="It waits for that one.",
            )
        return bundle

    def forget(self, record: Record) -> None:
        """Remove what was kept for another attempt at a job. Raises PublishError."""
        if record.content is not None:
            folders = self._config.folders
            discard(folders.cache, work_key(folders, record.content))
            outbox.drop(folders.outbox, record.content)

    def _published(self, content: str, notes: Notes) -> Path | None:
        """Return the bundle of this content; also one that somebody has taken away since."""
        folder = self._config.folders.outbox
        if found := outbox.find(folder, content):
            notes.published(found.name)
        return folder / notes.bundle if notes.bundle else None

    def _refuse_own_model(self, job: Job, config: Config) -> None:
        """Tell a job that asks for a model which is nowhere from a service without its own.

        One that cannot be loaded, or fetched, for now is waited for like the service's.
        """
        settings = config.transcribe
        if settings.model == self._config.transcribe.model:
            return
        try:
            models.resolve(
                settings.model,
                config.folders.cache,
                download=settings.download,
                engine=settings.engine,
            )
        except ModelError as error:
            asked = job.sidecars.options or job.media
            raise SidecarError(
                f"asks for a model that cannot be had: {error.problem}",
                file=printable(asked.name),
                advice=error.advice,
            ) from error
