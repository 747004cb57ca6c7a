"""Words stand in the order that the Unicode Bidirectional Algorithm gives them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.bidi import visual


def numbers(text, *, rtl):
    return [i for i, _ in visual(text.split(), rtl=rtl)]


@pytest.mark.parametrize(
    ("text", "rtl", "order"),
    [
        ("one two three", False, [0, 1, 2]),
        ("אבג דהו זחט", True, [2, 1, 0]),
        ("one אבג דהו two", False, [0, 2, 1, 3]),
        ("אבג one two דהו", True, [3, 1, 2, 0]),
        ("אבג 10 20 דהו", True, [3, 2, 1, 0]),  # each number is a number of its own
        ("אבג Pro 15 דהו", True, [3, 1, 2, 0]),  # a number behind letters is theirs (W7)
        ("one אבג 15 two", False, [0, 2, 1, 3]),
        ("אבג — דהו", True, [2, 1, 0]),
        ("one — אבג", False, [0, 1, 2]),
        ("3 אבג", False, [0, 1]),
    ],
)
def test_words_stand_where_they_are_read(text, rtl, order):
    assert numbers(text, rtl=rtl) == order


def test_words_say_whether_they_read_to_the_left():
    assert visual(["אבג", "(", "Mac"], rtl=True) == [(2, False), (1, True), (0, True)]
    assert visual(["say", "אבג", "15"], rtl=False) == [(0, False), (2, False), (1, True)]


@given(st.lists(st.text(min_size=1)), st.booleans())
def test_every_word_stands_somewhere(words, rtl):
    assert sorted(i for i, _ in visual(words, rtl=rtl)) == list(range(len(words)))
