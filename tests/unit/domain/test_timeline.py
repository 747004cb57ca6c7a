from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.timeline import Cut, Timeline
from karaokify_daemon.domain.transcript import Segment, Transcript, Word

RATES = [Fraction(24), Fraction(25), Fraction(30), Fraction(30_000, 1001), Fraction(60)]


@st.composite
def recordings(draw):
    """A recording's words, one a segment, with times in milliseconds."""
    words, now = [], 0
    lengths = st.tuples(st.integers(0, 900), st.integers(20, 900))
    for i, (pause, length) in enumerate(draw(st.lists(lengths, min_size=1, max_size=40))):
        words.append(Word(f"w{i}", now + pause, now + pause + length))
        now += pause + length
    return Transcript(tuple(Segment((word,)) for word in words))


@st.composite
def timelines(draw):
    """Cuts of a recording, in order, that do not overlap, and the timeline of them."""
    cuts, now = [], 0
    parts = st.tuples(st.integers(0, 5000), st.integers(100, 9000))
    for gap, length in draw(st.lists(parts, min_size=1, max_size=8)):
        lead = draw(st.integers(0, min(400, length // 2)))
        cuts.append(Cut(start=now + gap, end=now + gap + length, lead=lead, tail=lead))
        now += gap + length
    rate, fade = draw(st.sampled_from(RATES)), draw(st.sampled_from([0, 40, 250, 1000]))
    return cuts, Timeline.of(cuts, rate, fade)


@given(recordings(), timelines())
def test_words_stay_in_order_and_inside_and_are_never_longer(transcript, made):
    _, timeline = made
    lengths = {word.text: word.end - word.start for word in transcript.words}
    words = timeline.moved(transcript).words
    now = 0
    for word in words:
        assert now <= word.start < word.end <= timeline.duration_ms
        assert word.end - word.start <= lengths[word.text]
        now = word.end
    numbers = [int(word.text[1:]) for word in words]
    assert numbers == sorted(numbers)


@given(recordings(), timelines())
def test_a_word_that_nothing_hides_is_there_unchanged_at_its_place(transcript, made):
    _, timeline = made
    found = {(word.text, word.start, word.end) for word in timeline.moved(transcript).words}
    for n, clip in enumerate(timeline.clips):
        following = timeline.clips[n + 1 :][:1]
        begin = clip.start + timeline.ms(clip.fade)
        end = timeline.source_end(clip) - sum(timeline.ms(c.fade) + 2 for c in following)
        moved = timeline.ms(clip.at) - clip.start
        for word in transcript.words:
            if begin <= word.start and word.end <= end:
                assert (word.text, word.start + moved, word.end + moved) in found


@given(timelines(), st.sampled_from([44_100, 48_000]))
def test_durations_add_up_to_the_frame_and_to_the_sample(made, sample_rate):
    cuts, timeline = made
    clips = timeline.clips
    assert timeline.frames == sum(clip.frames for clip in clips) - sum(clip.fade for clip in clips)
    pieces = [
        timeline.samples(clip.until, sample_rate) - timeline.samples(clip.at, sample_rate)
        for clip in clips
    ]
    shared = [
        timeline.samples(clip.at + clip.fade, sample_rate) - timeline.samples(clip.at, sample_rate)
        for clip in clips
    ]
    assert sum(pieces) - sum(shared) == timeline.samples(timeline.frames, sample_rate)
    for cut, clip in zip(cuts, clips, strict=True):
        assert abs(clip.frames - (cut.end - cut.start) * timeline.rate / 1000) <= Fraction(1, 2)


@given(timelines())
def test_clips_of_a_crossfade_are_two_and_words_have_room(made):
    cuts, timeline = made
    for n, clip in enumerate(timeline.clips[1:], 1):
        assert clip.at == timeline.clips[n - 1].until - clip.fade
        assert n < 2 or clip.at >= timeline.clips[n - 2].until, "never three at once"
        if clip.fade > 1:
            assert timeline.ms(clip.fade) <= min(cuts[n].lead, cuts[n - 1].tail) + 1


@given(recordings(), st.sampled_from(RATES))
def test_a_recording_that_is_not_cut_is_what_it_was(transcript, rate):
    whole = Timeline.of([Cut(start=0, end=transcript.words[-1].end + 1000)], rate)
    assert whole.moved(transcript) == transcript


def test_a_hidden_word_is_clipped_or_dropped():
    words = [Word("kept", 0, 800), Word("clipped", 800, 980), Word("dropped", 980, 1000)]
    words += [Word("gone", 5000, 5020), Word("there", 5100, 5500)]
    transcript = Transcript((Segment(tuple(words)),))
    parts = [Cut(start=0, end=1000, tail=100), Cut(start=5000, end=6000, lead=100)]
    found = Timeline.of(parts, Fraction(30), 100).moved(transcript).words
    assert [(word.text, word.start, word.end) for word in found] == [
        ("kept", 0, 800),
        ("clipped", 800, 950),
        ("there", 1000, 1400),
    ]


@pytest.mark.parametrize("cuts", [[], [Cut(start=0, end=40)]])
def test_nothing_is_no_video(cuts):
    with pytest.raises(ValueError, match="cut"):
        Timeline.of(cuts, Fraction(30))


def test_parts_meet_in_the_middle_of_their_crossfade_and_hard_cuts_are_no_parts():
    cuts = [
        Cut(start=0, end=2000, tail=200),
        Cut(start=5000, end=6000, lead=200),
        Cut(start=6400, end=8000, goes_on=True),
        Cut(start=9000, end=9900),
    ]
    timeline = Timeline.of(cuts, Fraction(50), 200)
    assert [clip.fade for clip in timeline.clips] == [0, 10, 1, 1]
    assert timeline.parts == [(0, 1900), (1900, 4370), (4370, timeline.duration_ms)]
