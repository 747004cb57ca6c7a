import pytest

from karaokify_daemon.adapters.keywords import keywords

TALK = (
    "Welcome back to the show. Today we talk about coral reefs. A reef is built by animals, "
    "and corals need clean water. When the water is warm, corals lose their algae. Without algae, "
    "the reef turns white. So that is what we will be talking about, and I am glad you are here."
)


def test_the_words_it_is_about_weigh_most_and_words_of_grammar_nothing():
    found = keywords(TALK, "en")
    best = sorted(found, key=lambda word: -found[word])[:6]
    assert {"reef", "water"} & set(best) and "corals" in found
    assert not {"the", "is", "and", "when"} & set(found)
    assert max(found.values()) == 1.0 and min(found.values()) > 0


@pytest.mark.parametrize("language", ["de", "zh", "xx", ""])
def test_no_language_is_too_strange(language):
    assert isinstance(keywords("Ein Riff wird von Tieren gebaut. 你好。", language), dict)


@pytest.mark.parametrize("text", ["", " ", "...", "a"])
def test_a_text_about_nothing_has_none(text):
    assert keywords(text, "en") == {}
