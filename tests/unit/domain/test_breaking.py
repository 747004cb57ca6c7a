"""Rows without spaces end where they may, and nowhere else."""

from itertools import pairwise

import pytest

from karaokify_daemon.domain.breaking import breakable, may_break
from karaokify_daemon.domain.captions import caption_lines
from karaokify_daemon.domain.transcript import Segment, Transcript, Word


def said(*texts, language="ja", each_ms=200):
    words = [Word(text, i * each_ms, (i + 1) * each_ms) for i, text in enumerate(texts)]
    return Transcript((Segment(tuple(words)),), language)


@pytest.mark.parametrize("after", [*"、。」ー々っょッ", ",", ")", "ำ", "่", "า"])
def test_no_row_begins_with(after):
    assert not may_break("あ", after)


@pytest.mark.parametrize("before", [*"「『【", "(", "เ", "ไ"])
def test_no_row_ends_with(before):
    assert not may_break(before, "あ")


def test_rows_are_broken_by_the_rules_at_any_width():
    text = "今日は「カラオケ」の字幕を作ります、ゆっくりと『少しずつ』やりましょう。"
    for width in range(8, 30):
        captions = caption_lines(said(*text), max_chars=width)
        rows = [row for caption in captions for row in caption.texts]
        assert "".join(rows) == text
        for before, after in pairwise(rows):
            assert may_break(before, after), (width, before, after)


def test_a_long_word_is_divided_between_characters_and_shares_its_time():
    whole = said("今日は、いい天気ですね", each_ms=1100)
    words = breakable(whole, 4.0, lambda text: float(len(text))).words
    assert "".join(word.text for word in words) == "今日は、いい天気ですね"
    assert all(len(word.text) <= 2 for word in words)
    assert (words[0].start, words[0].end, words[-1].end) == (0, 100, 1100)
    assert [word.end for word in words[:-1]] == [word.start for word in words[1:]]


def test_a_word_in_latin_letters_is_not_divided():
    words = breakable(said("使うPython3です"), 2.0, lambda text: float(len(text))).words
    assert [word.text for word in words] == ["使", "う", "Python3", "で", "す"]


def test_what_begins_inside_of_a_character_belongs_to_the_word_before():
    words = breakable(said("น", "้ำ", "ดี", language="th"), 20.0, len).words
    assert [(word.text, word.start, word.end) for word in words] == [
        ("น้ำ", 0, 400),
        ("ดี", 400, 600),
    ]


def test_words_between_spaces_are_left_as_they_are():
    whole = said("안녕하세요안녕하세요", language="ko")
    assert breakable(whole, 2.0, len) is whole
