"""Records as rows of the journal, and back."""

import json
import os
import sqlite3
from pathlib import Path
from typing import Any

from karaokify_daemon.adapters.journal.clock import boot
from karaokify_daemon.domain.job import JobState, Stage
from karaokify_daemon.domain.names import printable
from karaokify_daemon.domain.record import Record

VERSION = 1
SCHEMA = """
CREATE TABLE jobs (
  id TEXT PRIMARY KEY,          -- of the file: device, inode, size, modification time
  name TEXT NOT NULL,           -- for people: bytes that are not UTF-8 are replaced
  path BLOB NOT NULL,           -- where the recording was last seen
  preset TEXT,
  state TEXT NOT NULL,          -- waiting, held, claimed, done, failed
  content TEXT,                 -- SHA-256 of content and options
  stage TEXT,                   -- the last one that was finished
  results TEXT NOT NULL,        -- JSON, by stage
  attempts INTEGER NOT NULL,
  deaths INTEGER NOT NULL,
  interruptions INTEGER NOT NULL,
  boot TEXT NOT NULL,           -- not_before is in seconds since this start of the machine
  not_before REAL,
  reason TEXT,                  -- JSON
  bundle TEXT,                  -- the name of its folder in the outbox
  updated TEXT NOT NULL         -- for people: UTC, whatever the clock said
) STRICT;
CREATE INDEX jobs_by_state ON jobs (state);
"""
_COLUMNS = (
    "id name path preset state content stage results attempts deaths interruptions boot "
    "not_before reason bundle"
).split()
UPSERT = (
    f"INSERT OR REPLACE INTO jobs ({', '.join(_COLUMNS)}, updated) "  # noqa: S608 - our own names
    f"VALUES ({', '.join('?' * len(_COLUMNS))}, strftime('%Y-%m-%dT%H:%M:%SZ'))"
)


def to_row(record: Record) -> tuple[Any, ...]:
    """Return the values of UPSERT."""
    return (
        record.id,
        printable(record.media.name),
        os.fsencode(record.media),
        record.preset,
        str(record.state),
        record.content,
        record.stage and str(record.stage),
        _dumped(record.results),
        record.attempts,
        record.deaths,
        record.interruptions,
        boot(),
        record.not_before,
        None if record.reason is None else _dumped(record.reason),
        record.bundle,
    )


def from_row(row: sqlite3.Row) -> Record:
    """Return the record of a row; what was to wait before the machine was restarted is due.

    Raises sqlite3.DatabaseError for a row that somebody has changed into nonsense.
    """
    try:
        return _record(row)
    except (ValueError, TypeError) as error:
        damage = sqlite3.DatabaseError(f"a row of it is not understood: {error}")
        damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
        raise damage from error


def _record(row: sqlite3.Row) -> Record:
    same_boot = row["boot"] == boot()
    return Record(
        id=row["id"],
        media=Path(os.fsdecode(row["path"])),
        preset=row["preset"],
        state=JobState(row["state"]),
        content=row["content"],
        stage=row["stage"] and Stage(row["stage"]),
        results=json.loads(row["results"]),
        attempts=row["attempts"],
        deaths=row["deaths"],
        interruptions=row["interruptions"],
        not_before=row["not_before"] if same_boot else None,
        reason=row["reason"] and json.loads(row["reason"]),
        bundle=row["bundle"],
    )


def _dumped(value: Any) -> str:
    return json.dumps(value, default=str)  # ASCII: a lone surrogate in a text is no obstacle
