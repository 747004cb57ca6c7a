"""Tells once what waits and why: nothing waits invisibly, and no log fills with the same line."""

from pathlib import Path

import structlog

from karaokify_daemon.adapters.intake.inbox import Scan
from karaokify_daemon.config import Folders
from karaokify_daemon.domain.names import printable
from karaokify_daemon.errors import KaraokifyError

_UNUSABLE = {
    "journal": "journal.unusable",
    "publish": "outbox.unusable",
    "inbox": "inbox.unusable",
    "outbox": "outbox.unusable",
}


class Teller:
    """Remembers what was said of each file in the inbox."""

    def __init__(self, inbox: Path) -> None:
        self._inbox = inbox
        self._log = structlog.get_logger()
        self._told: dict[Path, tuple[str, str]] = {}  # event and reason

    def tell(self, path: Path, event: str, reason: str) -> None:
        """Log what is the matter with a file, unless that was said already."""
        if self._told.get(path) != (event, reason):
            self._told[path] = (event, reason)
            log = self._log.info if event == "inbox.waiting" else self._log.warning
            log(event, file=self._name(path), reason=reason)

    def told(self, path: Path) -> str:
        """Return what was said last of a job that cannot be begun; empty where nothing was."""
        event, reason = self._told.get(path, ("", ""))
        return reason if event.startswith("job.") else ""

    def tell_waiting(self, scan: Scan) -> None:
        """Log what waits and what is refused; forget what was said of files that are gone."""
        seen = {job.media for job in scan.ready}
        for waiting in scan.waiting:
            seen.add(waiting.path)
            self.tell(waiting.path, "inbox.waiting", waiting.reason)
        for problem in scan.problems:
            seen.add(problem.path)
            self.tell(problem.path, "inbox.refused", problem.reason)
        self._told = {path: told for path, told in self._told.items() if path in seen}

    def tell_unusable(self, folders: Folders, error: KaraokifyError) -> None:
        """Log that nothing can be done for now: a folder, or the journal, cannot be used."""
        name = error.details.get("folder", "inbox")
        event = _UNUSABLE.get(error.code, _UNUSABLE.get(name, "folder.unusable"))
        self.tell(getattr(folders, name), event, str(error))

    def _name(self, path: Path) -> str:
        if path == self._inbox or not path.is_relative_to(self._inbox):
            return printable(str(path))
        return printable(str(path.relative_to(self._inbox)))
