import pytest

from karaokify_daemon.domain.job import Stage
from karaokify_daemon.service.progress import Progress, Rates


def test_a_job_begins_at_its_first_stage():
    one = Progress(Rates()).running("1", "a.mp3", None)
    assert (one.id, one.name, one.stage, one.fraction) == ("1", "a.mp3", "probe", 0.0)
    assert one.speed is one.eta is one.lasts is None


def test_it_is_where_it_was_told_to_be_and_waits_for_what_is_missing():
    progress = Progress(Rates())
    progress.lasts = 60.0
    progress.reached(Stage.RENDER, 0.0)
    progress.reached(Stage.RENDER, 0.5)
    one = progress.running("1", "a.mp3", "the disk is full")
    assert (one.stage, one.fraction, one.waits_for) == ("render", 0.5, "the disk is full")
    assert one.lasts == 60.0


def test_what_a_stage_took_is_learnt_for_others():
    def learnt(lasts, *fractions):
        rates = Rates()
        progress = Progress(rates)
        progress.lasts = lasts
        for fraction in fractions:
            progress.reached(Stage.TRANSCRIBE, fraction)
        progress.learn(Stage.TRANSCRIBE, 5.0)
        return set(rates)

    assert learnt(60.0, 0.0, 0.5, 1.0) == {Stage.TRANSCRIBE}
    assert learnt(None, 0.0, 0.5, 1.0) == set()  # nobody knows how long the recording is
    assert learnt(60.0, 0.0, 1.0) == set()  # it was kept from an earlier time


def test_the_latest_counts_more_than_any_before_and_not_alone():
    rates = Rates()
    rates.learn(Stage.RENDER, 10.0, 100.0)
    assert rates[Stage.RENDER] == pytest.approx(0.1)
    rates.learn(Stage.RENDER, 20.0, 100.0)
    assert 0.1 < rates[Stage.RENDER] < 0.15
