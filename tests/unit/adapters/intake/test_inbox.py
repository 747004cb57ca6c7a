import os
import socket

import pytest

from karaokify_daemon.adapters.files.identity import of_stat
from karaokify_daemon.adapters.intake.inbox import Inbox, is_still
from karaokify_daemon.config import Intake
from karaokify_daemon.errors import IntakeError
from tests.support.files import other_process, put


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def inbox(tmp_path, clock):
    return Inbox(tmp_path, Intake(settle_seconds=3), ["lyrics", "news"], clock=clock)


@pytest.fixture
def settled(inbox, clock):
    """Scan, let the settle time pass, and scan again."""

    def scan():
        inbox.scan()
        clock.now += 3
        return inbox.scan()

    return scan


def names(items):
    return [item.path.name for item in items]


def test_a_recording_waits_until_it_has_settled_and_says_how_long(inbox, clock, tmp_path):
    put(tmp_path, "talk.mp3")

    (waiting,) = inbox.scan().waiting
    clock.now += 3
    (job,) = inbox.scan().ready

    assert waiting.path == tmp_path / "talk.mp3"
    assert waiting.until_seconds == 3
    assert job.media == tmp_path / "talk.mp3"
    assert job.preset is None


def test_a_recording_settles_together_with_its_sidecars(inbox, clock, tmp_path):
    put(tmp_path, "talk.mp3", "talk.json")
    inbox.scan()
    clock.now += 2
    put(tmp_path, "talk.png")
    inbox.scan()
    clock.now += 1

    assert not inbox.scan().ready
    clock.now += 2
    (job,) = inbox.scan().ready
    assert job.sidecars.background == tmp_path / "talk.png"
    assert job.sidecars.transcript == tmp_path / "talk.json"


def test_a_recording_that_is_held_open_for_writing_waits(settled, tmp_path):
    (path,) = put(tmp_path, "talk.mp3")

    with other_process("file = open(sys.argv[1], 'ab')", path):
        (waiting,) = settled().waiting

    assert waiting.reason == "is still being written"
    assert waiting.until_seconds is None
    assert settled().ready


def test_an_empty_recording_is_taken_in_the_end_so_that_it_fails_with_a_reason(settled, tmp_path):
    put(tmp_path, "talk.mp3", content=b"")

    assert [job.media.name for job in settled().ready] == ["talk.mp3"]


def test_a_subfolder_applies_the_preset_of_its_name(settled, tmp_path):
    (tmp_path / "lyrics").mkdir()
    put(tmp_path / "lyrics", "song.mp3", "song.png")
    put(tmp_path, "song.wav")

    jobs = {job.preset: job for job in settled().ready}

    assert jobs["lyrics"].media == tmp_path / "lyrics" / "song.mp3"
    assert jobs["lyrics"].sidecars.background is not None
    assert jobs[None].sidecars.background is None


def test_a_folder_without_a_preset_is_a_problem_with_a_suggestion(inbox, tmp_path):
    (tmp_path / "lyrcs").mkdir()
    (tmp_path / "news" / "old").mkdir(parents=True)

    inner, outer = sorted(inbox.scan().problems, key=lambda p: len(p.path.name))

    assert inner.path == tmp_path / "news" / "old"
    assert "did you mean 'lyrics'?" in outer.reason


def test_things_that_are_no_files_are_problems_and_links_are_not_followed(settled, tmp_path):
    (real,) = put(tmp_path, "real.mp3")
    (tmp_path / "link.mp3").symlink_to(real)
    (tmp_path / "news").symlink_to("/")
    os.mkfifo(tmp_path / "pipe.mp3")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "sock.mp3"))
        scan = settled()

    reasons = {p.path.name: p.reason for p in scan.problems}
    assert [job.media.name for job in scan.ready] == ["real.mp3"]
    assert "symbolic link" in reasons["link.mp3"]
    assert "symbolic link" in reasons["news"]
    assert "pipe" in reasons["pipe.mp3"]
    assert "socket" in reasons["sock.mp3"]


def test_an_unknown_type_of_file_is_a_problem(inbox, tmp_path):
    put(tmp_path, "notes.docx", "noending")

    assert sorted(names(inbox.scan().problems)) == ["noending", "notes.docx"]


def test_ignored_names_are_nowhere(inbox, tmp_path):
    put(tmp_path, ".hidden.mp3", "talk.mp3.part", "talk.mp3.error.json")

    scan = inbox.scan()

    assert not (scan.ready or scan.waiting or scan.problems)


def test_a_sidecar_alone_waits_visibly_for_its_recording(settled, tmp_path):
    put(tmp_path, "talk.png", "clip.background.mp4")

    waiting = settled().waiting

    assert sorted(names(waiting)) == ["clip.background.mp4", "talk.png"]
    assert "waits for its recording, such as clip.mp3" in {w.reason for w in waiting}


def test_a_sidecar_that_another_one_outranks_is_a_problem(settled, tmp_path):
    put(tmp_path, "talk.mp3", "talk.png", "talk.background.mp4")

    scan = settled()

    assert names(scan.problems) == ["talk.png"]
    assert scan.ready[0].sidecars.background == tmp_path / "talk.background.mp4"


def test_recordings_of_one_stem_share_its_sidecars(settled, tmp_path):
    put(tmp_path, "talk.mp3", "talk.wav", "talk.toml")

    jobs = settled().ready

    assert {job.media.name for job in jobs} == {"talk.mp3", "talk.wav"}
    assert {job.sidecars.options for job in jobs} == {tmp_path / "talk.toml"}
    assert len({job.id for job in jobs}) == 2


def test_jobs_come_in_the_order_in_which_their_recordings_arrived(settled, tmp_path):
    (tmp_path / "news").mkdir()
    for path in (tmp_path / "z.mp3", tmp_path / "news" / "m.mp3", tmp_path / "a.mp3"):
        put(path.parent, path.name)
        while path.stat().st_ctime_ns >= _touch(tmp_path / "clock.txt"):
            pass

    assert [job.media.name for job in settled().ready] == ["z.mp3", "m.mp3", "a.mp3"]


def _touch(path):
    path.touch()
    return path.stat().st_ctime_ns


def test_an_id_stays_with_a_file_through_scans_moves_and_restarts(tmp_path, settled):
    (path,) = put(tmp_path, "talk.mp3")
    (first,) = settled().ready
    (tmp_path / "news").mkdir()
    path.rename(tmp_path / "news" / "other.mp3")
    again = Inbox(tmp_path, Intake(settle_seconds=0), ["news"]).scan().ready[0]

    assert again.id == first.id
    assert len(first.id) == 12
    os.utime(again.media)
    assert Inbox(tmp_path, Intake(settle_seconds=0), ["news"]).scan().ready[0].id != first.id


def test_two_names_of_one_file_are_two_jobs(settled, tmp_path):
    (path,) = put(tmp_path, "talk.mp3")
    (tmp_path / "copy.mp3").hardlink_to(path)

    assert len({job.id for job in settled().ready}) == 2


def test_what_was_opened_is_compared_with_what_was_found(settled, tmp_path):
    first, second = put(tmp_path, "talk.mp3", "other.mp3", content=b"abc")
    (job,) = (job for job in settled().ready if job.media == first)

    assert is_still(job) and is_still(job, of_stat(first.stat()))
    assert not is_still(job, of_stat(second.stat()))
    (tmp_path / "again.mp3").hardlink_to(first)  # as our own move does
    assert is_still(job, of_stat(first.stat()))


def test_files_that_are_refused_are_problems_and_no_jobs(tmp_path):
    first, second = put(tmp_path, "talk.mp3", "song.mp3")
    scan = Inbox(
        tmp_path, Intake(settle_seconds=0), [], refused=lambda files: {min(files): "is not liked"}
    ).scan()

    assert [job.media for job in scan.ready] == [first]
    assert [(p.path, p.reason) for p in scan.problems] == [(second, "is not liked")]


def test_recordings_that_are_done_are_left_out_with_their_sidecars(settled, tmp_path):
    put(tmp_path, "done.mp3", "done.png", "new.mp3")
    ids = {job.media.stem: job.id for job in settled().ready}
    inbox = Inbox(tmp_path, Intake(settle_seconds=0), [], is_done=lambda i: i == ids["done"])

    scan = inbox.scan()

    assert [job.media.name for job in scan.ready] == ["new.mp3"]
    assert not scan.waiting


@pytest.mark.parametrize(
    "name",
    [
        " a b.mp3",
        "-rf.mp3",
        'it\'s "q" %d:[]\n.mp3',
        "\N{PARTY POPPER}.mp3",
        "caf\udce9.mp3",
        "x" * 251 + ".mp3",
    ],
)
def test_any_name_is_taken_as_it_is(settled, tmp_path, name):
    put(tmp_path, name)

    assert [job.media.name for job in settled().ready] == [name]


def test_a_missing_inbox_is_an_error_and_not_an_empty_one(tmp_path):
    inbox = Inbox(tmp_path / "gone", Intake(), [])

    with pytest.raises(IntakeError, match="cannot be read"):
        inbox.scan()


def test_an_inbox_that_is_a_file_is_an_error(tmp_path):
    (path,) = put(tmp_path, "inbox")

    with pytest.raises(IntakeError, match="Not a directory"):
        Inbox(path, Intake(), []).scan()


def test_twenty_thousand_files_are_grouped_without_looking_at_each_pair(tmp_path):
    for n in range(10_000):
        (tmp_path / f"{n}.mp3").touch()
        (tmp_path / f"{n}.png").touch()

    ready = Inbox(tmp_path, Intake(settle_seconds=0), []).scan().ready

    assert len(ready) == 10_000
    assert all(job.sidecars.background == job.media.with_suffix(".png") for job in ready)


def test_a_job_is_still_the_one_that_was_found_until_its_recording_changes(tmp_path):
    media = tmp_path / "talk.mp3"
    media.write_bytes(b"one")
    inbox = Inbox(tmp_path, Intake(settle_seconds=0), ())
    inbox.scan()
    (job,) = inbox.scan().ready
    assert is_still(job)
    media.write_bytes(b"another")
    assert not is_still(job)
    media.unlink()
    assert not is_still(job)
