from fractions import Fraction

import numpy as np

from karaokify_daemon.domain.timeline import Cut, Timeline
from karaokify_daemon.pipeline.waves import spliced

RATE = 16_000


def test_a_clip_of_several_blocks_is_as_it_was_and_silent_behind_the_end(tmp_path):
    seconds = 150
    said = np.random.default_rng(1).integers(-(2**15), 2**15, seconds * RATE).astype("<i2")
    said.tofile(tmp_path / "whole.pcm")
    timeline = Timeline.of([Cut(start=1000, end=seconds * 1000 + 500)], Fraction(30))
    spliced(tmp_path / "whole.pcm", tmp_path / "reel.pcm", timeline)
    made = np.fromfile(tmp_path / "reel.pcm", "<i2")
    assert np.array_equal(made, np.concatenate([said[RATE:], np.zeros(RATE // 2, "<i2")]))
