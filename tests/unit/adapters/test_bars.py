"""Heights of bars from samples: what is loud in a recording fills them, its noise does not."""

from fractions import Fraction

import numpy as np
import pytest

from karaokify_daemon.adapters import bars

RATE = Fraction(30)


@pytest.fixture
def pcm(tmp_path):
    def write(wave):
        path = tmp_path / "audio.pcm"
        (np.clip(wave, -1, 1) * 32767).astype("<i2").tofile(path)
        return path

    return write


def tone(hertz, seconds, level):
    return level * np.sin(2 * np.pi * hertz * np.arange(int(seconds * bars.SAMPLE_RATE)) / 16_000)


def heights(blocks):
    return np.concatenate(list(blocks))


def bursts(level, noise=0.0):
    """A tone in every other half second, three seconds."""
    wave = np.concatenate([tone(500, 0.5, level * (i % 2)) for i in range(6)])
    return wave + np.random.default_rng(7).normal(0, noise, len(wave))


def test_a_tone_is_seen_in_its_own_band(pcm):
    for hertz in (200, 1000, 4000):
        wave = np.concatenate([np.zeros(8000), tone(hertz, 0.5, 0.3)])
        found = heights(bars.spectrum(pcm(wave), 24, RATE, 30))[28]
        low, high = np.geomspace(90, 6000, 25)[[found.argmax(), found.argmax() + 1]]
        assert low * 0.85 <= hertz <= high * 1.15


@pytest.mark.parametrize("make", [bars.spectrum, bars.line])
def test_quiet_recordings_are_as_high_as_loud_ones(pcm, make):
    loud = heights(make(pcm(bursts(0.5)), 24, RATE, 90)).max()
    quiet = heights(make(pcm(bursts(0.004)), 24, RATE, 90)).max()
    assert loud > 0.8 and quiet == pytest.approx(loud, abs=0.1)


@pytest.mark.parametrize("make", [bars.spectrum, bars.line])
def test_silence_and_its_noise_stay_flat(pcm, make):
    assert heights(make(pcm(np.zeros(48_000)), 24, RATE, 90)).max() == 0
    assert heights(make(pcm(bursts(0, noise=1e-4)), 24, RATE, 90)).max() == 0
    between = heights(make(pcm(bursts(0.3, noise=1e-3)), 24, RATE, 90))[70:74]  # in a pause
    assert between[:, 10:14].max() < 0.3


def test_the_middle_of_the_line_is_now_and_its_ends_were(pcm):
    found = heights(bars.line(pcm(bursts(0.5)), 24, RATE, 90))
    rises = [np.flatnonzero(found[:, bar] > 0.15)[0] for bar in (11, 5, 0)]
    assert rises[0] == pytest.approx(15, abs=1)  # the first burst begins at 0.5 s
    assert rises == sorted(rises) and rises[-1] > rises[0] + 8
    assert np.allclose(found, found[:, ::-1])


def test_the_whole_recording_has_its_own_envelope(pcm):
    found = bars.whole(pcm(bursts(0.5)), 12)
    assert (found[[2, 3, 6, 7, 10, 11]] > 0.7).all() and (found[[0, 1, 5, 9]] < 0.5).all()


@pytest.mark.parametrize("samples", [1, 100, 5000])
def test_the_shortest_recordings_have_bars_too(pcm, samples):
    path = pcm(np.full(samples, 0.1))
    assert heights(bars.spectrum(path, 8, RATE, 1)).shape == (1, 8)
    assert heights(bars.line(path, 8, RATE, 2)).shape == (2, 8)
    assert bars.whole(path, 8).shape == (8,)


def test_blocks_go_on_where_the_one_before_ended(pcm, monkeypatch):
    path = pcm(bursts(0.5, noise=0.01))
    whole = heights(bars.spectrum(path, 8, RATE, 90))
    monkeypatch.setattr(bars, "_BLOCK", 7)
    assert np.allclose(heights(bars.spectrum(path, 8, RATE, 90)), whole)
