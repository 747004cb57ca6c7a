"""Reading a job's sidecars: a stranger's data, so small, validated, and never trusted."""

import codecs
import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from karaokify_daemon.config import Config, with_options
from karaokify_daemon.domain.job import Job
from karaokify_daemon.domain.lyrics import Line, read_lrc, read_text
from karaokify_daemon.domain.names import SUBTITLES, is_song, printable, suffix
from karaokify_daemon.domain.subtitles import (
    Cue,
    is_ultrastar,
    read_ass,
    read_srt,
    read_ttml,
    read_ultrastar,
    read_vtt,
    to_transcript,
    ttml_language,
)
from karaokify_daemon.domain.transcript import Transcript
from karaokify_daemon.errors import ConfigError, MachineError, SidecarError
from karaokify_daemon.pipeline.styles import styled

_LARGEST_TRANSCRIPT = 64 * 1024 * 1024
_LARGEST_TEXT = 1024 * 1024  # words of a day
_LARGEST_OPTIONS = 16 * 1024  # many times what there is to say; deep tables take tomllib long
_READERS = {
    ".vtt": read_vtt,
    ".ttml": read_ttml,
    ".dfxp": read_ttml,
    ".ass": read_ass,
    ".srt": read_srt,
}


def effective_config(config: Config, job: Job) -> Config:
    """Return the configuration with the job's preset and its STEM.toml on top.

    Raises SidecarError; MachineError where the configured style is gone.
    """
    # Now, before all of it is read to be hashed.
    for path, largest in (
        (job.sidecars.transcript, _LARGEST_TRANSCRIPT),
        (job.sidecars.text, _LARGEST_TEXT),
    ):
        if path is not None:
            _refuse_large(path, path.stat().st_size, largest)
    config = with_preset(config, job.preset)
    if job.sidecars.options is None:
        _find_style(config)
        return config
    path = job.sidecars.options
    try:
        options = tomllib.loads(_text(path, _LARGEST_OPTIONS))
    except (ValueError, RecursionError) as error:  # TOMLDecodeError is one, so is too long a number
        raise _bad(path, f"is not valid TOML: {error}") from error
    try:
        config = with_options(config, options, trusted=False)
        styled(config.video)
    except (SidecarError, ConfigError) as error:
        raise _bad(path, error.problem) from error
    except RecursionError as error:
        raise _bad(path, "has tables in tables in tables, without end") from error
    return config


def _find_style(config: Config) -> None:
    """Look for the configured style: where it is gone since the start, no recording is at fault."""
    try:
        styled(config.video)
    except ConfigError as error:
        problem = f"the configured style cannot be used ({error.problem})"
        advice = "Bring it back, or correct video.style or video.styles."
        raise MachineError(problem, advice=advice) from error


def with_preset(config: Config, preset: str | None) -> Config:
    """Return the configuration with a preset's options on top. Raises SidecarError."""
    if preset is None:
        return config
    return with_options(config, config.presets[preset], trusted=True)


def read_transcript(
    path: Path, *, language: str | None = None, warn: Callable[[str], None] = lambda _: None
) -> Transcript:
    """Read a transcript with word times, or subtitles, whose words get times inside their cues.

    `language` is that of subtitles; None takes what TTML says, or finds it by the script.
    `warn` hears what was taken, but is doubtful. Raises SidecarError.
    """
    if suffix(path) in SUBTITLES:
        return _read_subtitles(path, language, warn)
    try:
        data: Any = json.loads(_text(path))
    except (ValueError, RecursionError) as error:  # JSONDecodeError is one, so is too long a number
        raise _bad(path, f"is not valid JSON: {error}") from error
    try:
        return Transcript.from_dict(data)
    except SidecarError as error:
        raise _bad(path, error.problem) from error


def read_lines(path: Path, *, warn: Callable[[str], None] = lambda _: None) -> list[Line]:
    """Read known text: lyrics or a script, as LRC or as plain text.

    `warn` hears what was taken, but is doubtful. Raises SidecarError.
    """
    text = _plain(path, _LARGEST_TEXT, warn)
    is_lrc = suffix(path) == ".lrc"
    lines = read_lrc(text) if is_lrc else read_text(text)
    if not lines:
        raise _bad(path, "has no line with a time and words" if is_lrc else "has no words")
    return lines


def read_song(
    path: Path, *, language: str | None = None, warn: Callable[[str], None] = lambda _: None
) -> Transcript | None:
    """Read known text that is UltraStar, and so has the times of all words; None where it is not.

    `warn` hears what was taken, but is doubtful. Raises SidecarError.
    """
    if suffix(path) != ".txt":
        return None
    doubts: list[str] = []
    text = _decoded(path, _raw(path, _LARGEST_TEXT), doubts.append)
    if not is_ultrastar(text):
        if is_song(path):
            raise _bad(path, "is not UltraStar text: it begins with no header such as #TITLE")
        return None
    for told in doubts:
        warn(told)
    try:
        song = read_ultrastar(text, language)
    except SidecarError as error:
        raise _bad(path, error.problem) from error
    if "\0" in text or not song.words:
        raise _bad(path, "has no notes with words")
    return song


def read_cues(path: Path, *, warn: Callable[[str], None] = lambda _: None) -> list[Cue]:
    """Read the cues of subtitles, as their ending says. Raises SidecarError."""
    return _cues(path, _plain(path, _LARGEST_TRANSCRIPT, warn))


def _cues(path: Path, text: str) -> list[Cue]:
    try:
        cues = _READERS[suffix(path)](text)
    except SidecarError as error:
        raise _bad(path, error.problem) from error
    if not cues:
        raise _bad(path, f"has no subtitle of the form that {suffix(path)} has")
    return cues


def _read_subtitles(path: Path, language: str | None, warn: Callable[[str], None]) -> Transcript:
    text = _plain(path, _LARGEST_TRANSCRIPT, warn)
    if _READERS[suffix(path)] is read_ttml:
        language = language or ttml_language(text)
    cues = _cues(path, text)
    try:
        transcript = to_transcript(cues, language)
    except SidecarError as error:
        raise _bad(path, error.problem) from error
    if not transcript.words:
        raise _bad(path, "has subtitles without any words")
    return transcript


def _plain(path: Path, largest: int, warn: Callable[[str], None]) -> str:
    text = _decoded(path, _raw(path, largest), warn)
    if "\0" in text:
        raise _bad(path, "is not text: it holds zero bytes")
    return text


def _decoded(path: Path, raw: bytes, warn: Callable[[str], None]) -> str:
    """Return a text as its byte order mark says, as UTF-8, or as what Windows used to write."""
    wide = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return raw.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError as error:
        if wide:
            raise _bad(path, "begins as UTF-16 text and is none") from error
    try:
        text = raw.decode("cp1252")
    except UnicodeDecodeError as error:
        raise _bad(path, "is neither UTF-8 nor UTF-16 nor Windows-1252 text") from error
    warn(f"{printable(path.name)} is not UTF-8 text, and was read as Windows-1252")
    return text


def _text(path: Path, largest: int = _LARGEST_TRANSCRIPT) -> str:
    try:
        return _raw(path, largest).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _bad(path, "is not UTF-8 text") from error


def _raw(path: Path, largest: int = _LARGEST_TRANSCRIPT) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(largest + 1)
    except OSError as error:
        raise _bad(path, f"cannot be read ({error.strerror})") from error
    _refuse_large(path, len(raw), largest)
    if not raw.removeprefix(codecs.BOM_UTF8).strip():
        raise _bad(path, "is empty")
    return raw


def _refuse_large(path: Path, size: int, largest: int = _LARGEST_TRANSCRIPT) -> None:
    if size > largest:
        raise _bad(path, f"is larger than {largest // 1024} KiB")


def _bad(path: Path, problem: str) -> SidecarError:
    return SidecarError(problem, file=printable(path.name))
