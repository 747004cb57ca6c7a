"""Captions as an Advanced SubStation Alpha script: modes of highlighting, and a look for each."""

from karaokify_daemon.domain.ass.changes import frames_of_change
from karaokify_daemon.domain.ass.look import Look
from karaokify_daemon.domain.ass.script import MODES, dialogues, document, events
from karaokify_daemon.domain.ass.text import Event, escape
from karaokify_daemon.domain.ass.titles import Title

__all__ = [
    "MODES",
    "Event",
    "Look",
    "Title",
    "dialogues",
    "document",
    "escape",
    "events",
    "frames_of_change",
]
