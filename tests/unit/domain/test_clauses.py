import pytest
from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.clauses import clauses
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.transcript import Word


def texts(text, language="en", joiner=" "):
    words = text.split() if joiner else text
    sentence = Sentence(0, tuple(Word(word, 0, 1) for word in words), joiner)
    return [clause.text for clause in clauses(sentence, language)]


def test_a_clause_ends_at_a_mark():
    said = "Wind is the worst enemy on a roof, so strap the hive down, and put it away."
    assert texts(said) == ["Wind is the worst enemy on a roof"]
    assert texts("The answer is surprising: bees can learn human faces.") == [
        "bees can learn human faces"
    ]
    assert texts("Eine Kettenlehre kostet zehn Euro, und spart viel.", "de") == [
        "Eine Kettenlehre kostet zehn Euro"
    ]


def test_what_leads_in_is_no_thing_of_a_list():
    assert texts("However, bees and wasps fly.") == ["bees and wasps fly"]
    assert texts("In the summer, bees and wasps fly.") == ["bees and wasps fly"]


@pytest.mark.parametrize(
    ("text", "language", "found"),
    [
        ("A reef needs warm, clear and shallow water.", "en", True),
        ("Bees like thyme, mint, and lavender.", "en", True),
        ("Bees like thyme, sage, mint or lavender.", "en", True),
        ("Riffe mögen warmes, klares und flaches Wasser.", "de", True),
        ("Bees like thyme, and they like sage.", "en", False),
        ("Bees like old thyme, he and I like sage.", "en", False),
        ("Bees like old thyme, sage, mint.", "en", False),
        ("Le récif veut une eau chaude, claire et calme.", "fr", True),
    ],
)
def test_a_list_is_not_divided(text, language, found):
    assert (text.rstrip(".") in texts(text, language)) is found


@pytest.mark.parametrize(
    "text",
    [
        "They hang in a tree.",  # refers back
        "If you want to save the bees.",  # leans on what follows
        "In the countryside.",
        "Yes, of course.",
        "A sugar shake needs, wh- what is it.",  # broken off
        "We saw a tree and this.",  # ends in the air
    ],
)
def test_what_does_not_stand_alone_is_no_title(text):
    assert texts(text) == []


def test_of_a_long_one_there_is_the_start_up_to_a_phrase():
    said = "Twenty thousand bees leave the hive together with the old queen and all of her drones."
    assert texts(said) == ["Twenty thousand bees leave the hive together…"]


def test_a_question_keeps_its_mark():
    assert texts("How much does a hive cost?") == ["How much does a hive cost?"]


def test_without_spaces_characters_count():
    assert texts("珊瑚礁很大，我们喜欢去看珊瑚。", "zh", "") == ["珊瑚礁很大", "我们喜欢去看珊瑚"]


@given(
    st.text(min_size=1, max_size=200).filter(str.strip),
    st.sampled_from(["en", "de", "zh", "xx"]),
    st.sampled_from([" ", ""]),
)
def test_any_text_has_short_clauses_or_none(text, language, joiner):
    assert all(len(clause) <= 50 and "\n" not in clause for clause in texts(text, language, joiner))
