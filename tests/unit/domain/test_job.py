from pathlib import Path

from karaokify_daemon.domain.job import TRANSITIONS, Job, JobState, Sidecars, Stage


def test_every_state_has_its_transitions():
    assert set(TRANSITIONS) == set(JobState)


def test_a_claimed_job_ends_done_or_failed_or_waits_again():
    assert TRANSITIONS[JobState.CLAIMED] == {JobState.WAITING, JobState.DONE, JobState.FAILED}


def test_a_failed_job_may_be_tried_again_and_a_done_one_not():
    assert TRANSITIONS[JobState.FAILED] == {JobState.WAITING}
    assert not TRANSITIONS[JobState.DONE]


def test_stages_are_in_the_order_in_which_they_run():
    assert [*Stage] == ["probe", "decode", "transcribe", "caption", "render", "verify", "publish"]


def test_paths_of_a_job_end_with_the_recording():
    sidecars = Sidecars(background=Path("a.png"), options=Path("a.toml"))

    job = Job(id="1", media=Path("a.mp3"), sidecars=sidecars)

    assert job.paths() == [Path("a.png"), Path("a.toml"), Path("a.mp3")]
    assert job.sidecars.paths() == [Path("a.png"), Path("a.toml")]
