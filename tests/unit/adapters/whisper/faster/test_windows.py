import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.adapters.whisper.audio import SAMPLE_RATE
from karaokify_daemon.adapters.whisper.faster.windows import LONGEST_S, windows


def noise(seconds, pauses=()):
    audio = np.random.default_rng(1).uniform(-1, 1, round(seconds * SAMPLE_RATE))
    for begin, end in pauses:
        audio[int(begin * SAMPLE_RATE) : int(end * SAMPLE_RATE)] *= 0.01
    return audio.astype(np.float32)


def test_what_fits_is_one_window():
    assert windows(noise(20)) == [(0.0, 20.0)]


def test_cuts_lie_within_pauses():
    pauses = [(17.0, 17.4), (40.0, 40.4), (61.0, 61.4), (80.0, 80.4)]
    found = windows(noise(100, pauses))
    cuts = [end for _, end in found[:-1]]
    assert len(cuts) == 4
    assert all(begin <= cut <= end for cut, (begin, end) in zip(cuts, pauses, strict=True))


def test_a_long_pause_is_preferred_to_a_short_one():
    (_, cut), _ = windows(noise(40, [(20.0, 20.06), (25.0, 25.5)]))
    assert 25.0 <= cut <= 25.5


@given(seconds=st.floats(0.1, 200))
def test_windows_follow_each_other_from_begin_to_end(seconds):
    audio = noise(1).repeat(int(seconds) + 1)[: int(seconds * SAMPLE_RATE)]
    found = windows(audio)
    assert found[0][0] == 0
    assert found[-1][1] == pytest.approx(len(audio) / SAMPLE_RATE)
    assert [end for _, end in found[:-1]] == [begin for begin, _ in found[1:]]
    assert all(0 < end - begin <= LONGEST_S for begin, end in found)
