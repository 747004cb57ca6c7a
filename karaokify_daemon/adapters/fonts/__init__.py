"""Fonts: what they cover, how wide their text is, and which one stands in for another."""

from karaokify_daemon.adapters.fonts.library import Library
from karaokify_daemon.adapters.fonts.setting import Setting

__all__ = ["Library", "Setting"]
