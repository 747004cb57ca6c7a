from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.caption_times import LONGEST_MS, shown


@given(
    st.lists(st.tuples(st.integers(0, 3000), st.integers(20, 6000)), max_size=20),
    st.integers(0, 60_000),
    st.integers(0, 3000),
)
def test_captions_are_there_while_they_are_spoken_one_after_the_other(items, begin, rest):
    spoken, now = [], begin
    for pause, length in items:
        spoken.append((now + pause, now + pause + length))
        now += pause + length
    found = shown(spoken, begin, now + rest)
    before = begin
    for (start, end), (first, last) in zip(found, spoken, strict=True):
        assert before <= start <= first and last <= end <= now + rest
        assert end - start <= LONGEST_MS
        before = end


def test_without_an_end_the_last_one_is_held():
    assert shown([(500, 2000)]) == [(200, 2700)]
    assert shown([(500, 2000)], 400, 2100) == [(400, 2100)]
    assert shown([], 400, 2100) == []
