import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.ranking import worths
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.transcript import Word

KEYWORDS = {"model": 1.0, "memory": 0.8, "tokens": 0.6}
FILLER = "well that is what we do on every other day of this week".split()


def talk(*texts):
    """Return sentences of words of 300 ms."""
    found, now = [], 0
    for i, text in enumerate(texts):
        words = [Word(w, now + 300 * n, now + 300 * n + 280) for n, w in enumerate(text.split())]
        found.append(Sentence(i, tuple(words)))
        now = words[-1].end + 400
    return found


def filler(count, seed=1):
    r = random.Random(seed)
    return [" ".join(r.sample(FILLER, 8)) + "." for _ in range(count)]


def rank(found, levels=None, keywords=KEYWORDS):
    worth = worths(found, keywords, levels or [None] * len(found), "en")
    return sorted(range(len(found)), key=lambda i: -worth[i])


def test_what_it_is_about_is_worth_most():
    found = talk(*filler(20), "the model keeps its tokens in the memory it has.", *filler(20, 2))
    assert rank(found)[0] == 20


def test_what_is_said_louder_or_asked_is_worth_more():
    found = talk(*filler(12), "this is what we do on every week day?", *filler(12, 2))
    assert rank(found)[0] == 12
    levels = [-20.0] * 25
    levels[5] = -8.0
    assert rank(found, levels).index(5) < rank(found).index(5)


def test_what_is_hardly_louder_is_worth_no_more():
    found = talk(*filler(25))
    levels = [-20.0 + i % 3 for i in range(25)]
    coded = [level + (0.3 if i % 2 else -0.2) for i, level in enumerate(levels)]
    assert worths(found, KEYWORDS, levels, "en") == worths(found, KEYWORDS, coded, "en")


def test_the_answer_to_a_question_is_worth_more():
    plain, asked = "we do it on every other day.", "we do it on every other day?"
    found = talk(*filler(12), plain, *filler(12, 2))
    after = talk(*filler(12), asked, *filler(12, 2))
    levels = [None] * 25
    assert worths(after, KEYWORDS, levels, "en")[13] > worths(found, KEYWORDS, levels, "en")[13]


def test_what_was_said_before_is_worth_less():
    said = "the model keeps all tokens in memory."
    found = talk(*filler(10), said, *filler(10, 2), said, *filler(10, 3))
    worth = worths(found, KEYWORDS, [None] * len(found), "en")
    assert min(worth[10], worth[21]) < 0.5 * max(worth[10], worth[21])


def test_each_part_of_a_recording_has_its_best():
    texts = [f"the model has its memory and {i} more." for i in range(40)] + filler(120)
    found = talk(*texts)
    assert any(i > 100 for i in rank(found)[:40]), "not the opening alone"


def test_nothing_is_worth_nothing():
    assert worths([], {}, [], "en") == []


@given(st.integers(1, 60), st.integers(0, 99))
def test_worths_are_shares_and_always_the_same(count, seed):
    found = talk(*filler(count, seed))
    worth = worths(found, KEYWORDS, [None] * count, "en")
    assert all(0 <= value <= 1 for value in worth)
    assert worth == worths(found, dict(reversed(KEYWORDS.items())), [None] * count, "en")


@pytest.mark.parametrize("size", [1, 3, 12])
def test_hours_that_say_nearly_the_same_are_ranked_and_it_may_be_stopped(size):
    r = random.Random(1)
    vocabulary = [f"word{i}" for i in range(4 * size)]
    found = talk(*(" ".join(r.sample(vocabulary, size)) for _ in range(3000)))
    asked = []
    worth = worths(
        found, dict.fromkeys(vocabulary, 1.0), [None] * 3000, "en", lambda: asked.append(1)
    )
    assert len(worth) == 3000 and len(asked) >= 20

    def stop():
        raise InterruptedError

    with pytest.raises(InterruptedError):
        worths(found, {}, [None] * 3000, "en", stop)
