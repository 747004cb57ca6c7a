from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from karaokify_daemon.domain.captions import caption_lines, earlier, visible
from karaokify_daemon.domain.text_width import characters
from karaokify_daemon.domain.timeline import Cut, Timeline
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


@st.composite
def reels(draw):
    """A timeline of clips, some of which go on with the one before, and what is said in it."""
    words, cuts, now = [], [], 0
    lengths = st.lists(
        st.tuples(st.integers(20, 900), st.integers(0, 1200)), min_size=1, max_size=9
    )
    for n in range(draw(st.integers(1, 6))):
        begin, goes_on = now, n > 0 and draw(st.booleans())
        lead, tail = (0, 0) if goes_on else (draw(st.integers(0, 350)), draw(st.integers(0, 450)))
        now += lead
        for length, pause in draw(lengths):
            words.append(Word(f"w{len(words)}", now, now + length))
            now += length + pause
        end = words[-1].end + tail
        if end - begin >= 100:
            cuts.append(Cut(start=begin, end=end, lead=lead, tail=tail, goes_on=goes_on))
        now = end + draw(st.integers(0, 60_000))
    assume(cuts)
    cuts[0] = replace(cuts[0], goes_on=False)
    return Timeline.of(cuts, draw(st.sampled_from([Fraction(25), Fraction(30_000, 1001)])), 250), (
        Transcript((Segment(tuple(words)),))
    )


@given(reels())
def test_a_caption_of_a_reel_is_of_one_clip_and_seen_while_that_is_there(made):
    timeline, transcript = made
    said = timeline.moved(transcript)
    found = caption_lines(
        said, max_chars=24, duration_ms=timeline.duration_ms, parts=timeline.parts
    )
    assert [word for caption in found for word in caption.words] == said.words
    clips = [clip for clip in timeline.clips if not clip.goes_on]
    fully = [timeline.ms(clip.at + clip.fade) for clip in clips[1:]] + [timeline.duration_ms]
    spans = list(zip([timeline.ms(clip.at) for clip in clips], fully, strict=True))
    half = round(500 / timeline.rate)
    for caption, drawn in zip(found, earlier(found, half), strict=True):
        [(begin, end)] = [
            span for span, part in zip(spans, timeline.parts, strict=True) if part == caption.part
        ]
        assert begin <= caption.start < caption.end <= end
        assert drawn.start >= begin - 1 and drawn.end <= end
        assert all(caption.start <= w.start and w.end <= caption.end for w in caption.words)
    assert all(one.end <= other.start for one, other in pairwise(found))


@given(reels())
def test_where_only_something_is_left_out_captions_go_on_as_if_nothing_were(made):
    timeline, transcript = made
    going_on = tuple(replace(clip, goes_on=i > 0) for i, clip in enumerate(timeline.clips))
    whole = replace(timeline, clips=going_on)
    [part] = whole.parts
    said = whole.moved(transcript)
    options = {"max_chars": 24, "duration_ms": whole.duration_ms}
    found = caption_lines(said, parts=whole.parts, **options)
    assert [replace(c, part=None) for c in found] == caption_lines(said, **options)
    assert part == (0, whole.duration_ms)


def test_a_sentence_alone_at_the_end_of_a_clip_is_not_a_flash():
    text = "one two three four five six seven. Yes. And that is another clip now."
    said = spoken(text, each=250, pauses=[(7, 200)])
    one, last, *_ = caption_lines(said, max_chars=16, parts=[(0, 2100), (2100, 5000)])
    assert last.texts == ["six seven. Yes."] and last.end == 2100
    assert min(c.end - c.start for c in (one, last)) >= 833
