from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from karaokify_daemon.domain.job import TRANSITIONS, Job, JobState, Stage
from karaokify_daemon.domain.record import ImpossibleTransitionError, Record

JOB = Job(id="1", media=Path("/inbox/talk.mp3"))


def test_a_claim_is_an_attempt_and_a_second_one_an_interruption():
    record = Record.of(JOB).claimed(JOB)
    assert (record.attempts, record.interruptions) == (1, 0)

    again = record.claimed(JOB)
    assert (again.attempts, again.interruptions) == (2, 1)


def test_a_finished_stage_takes_back_the_interruptions():
    record = Record.of(JOB).claimed(JOB).claimed(JOB).finished(Stage.DECODE, {"seconds": 1})

    assert record.interruptions == 0
    assert record.stage is Stage.DECODE
    assert record.results == {"decode": {"seconds": 1}}


def test_a_finished_part_of_a_stage_takes_back_deaths_and_interruptions():
    record = Record.of(JOB).claimed(JOB).postponed({}, 0.0, deadly=True).claimed(JOB).claimed(JOB)
    assert (record.deaths, record.interruptions) == (1, 1)

    advanced = record.advanced()

    assert (advanced.deaths, advanced.interruptions) == (0, 0)
    assert advanced.attempts == record.attempts


def test_other_content_makes_what_was_found_worthless():
    record = Record.of(JOB).claimed(JOB).identified("a").finished(Stage.DECODE, 1)

    assert record.identified("a") is record
    assert record.identified("b").results == {}
    assert record.identified("b").stage is None


def test_a_stopped_attempt_does_not_count():
    record = Record.of(JOB).claimed(JOB).stopped()

    assert record.attempts == 0
    assert record.state is JobState.WAITING


def test_a_failed_job_that_is_moved_back_starts_anew():
    failed = Record.of(JOB).claimed(JOB).failed({"code": "not_media"})

    assert failed.waits_again() == Record.of(JOB)


def test_a_held_job_cannot_be_claimed():
    with pytest.raises(ImpossibleTransitionError, match="from held to claimed"):
        Record.of(JOB).held().claimed(JOB)


CHANGES = {
    "held": (JobState.HELD, lambda r: r.held()),
    "claimed": (JobState.CLAIMED, lambda r: r.claimed(JOB)),
    "stopped": (JobState.WAITING, lambda r: r.stopped()),
    "postponed": (JobState.WAITING, lambda r: r.postponed({}, 1.0, deadly=True)),
    "waits again": (JobState.WAITING, lambda r: r.waits_again()),
    "done": (JobState.DONE, lambda r: r.done()),
    "failed": (JobState.FAILED, lambda r: r.failed({})),
}


class AnyCourse(RuleBasedStateMachine):
    """Whatever is asked for, in whatever order: only what the table allows happens."""

    def __init__(self):
        super().__init__()
        self.record = Record.of(JOB)

    @rule(name=st.sampled_from(sorted(CHANGES)))
    def change(self, name):
        state, change = CHANGES[name]
        before = self.record
        if state in TRANSITIONS[before.state]:
            self.record = change(before)
            assert self.record.state is state
        else:
            with pytest.raises(ImpossibleTransitionError):
                change(before)

    @precondition(lambda self: self.record.state is JobState.CLAIMED)
    @rule(stage=st.sampled_from(list(Stage)))
    def finish(self, stage):
        self.record = self.record.finished(stage, None)
        assert self.record.interruptions == 0

    def teardown(self):
        assert self.record.attempts >= 0
        assert self.record.id == "1"


TestAnyCourse = AnyCourse.TestCase
