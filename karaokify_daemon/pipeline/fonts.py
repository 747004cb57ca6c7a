"""The fonts of one video: those of its style, what stands in for them, and what is missing."""

import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

import regex

from karaokify_daemon.adapters.fonts import Library, Setting
from karaokify_daemon.adapters.shipped import shipped

SHIPPED_FAMILY = "Open Sans"
_SHOWN = 8  # of the characters of a script that no font has
_EMOJI = regex.compile(r"\p{Extended_Pictographic}|\p{Regional_Indicator}")
_CJK = ("CJK", "Hiragana", "Katakana", "Hangul", "Bopomofo", "Ideographic")
_PACKAGES = {"emoji": "fonts-symbola", **dict.fromkeys(_CJK, "fonts-noto-cjk")}
_MOST_SCRIPTS = "fonts-noto-core"


class Fonts:
    """What text of a video is set in: captions in a weight, titles always in bold."""

    def __init__(
        self, family: str, *, bold: bool, language: str = "", own: Path | None = None
    ) -> None:
        """`own` is a folder of fonts that come before all others."""
        folders = [*([own] if own else []), shipped("fonts")]
        self._library = Library(folders)
        self._family, self._bold, self._language = family, bold, language
        self.captions = self._setting(bold=bold)
        self.titles = self.captions if bold else self._setting(bold=True)

    def again(self) -> Setting:
        """Return what captions are set in, as if nothing had been set so far."""
        return self._setting(bold=self._bold)

    @property
    def files(self) -> list[Path]:
        """The files that libass has to see for what was set so far."""
        return list(dict.fromkeys([*self.captions.files, *self.titles.files]))

    def _setting(self, *, bold: bool) -> Setting:
        return Setting(
            self._library,
            self._family,
            instead=SHIPPED_FAMILY,
            bold=bold,
            language=self._language,
        )

    @property
    def warnings(self) -> list[str]:
        """What was set so far and no font can show, and the packages to install."""
        return missing([*self.captions.missing, *self.titles.missing])


# What captions are written in around the world: some of the letters of each script.
COMMON = {
    "Latin": "aßéłşđ",
    "Greek": "αβώ",
    "Cyrillic": "жыї",
    "Arabic": "عپێ",
    "Hebrew": "שץ",
    "Devanagari": "कक्षि",
    "Thai": "กำ",
    "Chinese": "汉漢们",
    "Japanese": "日あカ",
    "Korean": "한글",
    "emoji": "😀👍❤🎵",
}


def coverage(fonts: Fonts) -> dict[str, str | None]:
    """Return, for each common script, None where it can be shown, else the package to install."""
    found: dict[str, str | None] = {}
    for script, text in COMMON.items():
        setting = fonts.again()
        setting.runs(text)
        lacking = list(setting.missing)
        found[script] = package_of(script_of(lacking[0])) if lacking else None
    return found


def missing(characters: Iterable[str]) -> list[str]:
    """Return a warning for each script of characters that no font covers.

    >>> missing(["\u0995", "\u0996", "\U0001f600"])[0]
    'no font has these characters (Bengali): ক খ; install fonts-noto-core'
    """
    scripts: dict[str, list[str]] = {}
    for text in dict.fromkeys(characters):
        scripts.setdefault(script_of(text), []).append(text)
    return [_warning(script, texts) for script, texts in scripts.items()]


def script_of(text: str) -> str:
    """Return the name of a character's script, or what comes near to it.

    >>> script_of("\u0e01"), script_of("\u6f22"), script_of("\U0001f600")
    ('Thai', 'CJK', 'emoji')
    """
    if _EMOJI.search(text):
        return "emoji"
    first = unicodedata.name(text[0], "unnamed").split()[0]
    return first if first == "CJK" else first.capitalize()


def package_of(script: str) -> str:
    """Return the Debian package whose fonts cover a script."""
    return _PACKAGES.get(script, _MOST_SCRIPTS)


def _warning(script: str, texts: Sequence[str]) -> str:
    shown = " ".join(texts[:_SHOWN]) + (" …" if len(texts) > _SHOWN else "")
    if script == "emoji":
        return f"no font has these emoji, which are left out: {shown}; install {package_of(script)}"
    return f"no font has these characters ({script}): {shown}; install {package_of(script)}"
