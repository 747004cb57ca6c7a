from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.keyphrases import phrases, sentence_counts, title
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.transcript import Word

KEYWORDS = {"coral": 1.0, "reefs": 0.8, "algae": 0.7, "bleaching": 0.6, "boat": 0.1}


def said(*texts, joiner=" "):
    return [
        Sentence(i, tuple(Word(w, 0, 1) for w in (text.split() if joiner else text)), joiner)
        for i, text in enumerate(texts)
    ]


def named(found, part=None, keywords=KEYWORDS):
    return title(found if part is None else part, keywords, sentence_counts(found))


def test_a_phrase_that_is_said_again_is_better_than_a_word():
    found = said("The coral reefs are old.", "I like coral reefs", "a boat, and coral reefs")
    assert named(found) == "Coral reefs"


def test_a_word_alone_is_named_with_another():
    assert named(said("some coral is here", "the algae are there")) == "Coral, algae"
    assert named(said("some coral is here")) == "Coral"


def test_phrases_do_not_reach_over_marks():
    found = phrases(said("we saw coral, reefs and algae."), KEYWORDS, {})
    assert {phrase.text for phrase in found} == {"coral", "reefs", "algae", "reefs and algae"}


def test_a_part_is_named_after_what_is_said_in_it_alone():
    found = said(*["coral is big"] * 6, "coral has algae", "algae are small", "coral and me")
    assert named(found, found[6:]).startswith("Algae")


def test_it_is_written_as_it_mostly_is():
    found = said("the NASA launch", "a NASA launch", "that Nasa launch")
    assert named(found, keywords={"nasa": 1.0, "launch": 0.9}) == "NASA launch"


def test_without_spaces_runs_of_key_characters_are_phrases():
    found = said("我们去看珊瑚礁。", "珊瑚礁很大。", joiner="")
    assert named(found, keywords={"珊瑚": 1.0, "瑚礁": 0.9}) == "珊瑚礁"


def test_nothing_is_named_where_nothing_is_known():
    assert named(said("so it goes")) == "" == named([])


@given(
    st.lists(st.text(min_size=1, max_size=30).filter(str.strip), min_size=1, max_size=6),
    st.sampled_from([" ", ""]),
)
def test_titles_are_one_short_line_of_any_text(texts, joiner):
    found = said(*texts, joiner=joiner)
    keywords = dict.fromkeys(sentence_counts(found), 1.0)
    text = named(found, keywords=keywords)
    assert "\n" not in text and len(text.split()) <= 6
    assert text == named(found, keywords=keywords)
