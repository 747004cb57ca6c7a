from pathlib import Path

from karaokify_daemon.domain.job import TRANSITIONS, Job, JobState, Sidecars, Stage


def test_every_state_has_its_transitions():
    assert set(TRANSITIONS) == set(JobState)


def test_a_job_ends_done_or_failed_only_when_it_was_claimed():
    before = {state for state, after in TRANSITIONS.items() if after & {"done", "failed"}}
    assert before == {JobState.CLAIMED}


def test_every_state_leads_back_to_waiting_and_so_to_a_claim():
    assert all(JobState.WAITING in after for s, after in TRANSITIONS.items() if s != "waiting")


def test_a_held_job_can_only_be_released():
    assert TRANSITIONS[JobState.HELD] == {JobState.WAITING}


def test_stages_are_in_the_order_in_which_they_run():
    assert [*Stage] == [
        "probe",
        "decode",
        "transcribe",
        "highlight",
        "caption",
        "render",
        "verify",
        "publish",
    ]


def test_paths_of_a_job_end_with_the_recording():
    sidecars = Sidecars(background=Path("a.png"), options=Path("a.toml"))

    job = Job(id="1", media=Path("a.mp3"), sidecars=sidecars)

    assert job.paths() == [Path("a.png"), Path("a.toml"), Path("a.mp3")]
    assert job.sidecars.paths() == [Path("a.png"), Path("a.toml")]
