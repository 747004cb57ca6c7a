"""Filled pauses, by language: the sounds of who looks for a word, such as um and uh.

Only what is no word besides counts (Clark and Fox Tree 2002, doi:10.1016/S0010-0277(02)00017-3, on
uh and um); so not the German `eh`, nor `like` and `you know`. whisper-timestamped writes `[*]`
where it hears one that it has no word for. Of languages that are not listed, that alone is known.
"""

import re
import unicodedata
from functools import cache

MARK = "[*]"

# Each letter may be held: `um` stands for `ummm`, too.
_FILLERS = {
    "en": "um uh uhm erm er hmm",
    "de": "äh ähm öh öhm ehm hmm",
    "fr": "euh heu euhm hmm",
    "es": "eh em ehm mmm",
    "it": "ehm eh uhm mmm",
    "pt": "hum ahn ãh hã ehm mmm",
    "nl": "eh ehm uh uhm euh hmm",
    "sv": "öh öhm eh ehm äh hmm",
    "da": "øh øhm æh eh ehm hmm",
    "no": "øh øhm æh eh ehm hmm",
    "pl": "yy yhm ymm ee eem hmm",
    "cs": "ehm ee hmm",
    "ru": "э эм мм хм",
    "uk": "ее ем мм хм",
    "tr": "ıı ımm ee eem hmm",
    "el": "εε εμ χμ μμ",
    "ro": "ăă ăm îî îm hmm",
    "hu": "öö ömm hmm",
    "fi": "öö öh hmm mmm",
    "hi": "अं उम्म हम्म",
    "ar": "اممم آآ إمم",
    "he": "אה אהה אממ אהמ",
}


@cache
def _pattern(language: str) -> re.Pattern[str]:
    held = ("".join(re.escape(c) + "+" for c in word) for word in fillers(language))
    return re.compile("|".join(held) or r"\b")


def fillers(language: str) -> list[str]:
    """Return the filled pauses of a language, as they are when they are not held."""
    return _FILLERS.get(language.partition("-")[0].lower(), "").split()


def spoken(text: str) -> str:
    """Return a word as it is spoken: in small letters, without the punctuation around it.

    >>> spoken("“Ähm,”")
    'ähm'
    """
    return re.sub(r"^[\W_]+|[\W_]+$", "", unicodedata.normalize("NFC", text).casefold())


def is_filler(text: str, language: str) -> bool:
    """Tell whether a word is a filled pause.

    >>> is_filler("Ummm,", "en"), is_filler("[*]", "xx"), is_filler("um", "de")
    (True, True, False)
    """
    word = spoken(text)
    return text.strip().startswith(MARK) or bool(word and _pattern(language).fullmatch(word))
