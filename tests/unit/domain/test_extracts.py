from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.extracts import points, summary, telling, told
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.transcript import Word

KEYWORDS = {f"key{i}": 1.0 for i in range(20)}


def said(*texts, joiner=" "):
    return [
        Sentence(i, tuple(Word(w, 1000 * i, 1000 * i + 500) for w in text.split()), joiner)
        for i, text in enumerate(texts)
    ]


def talk(count):
    return said(*(f"here we talk of key{i} today." for i in range(count)))


def test_a_summary_is_the_best_sentences_in_order():
    found = talk(10)
    worth = [0.1] * 10
    worth[7], worth[2], worth[5] = 0.9, 0.8, 0.7
    assert summary(found, worth, KEYWORDS) == (
        "Here we talk of key2 today. Here we talk of key5 today. Here we talk of key7 today."
    )


def test_a_summary_is_short_whatever_is_said():
    long = [" ".join([f"key{i}"] + ["word"] * 90) for i in range(6)]
    text = summary(said(*long), [1.0] * 6, KEYWORDS)
    assert 250 < len(text) <= 600 and "…" in text


def test_a_question_tells_nothing_and_what_refers_back_less():
    found = said("Who goes?", "They go home.", "He asks whether they go.", "People go home.")
    assert telling(found, [1.0] * 4, "en") == [0.0, 0.5, 0.0, 1.0]
    assert telling(found[:1], [0.7], "en") == [0.7]


def test_points_say_different_things_in_order_and_there_are_three_to_seven():
    found = talk(20)
    worth = [i / 20 for i in range(20)]
    assert [p.sentence for p in points(found, worth, KEYWORDS, 60_000)] == [17, 18, 19]
    assert len(points(found, worth, KEYWORDS, 3_600_000)) == 7
    alike = said(*["here we talk of key1 and key2."] * 5, "and here of key9 at last.")
    assert [p.sentence for p in points(alike, [0.5] * 6, KEYWORDS, 600_000)] == [0, 5]


def test_a_call_is_no_point_where_there_are_sentences():
    found = said("key1!", "what we say of key2 is long.", "Yes.")
    assert [p.sentence for p in points(found, [1.0, 0.1, 0.9], KEYWORDS, 60_000)] == [1]
    assert [p.sentence for p in points(found[:1], [1.0], KEYWORDS, 60_000)] == [0]


def test_sentences_without_marks_get_them():
    assert told(said("so we go,")[0]) == "So we go."
    assert told(said("Who goes?")[0]) == "Who goes?"
    assert told(said("珊瑚礁", joiner="")[0]) == "珊瑚礁。"
    assert told(said("one two three four five")[0], 15) == "One two three…"


@given(
    st.lists(st.text(min_size=1, max_size=700).filter(str.strip), max_size=8),
    st.sampled_from([" ", ""]),
)
def test_any_text_has_a_summary_and_points(texts, joiner):
    found = said(*texts, joiner=joiner)
    assert len(summary(found, [0.5] * len(found), {})) <= 600
    assert len(points(found, [0.5] * len(found), {}, 10_000)) <= 3
