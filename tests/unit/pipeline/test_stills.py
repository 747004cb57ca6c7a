from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.pipeline.stills import best, times_of
from tests.support.captions import captions


@given(
    st.lists(st.integers(100, 4000), max_size=40),
    st.integers(1, 100_000),
    st.integers(0, 100_000),
)
def test_stills_are_in_order_and_none_is_behind_the_last_frame(gaps, duration_ms, last_ms):
    words, now = [], 0
    for gap in gaps:
        words.append(("word", now + gap, now + gap + 80))
        now += gap + 80
    times = times_of(captions(*words), duration_ms, min(last_ms, duration_ms))
    assert times == sorted(times)
    assert all(0 <= ms <= min(last_ms, duration_ms) for ms in times)


def test_stills_are_taken_all_over_the_video_and_while_something_is_said():
    said = [(f"word{i}.", i * 2000 + 300, i * 2000 + 900) for i in range(30)]
    times = times_of(captions(*said), 60_000, 59_960)
    assert len(times) == 12
    assert all(ms % 2000 == 600 for ms in times), "in the middle of a word"
    assert [ms // 5000 for ms in times] == list(range(12)), "one in each twelfth"


def test_a_short_video_has_few_stills():
    assert times_of([], 1000, 960) == [500]
    assert len(times_of([], 9000, 8960)) == 6


def test_the_poster_is_the_earliest_of_the_best(tmp_path):
    sizes = {"black": 900, "good": 9800, "best": 10_000, "same": 10_000}
    pictures = [tmp_path / name for name in sizes]
    for picture, size in zip(pictures, sizes.values(), strict=True):
        picture.write_bytes(b"x" * size)
    assert best(pictures).name == "good"
