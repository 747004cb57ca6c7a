"""Captions as an Advanced SubStation Alpha script: modes of highlighting, and a look for each."""

from karaokify_daemon.domain.ass.look import Look
from karaokify_daemon.domain.ass.script import MODES, dialogues, document
from karaokify_daemon.domain.ass.text import escape
from karaokify_daemon.domain.ass.titles import Title

__all__ = ["MODES", "Look", "Title", "dialogues", "document", "escape"]
