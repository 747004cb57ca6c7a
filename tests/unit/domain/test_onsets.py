from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.onsets import after_pauses
from karaokify_daemon.domain.transcript import Segment, Transcript, Word

LOUD, SILENT = -20.0, -75.0


def transcript(*words: tuple[int, int]) -> Transcript:
    return Transcript((Segment(tuple(Word(f"w{i}", a, b) for i, (a, b) in enumerate(words))),))


def times(found: Transcript) -> list[tuple[int, int]]:
    return [(word.start, word.end) for word in found.words]


def levels(*runs: tuple[float, int]) -> list[float]:
    """Levels per 10 ms, from (level, ms)."""
    return [level for level, ms in runs for _ in range(ms // 10)]


def test_a_word_starts_after_the_pause_in_it_and_the_one_before_ends_where_it_begins():
    sound = levels((LOUD, 500), (SILENT, 150), (LOUD, 350))
    assert times(after_pauses(transcript((0, 400), (400, 1000)), sound, 10)) == [
        (0, 500),
        (650, 1000),
    ]


def test_a_word_that_starts_in_a_pause_starts_after_it():
    sound = levels((LOUD, 300), (SILENT, 300), (LOUD, 400))
    assert times(after_pauses(transcript((0, 300), (300, 1000)), sound, 10)) == [
        (0, 300),
        (600, 1000),
    ]


def test_the_last_of_several_pauses_counts():
    sound = levels((LOUD, 200), (SILENT, 200), (LOUD, 200), (SILENT, 200), (LOUD, 200))
    assert times(after_pauses(transcript((0, 1000)), sound, 10)) == [(800, 1000)]


def test_the_silence_of_a_consonant_is_no_pause():
    sound = levels((LOUD, 200), (SILENT, 90), (LOUD, 300))
    before = transcript((0, 590))
    assert after_pauses(before, sound, 10) == before


def test_a_pause_at_the_end_moves_nothing():
    sound = levels((LOUD, 400), (SILENT, 300), (LOUD, 30), (SILENT, 100))
    before = transcript((0, 730))
    assert after_pauses(before, sound, 10) == before


def test_a_gap_between_two_words_stays():
    sound = levels((LOUD, 300), (SILENT, 200), (LOUD, 500))
    assert times(after_pauses(transcript((0, 200), (310, 1000)), sound, 10)) == [
        (0, 200),
        (500, 1000),
    ]


def test_music_without_a_pause_moves_nothing():
    before = transcript((0, 400), (400, 1000))
    assert after_pauses(before, levels((LOUD, 400), (LOUD - 15, 200), (LOUD, 400)), 10) == before


def test_silence_and_no_sound_at_all_move_nothing():
    before = transcript((0, 400))
    assert after_pauses(before, levels((-100.0, 400)), 10) == before
    assert after_pauses(before, [], 10) == before


@given(
    st.lists(st.integers(20, 900), min_size=1, max_size=8),
    st.lists(st.tuples(st.sampled_from([LOUD, SILENT, -100.0]), st.integers(10, 600)), max_size=12),
)
def test_words_stay_in_order_and_keep_a_length(lengths, runs):
    edges = [sum(lengths[:i]) for i in range(len(lengths) + 1)]
    before = transcript(*pairwise(edges))
    found = times(after_pauses(before, levels(*runs), 10))
    assert all(start + 20 <= end for start, end in found)
    assert all(a[1] <= b[0] for a, b in pairwise(found))
    assert found[0][0] >= 0
    assert found[-1][1] == edges[-1]
