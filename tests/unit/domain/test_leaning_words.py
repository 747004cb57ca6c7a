import pytest

from karaokify_daemon.config.languages import LANGUAGES
from karaokify_daemon.domain.function_words import _WORDS as SMALL
from karaokify_daemon.domain.leaning_words import _WORDS, leaning_words


def test_they_are_known_of_the_languages_whose_small_words_are():
    assert _WORDS.keys() == SMALL.keys() and set(_WORDS) <= LANGUAGES


@pytest.mark.parametrize("language", sorted(_WORDS))
def test_they_are_small_words_and_phrases_of_few(language):
    known = leaning_words(language)
    assert known.backs and _WORDS[language].count("|") == 4
    for phrase in (*known.backs, *known.unless, *known.within, *known.asks, *known.what):
        assert phrase == phrase.lower() and len(phrase.split()) <= 4
