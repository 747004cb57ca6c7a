import pytest

from karaokify_daemon.adapters.files.identity import of_job
from karaokify_daemon.adapters.files.kept import Kept
from karaokify_daemon.errors import PublishError
from tests.support.files import job_of, put


@pytest.fixture
def state(tmp_path):
    (tmp_path / "state").mkdir()
    return tmp_path / "state"


@pytest.fixture
def inbox(tmp_path):
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


@pytest.mark.parametrize("name", ["talk.mp3", "caf\udce9.mp3", "x" * 251 + ".mp3"])
def test_a_kept_recording_is_known_also_after_a_restart_and_to_other_processes(state, inbox, name):
    (media,) = put(inbox, name)
    kept, running = Kept(state), Kept(state)
    assert not running.is_kept(media)

    kept.add(job_of(media), of_job(job_of(media)))

    assert kept.is_kept(media)
    assert running.is_kept(media)
    assert Kept(state).is_kept(media)


def test_a_recording_that_was_changed_or_replaced_is_not_the_kept_one(state, inbox):
    (media,) = put(inbox, "talk.mp3")
    kept = Kept(state)
    kept.add(job_of(media), of_job(job_of(media)))
    media.write_bytes(b"a new take")

    assert not kept.is_kept(media)
    kept.add(job_of(media), of_job(job_of(media)))
    assert kept.is_kept(media)
    media.unlink()
    assert not kept.is_kept(media)


def test_a_damaged_record_counts_as_none(state, inbox):
    (media,) = put(inbox, "talk.mp3")
    Kept(state).add(job_of(media), of_job(job_of(media)))
    for content in (b"", b"[]", b'{"identity": [1]}'):
        next((state / "kept").iterdir()).write_bytes(content)
        assert not Kept(state).is_kept(media)
    assert Kept(state).prune() == 0


def test_pruning_forgets_what_is_gone_but_not_while_the_inbox_is(state, inbox, tmp_path):
    gone, there = put(inbox, "gone.mp3", "there.mp3")
    kept = Kept(state)
    kept.add(job_of(gone), of_job(job_of(gone)))
    kept.add(job_of(there), of_job(job_of(there)))
    inbox.rename(tmp_path / "unmounted")
    assert kept.prune() == 0
    (tmp_path / "unmounted").rename(inbox)
    gone.unlink()

    assert kept.prune() == 1
    assert kept.is_kept(there)
    assert len(list((state / "kept").iterdir())) == 1


def test_pruning_before_anything_was_kept_does_nothing(tmp_path):
    assert Kept(tmp_path).prune() == 0


def test_what_has_taken_the_place_of_a_recording_since_it_was_seen_is_not_kept(state, inbox):
    job = job_of(*put(inbox, "talk.mp3"))
    kept, seen = Kept(state), of_job(job)
    job.media.write_bytes(b"another take")
    kept.add(job, seen)
    assert not kept.is_kept(job.media)


def test_a_state_that_cannot_be_written_is_told(tmp_path, inbox):
    job = job_of(*put(inbox, "talk.mp3"))
    (tmp_path / "file").touch()
    with pytest.raises(PublishError, match="cannot be noted as done"):
        Kept(tmp_path / "file").add(job, of_job(job))
