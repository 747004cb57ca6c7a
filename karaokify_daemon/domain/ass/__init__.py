"""Captions as an Advanced SubStation Alpha script: modes of highlighting, and a look for each."""

from karaokify_daemon.domain.ass.look import Look
from karaokify_daemon.domain.ass.script import MODES, dialogues, document
from karaokify_daemon.domain.ass.text import escape

__all__ = ["MODES", "Look", "dialogues", "document", "escape"]
