"""The journal for those who only look: it is not locked, not changed, and not made."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from karaokify_daemon.adapters.journal.store import NAME
from karaokify_daemon.domain.names import printable
from karaokify_daemon.errors import JournalError

_BUSY_S = 2.0


def counts(state: Path) -> dict[str, int]:
    """Return how many jobs are in which state; {} without a journal. Raises JournalError."""
    path = state / NAME
    if not path.exists():
        return {}
    try:
        with _opened(path) as connection:
            rows = connection.execute("SELECT state, count(*) FROM jobs GROUP BY state")
            return {str(name): int(count) for name, count in rows}
    except sqlite3.Error as error:
        raise JournalError(
            f"the journal cannot be read ({error})", file=printable(str(path))
        ) from error


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open it to read (https://www.sqlite.org/wal.html#readonly).

    In a folder that may not be written, SQLite wants the files beside it that a writer has made.
    Without a writer there are none, and nothing can change.
    """
    kinds = ("mode=ro",) if path.with_name(f"{NAME}-wal").exists() else ("mode=ro", "immutable=1")
    for kind in kinds:
        uri = f"file:{quote(str(path))}?{kind}"
        with closing(sqlite3.connect(uri, uri=True, timeout=_BUSY_S)) as connection:
            try:
                connection.execute("SELECT 1 FROM jobs LIMIT 1")
            except sqlite3.OperationalError:
                if kind is kinds[-1]:
                    raise
                continue
            yield connection
            return
