from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.chunks import (
    gap_of_last,
    quiet_below,
    silence_within,
    spoken,
    with_voices,
)

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


def test_without_a_silence_a_chunk_ends_in_the_longest_gap_of_its_last_words():
    words = [(0, 5000), (70_000, 80_000), (80_200, 85_000), (85_400, 99_900)]
    assert gap_of_last(words, 0, 100_000) == 85_200


def test_words_before_the_last_half_minute_are_left_alone():
    words = [(0, 1000), (40_000, 50_000), (80_000, 90_000), (90_100, 99_000)]
    assert gap_of_last(words, 0, 100_000) == 90_050


def test_a_lone_last_word_is_heard_again_and_music_is_not():
    assert gap_of_last([(90_000, 99_000)], 0, 100_000) == 90_000
    assert gap_of_last([(10_000, 20_000)], 0, 100_000) == 100_000
    assert gap_of_last([], 0, 100_000) == 100_000


@given(
    st.lists(st.tuples(st.integers(0, 300), st.integers(0, 3000)), max_size=60),
    st.integers(10, 600),
)
def test_a_gap_cuts_no_word_and_leaves_something_behind(gaps, seconds):
    words, now = [], 0
    for gap, length in gaps:
        words.append((now + gap, now + gap + length))
        now += gap + length
    end = seconds * 1000
    heard = [(start, min(stop, end)) for start, stop in words if start < end]
    cut = gap_of_last(heard, 0, end)
    assert 0 < cut <= end
    assert all(stop <= cut or start >= cut for start, stop in heard)


def test_a_voice_begins_at_one_half_and_goes_on_at_less_over_short_pauses():
    quiet, voice, unsure = [0.1] * 100, [0.9] * 30, [0.4] * 20
    assert spoken([*quiet, *unsure, *voice, *unsure, *quiet], 10) == [(1200, 1700)]
    assert spoken([*voice, *quiet[:90], *voice, *quiet], 10) == [(0, 1500)]
    assert spoken([*voice, *quiet, *voice], 10) == [(0, 300), (1300, 1600)]
    assert spoken([0.9] * 20, 10) == []  # a click


def test_what_is_skipped_is_longer_than_ten_seconds():
    assert with_voices([(1000, 2000), (11_500, 12_000), (30_000, 31_000)], 40_000) == [
        (500, 12_500),
        (29_500, 31_500),
    ]
    assert with_voices([], 5000) == []
