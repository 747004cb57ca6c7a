import pytest

from karaokify_daemon.domain.ass.look import active, base, fades, place
from karaokify_daemon.domain.transcript import Word
from tests.support.captions import captions, look


def two_rows():
    words = [(word, 300 * i, 300 * i + 300) for i, word in enumerate("one two three four".split())]
    (caption,) = captions(*words, max_chars=12)
    return caption


@pytest.mark.parametrize("anchor", ["bottom", "middle", "top"])
def test_rows_stand_one_below_the_other_at_their_anchor(anchor):
    wanted = look(anchor=anchor)
    upper, lower = place(two_rows(), wanted)
    assert lower.y - upper.y == pytest.approx(wanted.pitch) and upper.x == lower.x == 960
    middle = (upper.y + lower.y) / 2
    match anchor:
        case "bottom":
            assert lower.y + wanted.pitch / 2 == pytest.approx(1080 - 200)
        case "middle":
            assert middle == pytest.approx(540)
        case "top":
            assert upper.y - wanted.pitch / 2 == pytest.approx(216)


def test_words_lie_side_by_side_inside_their_row():
    row = place(two_rows(), look())[0]
    (first, width), (second, other) = row.spans()
    assert first - width / 2 == pytest.approx(row.left)
    assert second + other / 2 == pytest.approx(row.left + row.width)
    assert first + width / 2 < second - other / 2
    assert row.left + row.width / 2 == pytest.approx(960)


def test_rows_at_the_left_begin_there():
    row = place(two_rows(), look(align="left"))[0]
    assert row.left == row.x < 200 and row.tags.startswith("\\an4")


def test_capitals_are_as_wide_as_they_are_shown():
    (small,) = place(captions(("hello", 0, 500))[0], look())
    (large,) = place(captions(("hello", 0, 500))[0], look(uppercase=True))
    assert large.texts == ["HELLO"] and large.width > small.width


def test_a_word_far_too_long_is_shrunk_and_cut():
    (row,) = place(captions(("W" * 300, 0, 500))[0], look())
    assert row.scale == 0.3 and row.texts[0].endswith("W…")
    assert row.width < 1920


def test_a_word_stays_active_through_a_short_pause():
    words = [Word("a", 0, 100), Word("b", 400, 500), Word("c", 2000, 2300)]
    assert active(words) == [(0, 400), (400, 500), (2000, 2300)]


def test_tags_count_from_the_start_that_is_written():
    (caption,) = captions(("a", 1004, 1300))
    assert base(caption) % 10 == 0 and abs(base(caption) - caption.start) <= 5


def test_a_caption_fades_in_unless_another_stood_there():
    words = [("one.", 1000, 1300), ("two.", 2000, 2400), ("three.", 9000, 9300)]
    said = captions(*words, max_chars=6, max_rows=1)
    assert said[0].end == said[1].start
    assert [bool(tag) for tag in fades(said)] == [True, False, True]


def test_a_title_is_larger_in_an_upright_picture_and_the_same_in_a_wide_one():
    wide, square, upright, narrow = (
        look(width=width, height=height).title_size
        for width, height in ((1920, 1080), (1080, 1080), (1080, 1350), (1080, 4000))
    )
    assert wide == square == pytest.approx(0.0432 * 1080)
    assert square < upright < narrow <= 1.33 * square
