import numpy as np
import pytest

from karaokify_daemon.adapters.levels import levels


def test_levels_are_in_db_of_full_scale_per_frame(tmp_path):
    pcm = tmp_path / "a.pcm"
    tone = np.sqrt(2) * np.sin(2 * np.pi * 1000 * np.arange(160) / 16000)
    wave = np.concatenate([np.zeros(160), tone * 0.1, tone * 0.01, np.zeros(80)])
    pcm.write_bytes((wave * 32768).astype("<i2").tobytes())
    found = levels(pcm, 10)
    assert list(found) == pytest.approx([-100, -20, -40], abs=0.1)


def test_long_recordings_are_read_to_the_end(tmp_path):
    pcm = tmp_path / "a.pcm"
    pcm.write_bytes(bytes(2 * 16000 * 150))
    assert len(levels(pcm, 10)) == 15_000


def test_an_empty_recording_has_no_levels(tmp_path):
    pcm = tmp_path / "a.pcm"
    pcm.touch()
    assert len(levels(pcm, 10)) == 0
