"""What a recording is about: its keywords and phrases, found without any model.

How frequent words are is known of some forty languages (wordfreq: Speer 2022,
doi:10.5281/zenodo.7199437), which words are stop words of some fifty (stopwords-iso).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

import stopwordsiso
import wordfreq

from karaokify_daemon.domain.alignment import folded
from karaokify_daemon.domain.fillers import fillers
from karaokify_daemon.domain.function_words import function_words
from karaokify_daemon.domain.keyness import keyness
from karaokify_daemon.domain.sentences import Sentence

# A longer list would cost half a second and 40 MB, and says of rare words only how rare they are.
_LIST = "small"
_FREQUENCIES = {"no": "nb", "nn": "nb", "hr": "sh", "bs": "sh", "sr": "sh", "tl": "fil"}
_STOP_WORDS = {"nn": "no"}


def keywords(
    found: Sequence[Sentence], language: str, pulse: Callable[[], None] = lambda: None
) -> dict[str, float]:
    """Return the terms that sentences are about, folded, each with a weight above 0, up to 1."""
    code = language.partition("-")[0].lower()
    return keyness(found, frequencies(code), stop_words(code), pulse)


@lru_cache(maxsize=4)
def frequencies(language: str) -> Mapping[str, float]:
    """Return how frequent the words of a language are, folded; none of one that is not known.

    The nearest language that is known, as wordfreq has it, would be English for Hawaiian.
    """
    code = _FREQUENCIES.get(language, language)
    if code not in wordfreq.available_languages(_LIST):
        return {}
    found: dict[str, float] = {}
    for word, share in wordfreq.get_frequency_dict(code, _LIST).items():
        key = folded(word)
        found[key] = found.get(key, 0.0) + share
    return found


@lru_cache(maxsize=4)
def stop_words(language: str) -> frozenset[str]:
    """Return the stop words and filled pauses of a language, folded."""
    listed = stopwordsiso.stopwords(_STOP_WORDS.get(language, language))
    small = function_words(language)
    all_ = (*listed, *small.openers, *small.clingers, *small.trailers, *fillers(language))
    return frozenset(folded(word) for word in all_)
