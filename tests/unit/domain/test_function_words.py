import pytest

from karaokify_daemon.config import Transcribe
from karaokify_daemon.domain.function_words import _WORDS, function_words


@pytest.mark.parametrize("language", sorted(_WORDS))
def test_each_language_is_one_of_whispers_and_its_words_are_small(language):
    assert Transcribe(language=language).language == language
    words = function_words(language)
    assert words.openers and words.clingers
    for group in (words.openers, words.clingers, words.trailers):
        assert all(word == word.lower() and not set(word) & set(".,|") for word in group), group
    # What clings to the word before it cannot cling to the one behind it.
    assert not words.trailers & (words.clingers | words.openers)


def test_a_language_that_is_not_listed_has_none():
    assert function_words("de-CH") == function_words("de") != function_words("")
    assert function_words("xx") == function_words("")
    assert not function_words("xx").clingers
