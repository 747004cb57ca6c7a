import pytest

from karaokify_daemon.domain.fillers import fillers, is_filler
from karaokify_daemon.domain.function_words import function_words

LANGUAGES = "en de fr es it pt nl sv da no pl cs ru uk tr el ro hu fi hi ar he".split()


@pytest.mark.parametrize(
    ("word", "language"),
    [
        ("Um,", "en"),
        ("uhhh…", "en-GB"),
        ("Ääähm", "de"),
        ("euh", "fr"),
        ("Эээ,", "ru"),
        ("ıııı", "tr"),
        ("[*]", "xx"),
        ("हम्म", "hi"),
    ],
)
def test_filled_pauses_are_known_however_long_they_are_held(word, language):
    assert is_filler(word, language)


@pytest.mark.parametrize(
    ("word", "language"),
    [("um", "de"), ("eh", "de"), ("umbrella", "en"), ("er", "de"), ("um", "pt"), ("", "en")],
)
def test_what_is_a_word_is_none(word, language):
    assert not is_filler(word, language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_filler_is_a_word_of_grammar(language):
    known = function_words(language)
    small = known.openers | known.clingers | known.trailers
    assert fillers(language)
    assert not {word for word in small if is_filler(word, language)}
