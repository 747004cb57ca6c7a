"""Files on disks that are full or read-only: real ones, mounted for the test."""

import subprocess

import pytest

from karaokify_daemon.adapters.files import claims, moves
from karaokify_daemon.adapters.files.outbox import Bundle
from karaokify_daemon.errors import IntakeError, NoAudioError, PublishError
from tests.support.files import job_of, of_job, put

MEBIBYTE = 1024 * 1024


@pytest.fixture
def small(tmp_path):
    """Return a file system of one mebibyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    options = ["-t", "tmpfs", "-o", "size=1m", "none", str(folder)]
    try:
        subprocess.run(["mount", *options], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("may not mount a file system here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def inbox(tmp_path):
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


def read_only(folder):
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def test_a_full_archive_leaves_the_recording_in_the_inbox_and_no_half_copy(small, inbox):
    (media,) = put(inbox, "talk.mp3", content=bytes(2 * MEBIBYTE))
    put(inbox, "talk.png")

    with pytest.raises(PublishError, match="No space left") as caught:
        moves.archive(job_of(media), small, of_job(job_of(media)))

    assert "Free some space" in caught.value.advice
    assert names(inbox) == ["talk.mp3", "talk.png"]
    assert not names(small)


def test_a_full_failed_folder_leaves_the_recording_in_the_inbox(small, inbox):
    (media,) = put(inbox, "talk.mp3", content=bytes(2 * MEBIBYTE))

    with pytest.raises(PublishError):
        moves.fail(job_of(media), small, of_job(job_of(media)), NoAudioError("it has no sound"))

    assert names(inbox) == ["talk.mp3"]
    assert not names(small)


def test_a_read_only_archive_leaves_the_recording_in_the_inbox(small, inbox):
    (media,) = put(inbox, "talk.mp3")
    read_only(small)

    with pytest.raises(PublishError, match="Read-only") as caught:
        moves.archive(job_of(media), small, of_job(job_of(media)))

    assert caught.value.details == {"errno": "EROFS"}
    assert names(inbox) == ["talk.mp3"]


def test_a_read_only_inbox_is_neither_claimed_nor_emptied(small, tmp_path):
    (media,) = put(small, "talk.mp3")
    read_only(small)

    with pytest.raises(IntakeError, match="Read-only"):
        claims.claim(media)
    with pytest.raises(PublishError):
        moves.archive(job_of(media), tmp_path / "archive", of_job(job_of(media)))
    assert names(small) == ["talk.mp3"]


def test_a_read_only_outbox_cannot_begin_a_bundle(small):
    read_only(small)

    with pytest.raises(PublishError, match="Read-only"):
        Bundle.begin(small, "talk", "1")
    assert not names(small)


def test_a_failed_recording_returns_over_a_file_system_boundary_and_back(small, inbox):
    media, _ = put(inbox, "talk.mp3", "talk.png")

    failed = moves.fail(
        job_of(media), small, of_job(job_of(media)), NoAudioError("it has no sound")
    )
    back = moves.archive(job_of(failed), inbox, of_job(job_of(failed)))

    assert names(inbox) == ["talk.mp3", "talk.png"]
    assert back[-1].read_bytes() == b"talk.mp3"
    assert names(small) == ["talk.mp3.error.json", "talk.mp3.error.txt"]


def test_a_claim_released_while_the_inbox_was_gone_is_cleared_when_it_is_back(tmp_path):
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (media,) = put(inbox, "talk.mp3")
    held = claims.claim(media)
    inbox.rename(tmp_path / "unmounted")
    held.release()
    (tmp_path / "unmounted").rename(inbox)
    again = claims.claim(media)
    assert again is not None
    assert claims.claim(media) is None, "it is held now"
    again.release()
    assert not list(inbox.glob(".karaokify-*.lock"))
