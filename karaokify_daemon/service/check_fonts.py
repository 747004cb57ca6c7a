"""`check`: which scripts captions can be written in, and what to install for the others."""

from karaokify_daemon.config import Style
from karaokify_daemon.pipeline.fonts import Fonts, coverage
from karaokify_daemon.service.finding import Finding

# Whisper's languages that are not written in Latin, Greek or Cyrillic letters.
_SCRIPTS = {
    **dict.fromkeys(("ar", "fa", "ur", "ps", "sd"), "Arabic"),
    **dict.fromkeys(("he", "yi"), "Hebrew"),
    **dict.fromkeys(("hi", "mr", "ne", "sa"), "Devanagari"),
    **dict.fromkeys(("zh", "yue"), "Chinese"),
    "th": "Thai",
    "ja": "Japanese",
    "ko": "Korean",
}


def scripts(style: Style, language: str | None) -> Finding:
    """Look at what the style's font, and those that stand in for it, can show.

    A script that no font has is worth a warning where the configured language is written in it.
    """
    found = coverage(Fonts(style.font, bold=style.bold))
    covered = [script for script, package in found.items() if package is None]
    lacking: dict[str, list[str]] = {}
    for script, package in found.items():
        if package is not None:
            lacking.setdefault(package, []).append(script)
    needed = _SCRIPTS.get(language or "")
    status = "warn" if needed is not None and found[needed] else "ok"
    advice = "; ".join(
        f"for {', '.join(names)}: apt-get install {package}" for package, names in lacking.items()
    )
    return Finding("scripts", status, ", ".join(covered), advice)  # type: ignore[arg-type]
