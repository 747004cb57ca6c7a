import os

import pytest

from karaokify_daemon.adapters.files import claims, moves
from karaokify_daemon.adapters.intake.inbox import Inbox
from karaokify_daemon.adapters.journal import Journal, now
from karaokify_daemon.config import from_dict
from karaokify_daemon.domain.job import JobState
from karaokify_daemon.domain.record import Record
from karaokify_daemon.errors import NotMediaError, PublishError
from karaokify_daemon.service.manual import Manual, ManualError
from tests.support.files import dead_pid, put, write_lock


@pytest.fixture
def folders(tmp_path):
    for name in ("inbox", "inbox/songs", "failed", "state"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.fixture
def config(folders):
    names = {name: str(folders / name) for name in ("inbox", "failed", "state", "outbox")}
    return from_dict({"folders": names, "presets": {"songs": {}}})


@pytest.fixture
def manual(config):
    return Manual(config)


@pytest.fixture
def journal(folders):
    opened = Journal(folders / "state")
    yield opened
    opened.close()


def job_of(config, name):
    scan = Inbox(
        config.folders.inbox, config.intake.model_copy(update={"settle_seconds": 0.0}), ["songs"]
    ).scan()
    (job,) = (job for job in scan.ready if job.media.name == name)
    return job


def fail(config, name):
    job = job_of(config, name)
    seen = {path: _identity(path) for path in job.paths()}
    moves.fail(job, config.folders.failed, seen, NotMediaError("is text"))
    return job


def _identity(path):
    info = path.stat()
    return info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns


def test_a_held_recording_is_noted_until_it_is_released(folders, config, manual, journal):
    put(folders / "inbox", "talk.mp3")
    job = job_of(config, "talk.mp3")

    assert manual.hold("talk.mp3") == "is held"
    assert journal.get(job.id).state is JobState.HELD
    assert manual.hold("talk.mp3") == "is held"
    assert manual.release("talk.mp3") == "is released"
    assert journal.get(job.id).state is JobState.WAITING
    with pytest.raises(ManualError, match="is not held"):
        manual.release("talk.mp3")


def test_what_a_process_works_on_cannot_be_held(folders, config, manual):
    (media,) = put(folders / "inbox", "talk.mp3")

    with claims.claim(media), pytest.raises(ManualError, match=f"process {os.getpid()} on"):
        manual.hold("talk.mp3")
    assert manual.hold("talk.mp3")


def test_what_a_killed_service_had_claimed_can_be_held(folders, config, manual, journal):
    put(folders / "inbox", "talk.mp3")
    job = job_of(config, "talk.mp3")
    journal.save(Record.of(job).claimed(job))

    manual.hold("talk.mp3")
    assert journal.get(job.id).state is JobState.HELD


def test_a_wait_for_a_retry_is_ended(folders, config, manual, journal):
    put(folders / "inbox/songs", "talk.mp3")
    job = job_of(config, "talk.mp3")
    waits = Record.of(job).claimed(job).postponed({"code": "x"}, now() + 300, deadly=True)
    journal.save(waits)

    assert list(manual.to_retry()) == ["songs/talk.mp3"]
    assert manual.retry("songs/talk.mp3") == "is tried again at once"
    assert journal.get(job.id) == Record.of(job)


@pytest.mark.parametrize("by_hand", [["retry"], ["hold", "release"]])
def test_what_is_published_or_found_already_is_not_forgotten(
    folders, config, manual, journal, by_hand
):
    put(folders / "inbox", "talk.mp3")
    job = job_of(config, "talk.mp3")
    claimed = Record.of(job).claimed(job).identified("abc").published("talk")
    journal.save(claimed.postponed({"code": "x"}, now() + 300, deadly=True))

    for command in by_hand:
        getattr(manual, command)("talk.mp3")
    found = journal.get(job.id)
    assert (found.content, found.bundle) == ("abc", "talk")
    assert (found.state, found.attempts, found.not_before) == (JobState.WAITING, 0, None)


def test_a_failed_recording_goes_back_with_its_sidecars_and_without_its_reason(
    folders, config, manual
):
    put(folders / "inbox/songs", "talk.mp3", "talk.png", "talk.background.mp4", "other.mp3")
    fail(config, "talk.mp3")
    fail(config, "other.mp3")

    assert list(manual.to_retry()) == ["other.mp3", "talk.mp3"]
    assert manual.retry("talk.mp3") == f"is back in {folders / 'inbox/songs'}"
    assert sorted(p.name for p in (folders / "inbox/songs").iterdir() if p.name[0] != ".") == [
        "talk.background.mp4",
        "talk.mp3",
        "talk.png",
    ]
    assert sorted(p.name for p in (folders / "failed").iterdir()) == [
        "other.mp3",
        "other.mp3.error.json",
        "other.mp3.error.txt",
    ]


def test_a_failed_recording_replaces_nothing_in_the_inbox(folders, config, manual):
    put(folders / "inbox", "talk.mp3", "talk.toml")
    fail(config, "talk.mp3")
    put(folders / "inbox", "talk.mp3", content=b"new")

    with pytest.raises(PublishError, match="has a file of that name"):
        manual.retry("talk.mp3")
    assert (folders / "inbox/talk.mp3").read_bytes() == b"new"
    assert not (folders / "inbox/talk.toml").exists()
    assert len(list((folders / "failed").iterdir())) == 4


@pytest.mark.parametrize("name", ["gone.mp3", "../failed/talk.mp3", "/etc/passwd", "nope/talk.mp3"])
@pytest.mark.parametrize("what", ["retry", "hold", "release", "holder", "unlock"])
def test_a_name_that_is_not_in_the_inbox_is_told(folders, manual, what, name):
    put(folders / "failed", "talk.mp3")

    with pytest.raises(ManualError, match=r"is not in the inbox|nor in the inbox"):
        getattr(manual, what)(name)


def test_a_failed_recording_of_a_preset_may_be_named_with_it(folders, config, manual):
    put(folders / "inbox/songs", "talk.mp3")
    fail(config, "talk.mp3")

    with pytest.raises(ManualError, match=r"nor in the inbox \(did you mean talk.mp3"):
        manual.retry("other/talk.mp3")
    assert manual.retry("songs/talk.mp3") == f"is back in {folders / 'inbox/songs'}"


def test_a_recording_that_has_not_failed_cannot_be_retried(folders, manual):
    put(folders / "inbox", "talk.mp3")

    with pytest.raises(ManualError, match="neither failed nor waits"):
        manual.retry("talk.mp3")


def test_a_file_still_being_written_cannot_be_held_yet(folders, manual):
    (media,) = put(folders / "inbox", "talk.mp3")

    with media.open("ab"), pytest.raises(ManualError, match="still being written"):
        manual.hold("talk.mp3")


def test_what_is_no_recording_cannot_be_held(folders, manual):
    put(folders / "inbox", "notes.doc")

    with pytest.raises(ManualError, match="is not a recording"):
        manual.hold("notes.doc")


@pytest.mark.parametrize("content", ["foreign", "garbage", "empty"])
def test_the_claim_of_another_host_or_of_nobody_known_is_removed(folders, manual, content):
    (media,) = put(folders / "inbox", "talk.mp3")
    with claims.claim(media):
        (lock,) = (folders / "inbox").glob(".karaokify-*.lock")
    match content:
        case "foreign":
            write_lock(lock, dead_pid(), "nas2")
        case "garbage":
            lock.write_bytes(os.urandom(64))
        case "empty":
            lock.write_bytes(b"")

    said = manual.holder("talk.mp3")
    assert "on nas2" in said if content == "foreign" else said == "an unknown process"
    assert manual.unlock("talk.mp3") == "is unlocked"
    with pytest.raises(ManualError, match="is not claimed"):
        manual.holder("talk.mp3")


def test_the_claim_of_a_process_that_runs_here_is_not_removed(folders, manual):
    (media,) = put(folders / "inbox", "talk.mp3")

    with claims.claim(media) as claim:
        with pytest.raises(ManualError, match="which runs"):
            manual.unlock("talk.mp3")
        assert claims.holder(media)
    assert claim.media == media
