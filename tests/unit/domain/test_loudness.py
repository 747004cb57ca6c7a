from itertools import product

import pytest

from karaokify_daemon.domain.loudness import HEADROOM_DB, MOST_GAIN_DB, Gain, Loudness, correction
from karaokify_daemon.domain.loudness import gain as gain_of

TARGET, LIMIT = -16.0, -1.5


def loud(integrated, peak):
    return Loudness(integrated_lufs=integrated, range_lu=3.0, true_peak_dbtp=peak)


def gain(integrated, peak):
    return gain_of(loud(integrated, peak), TARGET, LIMIT)


def test_the_target_is_reached_up_and_down():
    assert gain(-24.0, -15.0) == Gain(db=8.0)
    assert gain(-9.0, 0.1) == Gain(db=-7.0)


def test_a_peak_is_never_lifted_over_the_limit():
    assert gain(-24.0, -5.0) == Gain(db=3.2, limited_by="true_peak")
    assert gain(-20.0, 3.0) == Gain(db=-4.8, limited_by="true_peak")


@pytest.mark.parametrize("integrated", [-16.5, -16.0, -15.5])
def test_what_is_compliant_is_left_alone_but_not_with_a_peak_too_high(integrated):
    assert gain(integrated, -1.5) == Gain()
    assert -0.5 <= gain(integrated, -1.4).db <= -0.4


def test_half_a_decibel_is_not_worth_a_change():
    assert gain(-20.0, -2.2) == Gain(limited_by="true_peak")
    assert gain(-20.0, -1.6) == Gain(limited_by="true_peak"), "nor is it turned down"
    assert gain(-20.0, -2.4).db == 0.6


def test_hiss_is_not_made_loud():
    assert gain(-69.0, -60.0) == Gain(db=MOST_GAIN_DB, limited_by="most_gain")


def test_what_cannot_be_measured_is_only_turned_down():
    assert gain(None, None) == gain(None, -60.0) == Gain()
    assert gain(None, 6.0) == Gain(db=-7.8, limited_by="true_peak")


def test_off_is_off():
    assert gain_of(loud(-5.0, 9.0), None, LIMIT) == Gain()


def test_whatever_comes_in_the_peak_stays_below_and_nothing_is_done_twice():
    for integrated, peak in product(range(-69, 6), range(-60, 20)):
        chosen = gain(float(integrated), float(peak))
        assert peak + chosen.db <= max(LIMIT - HEADROOM_DB, LIMIT if chosen.db == 0 else -99) + 1e-9
        if chosen.limited_by is None:
            assert abs(integrated + chosen.db - TARGET) <= 0.5
        if chosen.limited_by != "most_gain":
            assert gain(integrated + chosen.db, peak + chosen.db).db == 0


def test_a_peak_that_the_encoder_raised_is_taken_back():
    assert correction(loud(-17.0, -0.9), Gain(db=4.0, limited_by="true_peak"), TARGET, LIMIT) == (
        Gain(db=3.3, limited_by="true_peak")
    )
    assert correction(loud(-16.0, -1.0), Gain(), TARGET, LIMIT).db == -0.6


def test_loudness_that_the_encoder_took_is_given_back_as_far_as_there_is_room():
    assert correction(loud(-17.5, -9.0), Gain(db=-8.0), TARGET, LIMIT) == Gain(db=-6.5)
    assert correction(loud(-17.5, -2.3), Gain(db=-8.0), TARGET, LIMIT) == (
        Gain(db=-7.5, limited_by="true_peak")
    )


@pytest.mark.parametrize(
    ("published", "used"),
    [
        (loud(-16.4, -3.0), Gain(db=2.0)),
        (loud(-20.0, -9.0), Gain(db=30.0, limited_by="most_gain")),
        (loud(-20.0, -2.5), Gain(db=3.0, limited_by="true_peak")),
        (loud(-16.7, -9.0), Gain()),  # left alone
        (loud(None, None), Gain()),
    ],
)
def test_nothing_else_is_corrected(published, used):
    assert correction(published, used, TARGET, LIMIT) == used
