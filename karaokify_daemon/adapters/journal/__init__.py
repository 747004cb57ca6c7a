"""The journal: what is known of every job's progress, in one SQLite file of the state folder."""

from karaokify_daemon.adapters.journal.clock import now
from karaokify_daemon.adapters.journal.reading import counts
from karaokify_daemon.adapters.journal.store import Journal

__all__ = ["Journal", "counts", "now"]
