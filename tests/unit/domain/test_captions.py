from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.captions import caption_lines, visible
from karaokify_daemon.domain.text_width import characters
from karaokify_daemon.domain.transcript import Segment, Transcript, Word


def spoken(text, *, each=300, pauses=()):
    """Words one after the other, `each` milliseconds long; `pauses` follow words by index."""
    words, now = [], 0
    for i, word in enumerate(text.split()):
        words.append(Word(word, now, now + each))
        now += each + dict(pauses).get(i, 0)
    return Transcript((Segment(tuple(words)),))


def texts(transcript, max_chars=30, **options):
    return [c.texts for c in caption_lines(transcript, max_chars=max_chars, **options)]


def test_nothing_said_gives_no_captions():
    assert caption_lines(Transcript(()), max_chars=30) == []


def test_captions_end_with_sentences():
    found = texts(spoken("The moon is bright and high over us. A warm wind sings to the old sea."))
    assert [rows[-1].split()[-1] for rows in found] == ["us.", "sea."]


def test_rows_break_before_a_phrase_and_never_after_an_article():
    found = texts(spoken("A little fox runs slowly from the old garden to the river"), 34)
    rows = [row for caption in found for row in caption]
    assert len(rows) > 1
    assert not any(row.split()[-1] in {"the", "from", "to", "a", "old"} for row in rows)


def test_a_long_pause_ends_a_caption():
    assert len(texts(spoken("one two three four", pauses=[(1, 2000)]))) == 2


def test_a_word_too_long_for_a_row_stands_alone_and_is_shrunk():
    found = caption_lines(spoken("a " + "W" * 60 + " b"), max_chars=20)
    (row,) = [row for c in found for row in c.rows if row.words[0].text.startswith("W")]
    assert len(row.words) == 1 and row.scale < 1
    assert characters(row.words[0].text) * row.scale <= 20.5


def test_captions_are_held_through_short_pauses_and_end_with_the_recording():
    said = spoken("One two three four five. Six seven eight nine ten.", pauses=[(4, 400)])
    first, second = caption_lines(said, max_chars=18, duration_ms=3500)
    assert first.end == second.start
    assert second.end == 3500


@given(
    st.lists(st.tuples(st.text("ab.,W", min_size=1, max_size=12), st.integers(20, 900),
                       st.integers(0, 1500)), max_size=40),
    st.integers(6, 42),
)  # fmt: skip
def test_every_word_is_shown_once_in_order_while_it_is_spoken(items, max_chars):
    words, now = [], 0
    for text, length, pause in items:
        words.append(Word(text, now, now + length))
        now += length + pause
    found = caption_lines(Transcript((Segment(tuple(words)),)), max_chars=max_chars)
    assert [word for caption in found for word in caption.words] == words
    before = 0
    for caption in found:
        assert before <= caption.start <= caption.words[0].start
        assert caption.words[-1].end <= caption.end
        assert 1 <= len(caption.rows) <= 2
        for row in caption.rows:
            assert characters(" ".join(w.text for w in row.words)) * row.scale <= max_chars + 0.5
        before = caption.end


def test_a_word_that_is_too_long_stands_alone_so_that_no_other_is_as_small():
    words = "Donaudampfschifffahrtsgesellschaftskapitän ist sehr lang".split()
    said = tuple(Word(word, 300 * i, 300 * i + 280) for i, word in enumerate(words))
    (caption,) = caption_lines(Transcript((Segment(said),)), max_chars=24)
    assert caption.texts == [words[0], "ist sehr lang"]


def test_words_of_which_nothing_is_seen_leave_no_gap():
    said = tuple(Word(word, 300 * i, 300 * i + 280) for i, word in enumerate("a ~ b ~".split()))
    found = caption_lines(Transcript((Segment(said),)), max_chars=24)
    (seen,) = visible(found, lambda text: float(text != "~"))
    assert seen.texts == ["a b"] and (seen.start, seen.end) == (found[0].start, found[0].end)
    assert visible(found, lambda _: 0.0) == []
