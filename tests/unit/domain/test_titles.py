import pytest
from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.adapters.keywords import keywords, stop_words
from karaokify_daemon.domain.keyphrases import sentence_counts
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.titles import Titles
from karaokify_daemon.domain.transcript import Word
from tests.support.talks import BICYCLE, BREAD, spoken


def titles(texts, language="en"):
    found, _ = spoken(texts, language)
    about = keywords(found, language)
    return Titles(found, about, stop_words(language), [0.5] * len(found), language)


def test_a_recording_is_named_as_its_speaker_names_it():
    assert titles(BREAD).whole == "Baking sourdough bread at home"
    assert titles(BICYCLE, "de").whole == "Das Reparieren von Fahrrädern in der eigenen Küche"


def test_else_it_is_named_by_what_it_says_again_and_again():
    texts = [
        "We went to see the coral reefs.",
        "What is it that coral reefs are?",
        "It is warm for all of the coral reefs.",
    ]
    assert titles(texts).whole == "Coral reefs"


def test_else_by_a_short_clause_and_a_word_alone_is_no_title():
    assert titles(["Corals are animals, and they eat at night."]).whole == "Corals are animals"
    assert titles(["Corals."]).whole == "" == titles([]).whole


def test_a_part_is_named_as_it_is_announced_or_by_a_clause_of_it():
    own = titles(BREAD)
    assert own.of_part(20, 25) == "The oven"
    again = own.of_part(20, 25, {"The oven"})
    assert again and again != "The oven"


@pytest.mark.parametrize(("texts", "language"), [(BREAD, "en"), (BICYCLE, "de")])
def test_titles_of_clips_are_clauses_that_are_said_in_them(texts, language):
    own = titles(texts, language)
    for i, text in enumerate(texts):
        title = own.of_clip(i, i)
        assert title.rstrip("…").lower() in text.lower()
        assert title == "" or len(title.split()) >= 3
    assert sum(own.of_clip(i, i) == "" for i in range(len(texts))) < len(texts) / 2


def test_what_says_no_more_than_the_title_of_the_recording_is_none():
    texts = ["I want to talk about coral reefs.", "Coral reefs grow slowly.", "The coral reefs."]
    own = titles(texts)
    assert own.whole == "Coral reefs" and own.of_clip(2, 2) == ""
    assert own.of_clip(1, 1) == "Coral reefs grow slowly"


@given(
    st.lists(st.text(min_size=1, max_size=30).filter(str.strip), min_size=1, max_size=6),
    st.sampled_from([" ", ""]),
    st.sampled_from(["en", "de", "zh", "xx"]),
)
def test_titles_are_one_short_line_of_any_text(texts, joiner, language):
    found = [
        Sentence(i, tuple(Word(w, 0, 1) for w in (text.split() if joiner else text)), joiner)
        for i, text in enumerate(texts)
    ]
    about = dict.fromkeys(sentence_counts(found), 1.0)
    own, again = (Titles(found, about, (), [0.5] * len(found), language) for _ in range(2))
    for title in (own.whole, own.of_clip(0, 0), own.of_part(0, len(found) - 1)):
        assert "\n" not in title and len(title) <= 130
    assert own.whole == again.whole and own.of_clip(0, 0) == again.of_clip(0, 0)
