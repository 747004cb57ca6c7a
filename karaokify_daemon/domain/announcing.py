"""What speakers say that they will talk about: "Today I want to talk about ...", by language.

Cue phrases tell best what a text is about (Edmundson 1969, doi:10.1145/321510.321519; Teufel and
Moens 2002, doi:10.1162/089120102762671936). Of languages that are not listed, none is known.
"""

import re
from functools import cache

_LONGEST = 60  # characters
_MOST_WORDS = 9
# Of each language: before, in one group, what is talked of; it ends at a mark, or before `until`.
_ANNOUNCED = {
    "en": r"(?:talk|talking|speak|speaking|say something|tell you|hear|learn|chat) (?:\w+ )?about",
    "de": r"geht es (?:\w+ )?um|handelt von|(?:sprechen|reden|sprechen wir|reden wir|erzählen) "
    r"(?:\w+ )?(?:über|von)|(?:möchte|will|werde|wollen|werden|soll|darf) (?:\w+ ){0,3}über",
    "fr": r"(?:parler|parlons|parlerons|parlerai) (?:de|du|des)|il s'agit (?:de|du|des)",
    "es": r"(?:hablar|hablaré|hablaremos|hablamos) (?:de|sobre|del)|se trata (?:de|del)",
    "it": r"(?:parlare|parlerò|parleremo|parliamo) (?:di|del|dello|della|dei|degli|delle)",
    "pt": r"(?:falar|falaremos|falarei|vamos falar) (?:de|do|da|dos|das|sobre)",
    "nl": r"(?:praten|spreken|vertellen|hebben) (?:\w+ )?over|gaat (?:het )?over",
    "sv": r"(?:prata|tala|berätta) om|handlar om",
    "da": r"(?:tale|snakke|fortælle) om|handler om",
    "no": r"(?:snakke|prate|fortelle) om|handler om",
    "pl": r"(?:mówić|porozmawiać|opowiedzieć|opowiem|porozmawiamy) o",
    "cs": r"(?:mluvit|povídat|vyprávět|promluvíme) (?:si )?o",
    "ru": r"(?:поговорить|говорить|рассказать|расскажу|поговорим|говорим) об?",
    "uk": r"(?:поговорити|говорити|розповісти|розповім|поговоримо) про",
    "ro": r"(?:vorbi|vorbim|discuta|povesti) despre",
}
# German, and Dutch, come to their verbs at the end.
_UNTIL = {
    "de": r"(?:\s(?:sprechen|reden|erzählen|berichten|sagen|gehen|unterhalten))",
    "nl": r"(?:\s(?:praten|spreken|vertellen|hebben))",
}


@cache
def _pattern(language: str) -> re.Pattern[str] | None:
    code = language.partition("-")[0].lower()
    if code not in _ANNOUNCED:
        return None
    until = _UNTIL.get(code, r"(?!)")
    return re.compile(
        rf"\b(?:{_ANNOUNCED[code]})\s+([^,;:.!?…]+?)(?={until}|[,;:.!?…]|$)", re.IGNORECASE
    )


def announced(text: str, language: str) -> str:
    """Return what a sentence says that something is about; empty where it does not.

    >>> announced("Today I want to talk about bees on the roofs of a city.", "en")
    'bees on the roofs of a city'
    >>> announced("Heute möchte ich über das Leben der Bienen sprechen.", "de")
    'das Leben der Bienen'
    >>> announced("Let us talk.", "en"), announced("Today about bees.", "xx")
    ('', '')
    """
    pattern = _pattern(language)
    found = pattern.search(text) if pattern else None
    named = found[1].strip() if found else ""
    return named if len(named) <= _LONGEST and len(named.split()) <= _MOST_WORDS else ""
