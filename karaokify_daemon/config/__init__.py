"""Typed, validated configuration; every fault is reported at once."""

from karaokify_daemon.config.highlights import Highlights, Llm
from karaokify_daemon.config.load import from_dict, load, with_options
from karaokify_daemon.config.notify import Notify, urls_in
from karaokify_daemon.config.places import clashes
from karaokify_daemon.config.schema import (
    Config,
    Folders,
    Intake,
    Limits,
    Log,
    Sound,
    Transcribe,
    Video,
)
from karaokify_daemon.config.style import Style, read_style

__all__ = [
    "Config",
    "Folders",
    "Highlights",
    "Intake",
    "Limits",
    "Llm",
    "Log",
    "Notify",
    "Sound",
    "Style",
    "Transcribe",
    "Video",
    "clashes",
    "from_dict",
    "load",
    "read_style",
    "urls_in",
    "with_options",
]
