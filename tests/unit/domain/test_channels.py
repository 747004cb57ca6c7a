import pytest

from karaokify_daemon.domain.channels import channels


@pytest.mark.parametrize(
    ("layout", "count"),
    [("mono", 1), ("stereo", 2), ("3.0", 3), ("4.0", 4), ("5.0", 5), ("5.1", 6), ("7.1", 8)],
)
def test_what_aac_has_is_kept(layout, count):
    kept = channels(layout, count)
    assert (kept.layout, kept.count, kept.weights) == (layout, count, ())


@pytest.mark.parametrize(
    ("layout", "count", "kept"),
    [
        ("5.1(side)", 6, "5.1"),
        ("quad", 4, "5.0"),
        ("2.1", 3, "5.1"),
        ("6.1", 7, "7.1"),
        ("1 channels (FL)", 1, "mono"),
        (None, 1, "mono"),
        (None, 2, "stereo"),
        (None, 6, "5.1"),
        (None, 8, "7.1"),
    ],
)
def test_the_others_get_the_smallest_with_a_place_for_each(layout, count, kept):
    assert channels(layout, count).layout == kept
    assert channels(layout, count).weights == ()


@pytest.mark.parametrize(
    ("layout", "count"), [(None, 3), (None, 16), ("22.2", 24), ("3 channels (FL+LFE+TFC)", 3)]
)
def test_what_has_no_place_is_mixed_to_mono_all_alike(layout, count):
    kept = channels(layout, count)
    assert kept.layout == "mono" and kept.count == 1
    assert len(kept.weights) == count and sum(kept.weights) == pytest.approx(1)
    assert len(set(kept.weights)) == 1


def test_of_ambisonics_the_sound_of_all_directions_is_taken():
    assert channels("ambisonic 1", 4).weights == (1, 0, 0, 0)
