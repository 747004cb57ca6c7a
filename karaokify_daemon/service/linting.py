"""What `karaokify-daemon lint` says of a file."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import groupby
from pathlib import Path

from karaokify_daemon.config import Config
from karaokify_daemon.domain.languages import UNKNOWN, three_letters
from karaokify_daemon.domain.lint import RULES, Finding, Norm, Shown, lint
from karaokify_daemon.domain.names import SUBTITLES, printable, suffix
from karaokify_daemon.errors import ConfigError
from karaokify_daemon.pipeline.render_config import RenderConfig
from karaokify_daemon.pipeline.sidecars import read_cues, read_transcript
from karaokify_daemon.pipeline.styles import styled
from karaokify_daemon.pipeline.video import VideoGenerator


def findings(config: Config, path: Path) -> Iterator[tuple[Finding, str]]:
    """Yield what is against the norm in a transcript's captions, or in subtitles, and a line of it.

    Raises SidecarError, ConfigError.
    """
    rate = Fraction(config.video.fps) if isinstance(config.video.fps, int) else Fraction(30)
    generator = VideoGenerator(RenderConfig(media=path, output=path, video=config.video))
    norm = Norm(row_chars=min(Norm.row_chars, generator.row_chars), rate=rate)
    if suffix(path) in SUBTITLES:
        norm = replace(norm, language=_language(path, config))
        found = lint([*_shown(path)], norm)
    elif suffix(path) == ".json":
        found = _of_transcript(generator, config, path, norm)
    else:
        known = ", ".join((".json", *SUBTITLES))
        raise ConfigError(f"is none of {known}", file=printable(str(path)))
    for finding in found:
        yield finding, _line(path, finding)


def _of_transcript(
    generator: VideoGenerator, config: Config, path: Path, norm: Norm
) -> list[Finding]:
    style = styled(config.video)
    transcript = read_transcript(path)
    shown = [Shown.of(caption) for caption in generator.captions(transcript)]
    found = lint(shown, replace(norm, language=transcript.language))
    if style.words is not None or style.rows != norm.rows:
        # Such styles show few words at a time, each as long as it is said.
        found = [finding for finding in found if finding.rule in ("overlap", "wide", "rows", "gap")]
    return found


def _language(path: Path, config: Config) -> str:
    """Return the language that the name says (`talk.de.srt`), or the configuration, or English."""
    named = Path(path.stem).suffix[1:].lower()
    if three_letters(named) != UNKNOWN:
        return named
    own = config.transcribe.language
    return "en" if own == "auto" else own


def _shown(path: Path) -> Iterator[Shown]:
    """Yield cues; rows that have the very same times are one, as our own scripts have them."""
    for (start, end), cues in groupby(read_cues(path), key=lambda cue: (cue.start, cue.end)):
        rows = [row.strip() for cue in cues for row in cue.text.splitlines()]
        yield Shown(start, end, tuple(row for row in rows if row))


def _line(path: Path, finding: Finding) -> str:
    seconds = finding.at / 1000
    clock = f"{int(seconds // 3600):02}:{int(seconds // 60 % 60):02}:{seconds % 60:06.3f}"
    forced = ", and speech leaves no choice" if finding.forced else ""
    return (
        f"{printable(str(path))}:{finding.number} {clock} {finding.rule}: {RULES[finding.rule]} "
        f"({finding.found:g}, limit {finding.limit:g}{forced})"
    )
