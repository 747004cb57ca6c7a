from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.chunks import (
    from_cut,
    gap_of_last,
    led_in,
    quiet_below,
    silence_within,
    spoken,
    with_voices,
)
from karaokify_daemon.domain.transcript import Segment, Transcript, Word

LOUD, SILENT, FRAME_MS = -20.0, -75.0, 10


def levels(*runs):
    """Levels per 10 ms, from (level, ms)."""
    return [level for level, ms in runs for _ in range(ms // FRAME_MS)]


def test_silence_is_thirty_decibels_below_speech_and_nowhere_where_nothing_sounds():
    assert quiet_below(levels((LOUD, 1000), (SILENT, 500))) == LOUD - 30
    assert quiet_below([-100.0] * 50) is None
    assert quiet_below([]) is None


def test_the_level_of_speech_in_a_long_recording_is_that_of_a_part_of_its_frames():
    assert quiet_below([LOUD, SILENT] * 500_000) == LOUD - 30


def test_the_longest_silence_is_cut_in_its_middle_and_of_equal_ones_the_last():
    sound = levels((LOUD, 1000), (SILENT, 400), (LOUD, 1000), (SILENT, 800), (LOUD, 1000))
    assert silence_within(sound, FRAME_MS, 0, 4200, -50) == 2800
    same = levels((LOUD, 1000), (SILENT, 400), (LOUD, 1000), (SILENT, 400), (LOUD, 100))
    assert silence_within(same, FRAME_MS, 0, 2900, -50) == 2600


def test_what_is_as_short_as_the_silence_inside_a_word_is_not_cut():
    sound = levels((LOUD, 1000), (SILENT, 290), (LOUD, 1000))
    assert silence_within(sound, FRAME_MS, 0, 2290, -50) is None


def test_silences_outside_of_the_stretch_do_not_count():
    sound = levels((SILENT, 1000), (LOUD, 1000), (SILENT, 1000))
    assert silence_within(sound, FRAME_MS, 1000, 2000, -50) is None
    assert silence_within(sound, FRAME_MS, 1000, 2400, -50) == 2200


@given(
    st.lists(st.tuples(st.sampled_from([LOUD, SILENT]), st.integers(1, 90)), max_size=30),
    st.integers(0, 1000),
    st.integers(0, 3000),
)
def test_a_cut_is_silent_all_around(runs, begin, length):
    sound = levels(*((level, 10 * n) for level, n in runs))
    cut = silence_within(sound, FRAME_MS, begin * 10, (begin + length) * 10, -50)
    if cut is not None:
        assert begin * 10 <= cut <= (begin + length) * 10
        assert set(sound[cut // 10 - 14 : cut // 10 + 14]) == {SILENT}


def gap(words, begin, end, sound=()):
    return gap_of_last(words, begin, end, sound, FRAME_MS)


def test_without_a_silence_a_chunk_ends_in_the_longest_gap_near_its_end():
    words = [(0, 5000), (70_000, 80_000), (80_200, 85_000), (85_400, 99_900)]
    assert gap(words, 0, 100_000) == 85_200


def test_words_before_the_last_half_minute_are_left_alone():
    words = [(0, 1000), (40_000, 71_000), (71_010, 90_000), (90_150, 99_000)]
    assert gap(words, 0, 100_000) == 90_075


def test_the_last_words_of_a_chunk_are_heard_again_and_so_is_music_of_two_seconds():
    assert gap([(0, 97_900), (97_900, 98_900), (99_900, 100_000)], 0, 100_000) == 97_900
    assert gap([(0, 299_000), (299_000, 299_400), (299_400, 299_900)], 0, 300_000) == 299_000
    assert gap([(60_000, 97_000)], 0, 100_000) == 97_500
    assert gap([], 0, 100_000) == 84_000
    assert gap([(0, 100_000)], 0, 100_000) == 100_000


def test_of_gaps_that_are_alike_the_quietest_is_cut():
    words = [(0, 80_000), (80_000, 85_000), (85_050, 90_000), (90_000, 99_900)]
    sound = levels((LOUD, 79_950), (SILENT, 100), (LOUD, 19_950))
    assert gap(words, 0, 100_000, sound) == 80_000
    longer = [*words[:2], (85_150, 90_000), words[3]]
    assert gap(longer, 0, 100_000, sound) == 85_075


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 3000)), max_size=60),
    st.integers(10, 600),
    st.lists(st.floats(-90, 0), max_size=60),
)
def test_a_gap_cuts_no_word_and_leaves_something_behind(gaps, seconds, sound):
    words, now = [], 0
    for before, length in gaps:
        words.append((now + before, now + before + length))
        now += before + length
    end = seconds * 1000
    heard = [(start, min(stop, end)) for start, stop in words if start < end]
    cut = gap(heard, 0, end, sound)
    assert end / 2 <= cut <= end
    assert all(stop <= cut or start >= cut for start, stop in heard)
    assert 0 < led_in(sound, FRAME_MS, cut) < cut  # so that there is an end of it


def test_what_follows_a_cut_is_heard_from_the_quietest_moment_before_it():
    sound = levels((LOUD, 8700), (SILENT, 100), (LOUD, 5000))
    assert led_in(sound, FRAME_MS, 10_000) == 8750
    assert led_in([], FRAME_MS, 10_000) == 9000


def spoken_words(*words):
    return Transcript((Segment(tuple(Word(*word) for word in words)),), "en")


def test_words_heard_twice_are_kept_once_though_their_times_differ():
    heard = spoken_words(("a", 9000, 9500), ("The", 9500, 10_120), ("fox", 10_120, 10_500))
    assert [w.text for w in from_cut(heard, 10_000, None).words] == ["fox"]
    late = spoken_words(("the", 9800, 10_250), ("fox", 10_250, 10_500))
    last = Word("The,", 9600, 10_000)
    assert [w.text for w in from_cut(late, 10_000, last).words] == ["fox"]
    early = spoken_words(("the", 9400, 9700), ("fox", 9700, 10_100), ("ran", 10_100, 10_400))
    assert [w.text for w in from_cut(early, 10_000, last).words] == ["fox", "ran"]


def test_a_word_said_twice_is_kept_twice():
    heard = spoken_words(("the", 9600, 9980), ("the", 10_020, 10_300), ("fox", 10_300, 10_500))
    last = Word("the", 9600, 10_000)
    assert [w.text for w in from_cut(heard, 10_000, last).words] == ["the", "fox"]


def test_segments_that_were_heard_before_the_cut_are_left_out():
    heard = Transcript(
        (*spoken_words(("a", 0, 900)).segments, *spoken_words(("b", 1000, 1900)).segments), "en"
    )
    found = from_cut(heard, 950, None)
    assert [[word.text for word in segment.words] for segment in found.segments] == [["b"]]


def test_a_voice_begins_at_one_half_and_goes_on_at_less_over_short_pauses():
    quiet, voice, unsure = [0.1] * 100, [0.9] * 30, [0.4] * 20
    assert spoken([*quiet, *unsure, *voice, *unsure, *quiet], 10) == [(1200, 1700)]
    assert spoken([*voice, *quiet[:90], *voice, *quiet], 10) == [(0, 1500)]
    assert spoken([*voice, *quiet, *voice], 10) == [(0, 300), (1300, 1600)]
    assert spoken([0.9] * 20, 10) == []  # a click


def test_what_is_skipped_is_longer_than_the_window_that_a_stretch_costs():
    assert with_voices([(1000, 2000), (11_500, 12_000), (43_000, 44_000)], 50_000) == [
        (500, 12_500),
        (42_500, 44_500),
    ]
    assert with_voices([], 5000) == []
