import json
from dataclasses import replace

import pytest
import structlog.testing

from karaokify_daemon.adapters.files import claims, outbox, reasons
from karaokify_daemon.adapters.journal import Journal, now
from karaokify_daemon.config import from_dict
from karaokify_daemon.domain.job import Job, JobState, Stage
from karaokify_daemon.domain.record import Record
from karaokify_daemon.errors import JournalError, NotMediaError
from karaokify_daemon.service.ledger import Ledger
from tests.support.files import put


@pytest.fixture
def folders(tmp_path):
    for name in ("inbox", "outbox", "failed", "state"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.fixture
def config(folders):
    names = {name: str(folders / name) for name in ("inbox", "failed", "state", "outbox")}
    return from_dict({"folders": names, "intake": {"after_success": "keep"}})


@pytest.fixture
def ledger(config):
    made = Ledger(config)
    made.refresh()
    yield made
    made.journal.close()


@pytest.fixture
def job(folders):
    (media,) = put(folders / "inbox", "talk.mp3")
    return Job(id="1", media=media)


def publish(folders, content="abc", job_id="1"):
    bundle = outbox.Bundle.begin(folders / "outbox", "talk", content)
    bundle.empty()
    facts = {"identity": content, "job_id": job_id}
    (bundle.path / "manifest.json").write_text(json.dumps(facts))
    return bundle.commit()


def test_a_claim_is_noted_for_all_to_see(ledger, job, folders):
    record = ledger.claim(job)

    assert record.state is JobState.CLAIMED
    assert Journal(folders / "state").get("1") == record


def test_a_job_that_was_held_meanwhile_is_not_claimed(ledger, job):
    ledger.journal.save(Record.of(job).held())

    assert ledger.claim(job) is None
    ledger.refresh()
    assert ledger.record(job).state is JobState.HELD


@pytest.mark.parametrize("over", [JobState.DONE, JobState.FAILED])
def test_a_file_that_comes_back_starts_anew(ledger, job, over):
    claimed = Record.of(job).claimed(job)
    ledger.journal.save(claimed.done() if over is JobState.DONE else claimed.failed({}))

    assert ledger.claim(job).attempts == 1


def test_what_could_not_be_saved_is_saved_as_soon_as_it_can(ledger, job, folders):
    record = Record.of(job).claimed(job).postponed({"code": "x"}, now() + 9, deadly=False)
    ledger.ended(record, saved=False)
    (folders / "state").rename(folders / "away")
    (folders / "state").write_text("a file")
    with pytest.raises(JournalError):
        ledger.refresh()

    (folders / "state").unlink()
    (folders / "away").rename(folders / "state")
    ledger.refresh()

    assert ledger.record(job) == ledger.journal.get("1") == record


def test_what_is_done_and_kept_is_known(ledger, job):
    ledger.ended(Record.of(job).claimed(job).done(), saved=False)
    assert ledger.is_done("1")
    ledger.refresh()
    assert ledger.is_done("1") and not ledger.is_done("2")


def test_a_file_moved_by_a_process_that_was_then_killed_is_done(ledger, job, folders):
    publish(folders)
    ledger.journal.save(Record.of(job).claimed(job).identified("abc"))
    job.media.unlink()
    ledger.refresh()

    with structlog.testing.capture_logs() as log:
        ledger.settle(present=set())
    assert ledger.journal.get("1").state is JobState.DONE
    assert log[0]["event"] == "job.settled"
    assert ledger.contents() == []


def test_so_it_is_where_somebody_has_taken_the_bundle_away_since(ledger, job):
    record = Record.of(job).claimed(job).identified("abc").published("talk")
    ledger.journal.save(record)
    job.media.unlink()
    ledger.refresh()

    ledger.settle(present=set())
    assert ledger.journal.get("1").state is JobState.DONE


def test_a_failed_file_is_known_by_its_reason(ledger, job, folders):
    ledger.journal.save(Record.of(job).claimed(job))
    moved = job.media.rename(folders / "failed" / "talk.mp3")
    reasons.write(job, [moved], NotMediaError("is text"), {})
    ledger.refresh()

    ledger.settle(present=set())
    assert ledger.journal.get("1").state is JobState.FAILED
    assert ledger.journal.get("1").reason["code"] == "not_media"


def test_a_file_that_somebody_took_away_is_forgotten(ledger, job):
    ledger.journal.save(Record.of(job).held())
    job.media.unlink()
    ledger.refresh()

    with structlog.testing.capture_logs() as log:
        ledger.settle(present=set())
    assert ledger.journal.get("1") is None
    assert log[0]["event"] == "job.gone"


def test_what_another_process_works_on_is_left_to_it(ledger, job):
    ledger.journal.save(Record.of(job).claimed(job))
    ledger.refresh()

    with claims.claim(job.media):
        job.media.unlink()
        ledger.settle(present=set())
        assert ledger.journal.get("1").state is JobState.CLAIMED


def test_a_folder_that_is_gone_tells_nothing_of_its_files(ledger, folders):
    (folders / "inbox" / "songs").mkdir()
    media = folders / "inbox" / "songs" / "talk.mp3"
    ledger.journal.save(Record(id="1", media=media).held())
    (folders / "inbox" / "songs").rmdir()
    ledger.refresh()

    ledger.settle(present=set())
    assert ledger.journal.get("1").state is JobState.HELD


def test_a_lost_journal_is_rebuilt_from_the_folders(ledger, job, folders, config):
    publish(folders, "abc", "7")
    moved = job.media.rename(folders / "failed" / "caf\udce9.mp3")
    reasons.write(replace(job, id="8"), [moved], NotMediaError("is text"), {})
    ledger.journal.close()
    for path in (folders / "state").glob("journal*"):
        path.unlink()

    again = Ledger(config)
    with structlog.testing.capture_logs() as log:
        again.refresh()
    assert again.is_done("7")
    assert again.journal.get("8").reason["code"] == "not_media"
    assert (log[-1]["event"], log[-1]["jobs"]) == ("journal.rebuilt", 2)
    assert "held" in log[-1]["lost"]
    again.journal.close()


def test_a_new_journal_that_a_command_has_made_is_filled_by_the_service(config, folders):
    publish(folders, content="abc", job_id="7")
    assert Journal(folders / "state").get("7") is None  # made, by one that asks only

    ledger = Ledger(config)
    ledger.refresh()
    assert ledger.is_done("7")
    with structlog.testing.capture_logs() as log:
        ledger.refresh()
    assert log == []
    ledger.journal.close()


def test_what_goes_on_keeps_its_working_files(ledger, job):
    record = Record.of(job).claimed(job).identified("abc").finished(Stage.DECODE, {})
    ledger.journal.save(record)
    ledger.refresh()

    assert ledger.contents() == ["abc"]


def test_it_tells_why_a_job_was_put_off_until_it_is_over(ledger, job):
    record = ledger.claim(job)
    reason = {"code": "model", "problem": "is not there", "advice": "Fetch it."}
    ledger.ended(record.postponed(reason, now() + 5, deadly=False), saved=False)
    assert ledger.waits_for({"machine"}) == ""
    assert ledger.waits_for({"machine", "model"}) == "is not there. Fetch it."
    ledger.refresh()
    again = ledger.claim(job)  # that it is tried again does not mean that it is well
    ledger.refresh()
    assert ledger.waits_for({"model"}) == "is not there. Fetch it."
    ledger.ended(again.done(), saved=True)
    assert ledger.waits_for({"model"}) == ""
