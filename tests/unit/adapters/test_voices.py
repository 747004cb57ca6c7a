import numpy as np
import pytest

from karaokify_daemon.adapters.voices import voices
from karaokify_daemon.domain.chunks import joined
from tests.support.speech import EASY, spoken_pcm

HZ = 16_000


def test_voices_are_found_where_somebody_speaks_and_not_in_silence_noise_or_music(tmp_path):
    pcm = tmp_path / "audio.pcm"
    duration_ms, _ = spoken_pcm(pcm)
    spoken = np.fromfile(pcm, "<i2")
    t = np.arange(HZ * 6) / HZ
    chord = (
        sum(np.sin(2 * np.pi * f * t) for f in (220, 277, 330))
        * (0.6 + 0.4 * np.sin(4 * np.pi * t))
        * 3000
    )
    hiss = np.random.default_rng(7).normal(0, 1000, HZ * 6)
    silence = np.zeros(HZ * 6)
    parts = [chord, spoken, hiss, spoken, silence]
    pcm.write_bytes(np.concatenate(parts).astype("<i2").tobytes())
    begins = [6000, 12_000 + duration_ms]
    found = voices(pcm, (0, 60_000))
    assert len(found) == 2
    for (start, end), begin in zip(found, begins, strict=True):
        assert start == pytest.approx(begin + 300, abs=300)  # spoken after 0.3 s of silence
        assert end == pytest.approx(begin + duration_ms - 300, abs=400)


def test_the_callback_is_asked_often_and_what_it_raises_comes_out(tmp_path):
    pcm = tmp_path / "audio.pcm"
    spoken_pcm(pcm, [EASY] * 4)
    asked = []

    def stop():
        asked.append(True)
        if len(asked) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        voices(pcm, (0, 60_000), stop)
    assert len(asked) == 3


def test_sound_shorter_than_a_frame_has_no_voice(tmp_path):
    (tmp_path / "audio.pcm").write_bytes(bytes(100))
    assert voices(tmp_path / "audio.pcm", (0, 1000)) == []


def test_voices_found_in_parts_that_overlap_are_those_of_the_whole(tmp_path):
    pcm = tmp_path / "audio.pcm"
    duration_ms, _ = spoken_pcm(pcm, [EASY] * 8, pause_s=1.5)
    whole = voices(pcm, (0, duration_ms))
    assert len(whole) > 4
    size = 320 * 16
    parts = [
        span
        for begin in range(0, duration_ms, size)
        for span in voices(pcm, (begin, min(duration_ms, begin + size + 5000)))
    ]
    found = joined(parts)
    assert len(found) == len(whole)
    for (start, end), (first, last) in zip(found, whole, strict=True):
        assert abs(start - first) <= 200
        assert abs(end - last) <= 200
