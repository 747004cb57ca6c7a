"""The SQLite file: opened, checked, set aside when it is damaged, read and written."""

import contextlib
import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from karaokify_daemon.adapters.journal.rows import SCHEMA, UPSERT, VERSION, from_row, to_row
from karaokify_daemon.domain.job import JobState
from karaokify_daemon.domain.names import printable
from karaokify_daemon.domain.record import Record
from karaokify_daemon.errors import JournalError

NAME = "journal.sqlite3"
_FILLED = 0x6B617261  # "kara": the folders were asked what they tell
_BUSY_S = 20.0  # another daemon, or a command, writes for milliseconds
# What SQLite says of a file that is not (any longer) a journal, as against a full disk.
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}

OnDamage = Callable[[Path, str], None]


class Journal:
    """Records by id. Threads share one object; other processes may read and write beside it."""

    def __init__(self, state: Path, *, on_damage: OnDamage = lambda _path, _reason: None) -> None:
        """Open nothing yet. `on_damage` hears of a damaged file, after it was set aside."""
        self._path = state / NAME
        self._on_damage = on_damage
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self.is_new = False  # the one that was opened last, until `filled`

    def get(self, job_id: str) -> Record | None:
        """Return one record. Raises JournalError."""
        return next(iter(self._select("WHERE id = ?", job_id)), None)

    def in_state(self, *states: JobState) -> list[Record]:
        """Return the records in some states. Raises JournalError."""
        return self._select(f"WHERE state IN ({', '.join('?' * len(states))})", *states)

    def with_content(self, content: str) -> list[Record]:
        """Return the records of this content and options. Raises JournalError."""
        return self._select("WHERE content = ?", content)

    def ids_done(self) -> set[str]:
        """Return the ids of all that is done. Raises JournalError."""
        with self._used() as connection:
            return {row[0] for row in connection.execute("SELECT id FROM jobs WHERE state='done'")}

    def save(self, *records: Record) -> None:
        """Write records, whole, in one transaction. Raises JournalError."""
        with self._used() as connection, _transaction(connection):
            connection.executemany(UPSERT, [to_row(record) for record in records])

    def change(self, record: Record, change: Callable[[Record], Record]) -> Record:
        """Change a record as it is now, or the one given where there is none; return the result.

        No other process changes it in between. Raises JournalError, and what `change` raises.
        """
        with self._used() as connection, _transaction(connection):
            row = connection.execute("SELECT * FROM jobs WHERE id = ?", (record.id,)).fetchone()
            changed = change(record if row is None else from_row(row))
            connection.execute(UPSERT, to_row(changed))
            return changed

    def filled(self) -> None:
        """Note that what the folders tell has been written into a new file. Raises JournalError."""
        with self._used() as connection:
            connection.execute(f"PRAGMA application_id = {_FILLED}")
        self.is_new = False

    def remove(self, ids: Iterable[str]) -> None:
        """Forget records. Raises JournalError."""
        with self._used() as connection, _transaction(connection):
            connection.executemany("DELETE FROM jobs WHERE id = ?", [(i,) for i in ids])

    def close(self) -> None:
        """Close the file; the next call opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def _select(self, where: str, *values: str) -> list[Record]:
        query = f"SELECT * FROM jobs {where} ORDER BY id"  # noqa: S608 - our own texts
        with self._used() as connection:
            return [from_row(row) for row in connection.execute(query, values)]

    @contextlib.contextmanager
    def _used(self) -> Iterator[sqlite3.Connection]:
        """Hold the connection; what goes wrong with it is a JournalError, and it is opened anew."""
        with self._lock:
            try:
                yield self._opened()
            except (sqlite3.Error, OSError) as error:
                self.close()
                if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
                    self._set_aside(str(error))
                raise self._trouble(error) from error

    def _opened(self) -> sqlite3.Connection:
        if self._connection is not None and self._file != _identity(self._path):
            self.close()  # another process has set it aside, or somebody has removed it
        if self._connection is None:
            try:
                self._connection = self._open()
            except sqlite3.DatabaseError as error:
                if error.sqlite_errorcode & 0xFF not in _DAMAGED:
                    raise
                self._set_aside(str(error))
                self._connection = self._open()
        return self._connection

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600))
        self._file = _identity(self._path)
        connection = sqlite3.connect(
            self._path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
        )
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            self._check(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _check(self, connection: sqlite3.Connection) -> None:
        """Make the tables of a new file; tell one that is damaged, or another program's."""
        with _transaction(connection):
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if version == 0 and tables == 0:
                for statement in SCHEMA.split(";"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {VERSION}")
            mark = connection.execute("PRAGMA application_id").fetchone()[0]
            self.is_new = mark != _FILLED
        if version > VERSION:
            raise JournalError(
                f"the journal is of version {version}, and this program knows {VERSION}",
                file=printable(str(self._path)),
                advice="Install the newer karaokify-daemon, or move the journal away.",
            )
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            error = sqlite3.DatabaseError(found)
            error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise error

    def _set_aside(self, reason: str) -> None:
        """Give a damaged journal, with what belongs to it, another name, unless somebody has."""
        with _locked(self._path.parent):
            if self._file == _identity(self._path):
                self._rename_away(reason)

    def _rename_away(self, reason: str) -> None:
        n = 1
        while os.path.lexists(target := self._path.with_name(f"{NAME}.damaged-{n}")):
            n += 1
        for ending in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                Path(f"{self._path}{ending}").rename(f"{target}{ending}")
        self._on_damage(target, reason)

    def _trouble(self, error: Exception) -> JournalError:
        said = error.strerror if isinstance(error, OSError) else str(error)
        return JournalError(f"the journal cannot be used ({said})", file=printable(str(self._path)))


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        with contextlib.suppress(sqlite3.Error):  # a full disk has rolled it back already
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Let one process at a time do something in a folder."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):  # a file system without flock
            fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def _identity(path: Path) -> tuple[int, int] | None:
    with contextlib.suppress(FileNotFoundError):
        info = path.stat()
        return info.st_dev, info.st_ino
    return None
