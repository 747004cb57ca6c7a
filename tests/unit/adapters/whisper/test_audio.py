import numpy as np
import pytest

from karaokify_daemon.adapters.whisper.audio import SAMPLE_RATE, is_nothing, read


@pytest.fixture
def pcm(tmp_path):
    """Three seconds whose samples tell their place."""
    path = tmp_path / "a.pcm"
    path.write_bytes((np.arange(3 * SAMPLE_RATE) % 30_000).astype("<i2").tobytes())
    return path


def test_all_of_a_file_is_read_as_numbers_from_minus_one_to_one(pcm):
    audio = read(pcm)
    assert (audio.dtype, len(audio)) == (np.float32, 3 * SAMPLE_RATE)
    assert audio[16_384] == 0.5


def test_a_part_is_read_by_milliseconds(pcm):
    audio = read(pcm, 1000, 1500)
    assert len(audio) == SAMPLE_RATE // 2
    assert audio[0] == pytest.approx(16_000 / 32_768)


def test_a_part_beyond_the_end_is_what_there_is(pcm):
    assert len(read(pcm, 2900, 9000)) == SAMPLE_RATE // 10
    assert len(read(pcm, 5000, 9000)) == 0


def test_silence_and_next_to_nothing_are_nothing():
    assert is_nothing(np.zeros(SAMPLE_RATE, np.float32))
    assert is_nothing(np.ones(100, np.float32))
    assert not is_nothing(np.ones(SAMPLE_RATE, np.float32))
