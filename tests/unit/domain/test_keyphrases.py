from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.keyphrases import phrases, sentence_counts, weights_of
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.transcript import Word

KEYWORDS = {"coral": 1.0, "reefs": 0.8, "algae": 0.7, "bleaching": 0.6, "boat": 0.1}
SMALL = frozenset("the a are and we saw i like in our that of".split())


def said(*texts, joiner=" "):
    return [
        Sentence(i, tuple(Word(w, 0, 1) for w in (text.split() if joiner else text)), joiner)
        for i, text in enumerate(texts)
    ]


def named(found, keywords=KEYWORDS, small=SMALL):
    return [phrase.text for phrase in phrases(found, keywords, small)]


def test_a_phrase_is_what_is_said_again_between_small_words():
    assert named(said("The coral reefs are old.", "I like coral reefs", "a boat")) == [
        "coral reefs"
    ]
    assert named(said("The coral reefs are old.", "I like coral")) == []


def test_phrases_do_not_reach_over_marks():
    assert named(said("we saw coral, reefs", "I like coral, reefs")) == []


def test_what_ends_no_clause_may_have_a_verb_at_its_end():
    assert named(said("coral loses the algae", "our coral loses a boat.")) == []
    assert named(said("old coral in a boat", "our old coral.")) == ["old coral"]


def test_a_part_of_a_longer_stretch_is_no_phrase():
    assert named(said("coral bleaching kills reefs.", "coral bleaching starts early.")) == []


def test_a_long_word_is_one_where_it_is_often_said():
    keywords = {"varroamilbe": 1.0, "biene": 1.0}
    found = said("die Varroamilbe.", "eine Biene.", "der Varroamilbe.", "die Biene.", "die Biene.")
    assert named(found, keywords, {"die", "der", "eine"}) == []
    assert named([*found, *said("die Varroamilbe.")], keywords, {"die", "der", "eine"}) == [
        "Varroamilbe"
    ]


def test_a_part_is_told_from_the_rest_by_what_is_said_in_it_alone():
    found = said(*["coral is big"] * 6, "coral has algae", "algae are small", "coral and me")
    weights = weights_of(found[6:], KEYWORDS, sentence_counts(found))
    assert weights["algae"] > weights["coral"] > 0 and "boat" not in weights


def test_it_is_written_as_it_mostly_is():
    found = said("the NASA launch", "a NASA launch", "that Nasa launch")
    assert named(found, {"nasa": 1.0, "launch": 0.9}) == ["NASA launch"]


def test_without_spaces_runs_of_key_characters_are_phrases():
    found = said("我们去看珊瑚礁。", "珊瑚礁很大。", joiner="")
    assert named(found, {"珊瑚": 1.0, "瑚礁": 0.9})[0] == "珊瑚礁"


@given(
    st.lists(st.text(min_size=1, max_size=30).filter(str.strip), min_size=1, max_size=6),
    st.sampled_from([" ", ""]),
)
def test_phrases_are_short_and_always_in_the_same_order(texts, joiner):
    found = said(*texts, *texts, joiner=joiner)
    keywords = dict.fromkeys(sentence_counts(found), 1.0)
    assert all(len(text.split()) <= 3 for text in named(found, keywords))
    assert named(found, keywords) == named(found, dict(reversed(keywords.items())))
