import pytest

from karaokify_daemon.domain.job import Stage
from karaokify_daemon.domain.status import Live, Running, Status, eta, speed

RATES = {"decode": 0.01, "transcribe": 0.5, "render": 0.2}


def live(**changes):
    told = {"version": "1", "pid": 1, "host": "h", "process_started": "", "started": 0.0}
    return Live(**(told | {"written": 0.0, "state": "serving"} | changes))


def running(name, fraction=0.5):
    return Running(id=name, name=name, stage="render", fraction=fraction, in_stage=1, in_job=1)


def test_a_stage_s_speed_is_sound_per_second():
    assert speed(600.0, 0.5, 30.0) == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("lasts", "fraction", "in_stage"), [(None, 0.5, 9), (60, 0, 9), (60, 0.5, 0)]
)
def test_nobody_tells_a_speed_too_soon(lasts, fraction, in_stage):
    assert speed(lasts, fraction, in_stage) is None


def test_the_end_of_a_job_is_that_of_its_stage_and_of_those_after_it():
    assert eta(Stage.TRANSCRIBE, 0.25, 10.0, 100.0, RATES) == pytest.approx(30 + 20)
    assert eta(Stage.RENDER, 0.5, 10.0, 100.0, {}) == pytest.approx(10)


def test_a_stage_that_has_just_begun_takes_what_others_have_taken():
    assert eta(Stage.DECODE, 0.0, 0.5, 100.0, RATES) == pytest.approx(0.5 + 50 + 20)
    assert eta(Stage.RENDER, 0.0, 50.0, 100.0, RATES) == 0.0


def test_without_experience_nobody_tells_an_end():
    assert eta(Stage.TRANSCRIBE, 0.5, 10.0, 100.0, {}) is None
    assert eta(Stage.DECODE, 0.0, 0.5, None, RATES) is None


def test_one_line_names_two_jobs_and_counts_the_others():
    told = live(running=(running("a"), running("b"), running("c")), queued=4, done=2, failed=1)
    assert told.line == "a: render 50%; b: render 50%; 1 more; 4 waiting, 2 done, 1 failed"
    assert live().line == "idle; 0 waiting, 0 done, 0 failed"
    assert live(problem="the inbox is not there").line == "the inbox is not there"


def test_a_name_is_no_second_line():
    told = live(running=(running("a\nSTOPPING=1\n\x1b[2J.mp3"),)).line
    assert "\n" not in told and "\x1b" not in told


def test_what_is_wrong_is_told_of_the_dead_the_silent_and_the_helpless():
    assert Status(is_alive=False, live=live(), jobs={}).problem == "the service does not run"
    assert "hangs" in Status(is_alive=True, is_silent=True, live=live(), jobs={}).problem
    assert Status(is_alive=True, live=live(problem="no disk"), jobs={}).problem == "no disk"
    assert not Status(is_alive=True, live=live(), jobs={}).problem
