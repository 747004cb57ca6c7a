import errno
import json
import os
import time

import pytest

from karaokify_daemon.adapters.files import durable, moves, reasons
from karaokify_daemon.errors import (
    FfmpegError,
    NoAudioError,
    NotMediaError,
    PublishError,
    SidecarError,
    SourceChangedError,
)
from tests.support.files import job_of, of_job, put

NAMES = [
    "talk.mp3",
    " a  b.mp3",
    "-rf.mp3",
    'it\'s "q" 100%:[x]\n.mp3',
    "\N{PARTY POPPER}.mp3",
    "caf\udce9.mp3",
    "x" * 251 + ".mp3",
    "\N{PARTY POPPER}" * 62 + ".mp3",
]


@pytest.fixture
def inbox(tmp_path):
    (tmp_path / "inbox").mkdir()
    return tmp_path / "inbox"


@pytest.fixture
def there(tmp_path):
    return tmp_path / "there"


def names(folder):
    return sorted(p.name for p in folder.iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_moves_with_its_content_and_time_whatever_its_name(inbox, there, name):
    (media,) = put(inbox, name)
    os.utime(media, ns=(0, 1_234_567_890_123_456_789))

    (moved,) = moves.archive(job_of(media), there, of_job(job_of(media)))

    assert moved == there / name
    assert moved.read_bytes() == os.fsencode(name)
    assert moved.stat().st_mtime_ns == 1_234_567_890_123_456_789
    assert not names(inbox)
    assert names(there) == [name]


def test_sidecars_move_along(inbox, there):
    media, *_ = put(inbox, "talk.mp3", "talk.png", "talk.json", "talk.toml", "other.png")

    moved = moves.archive(job_of(media), there, of_job(job_of(media)))

    assert names(inbox) == ["other.png"]
    assert names(there) == ["talk.json", "talk.mp3", "talk.png", "talk.toml"]
    assert moved[-1] == there / "talk.mp3"


def test_nothing_is_overwritten_and_files_of_one_job_get_one_number(inbox, there):
    there.mkdir()
    put(there, "talk.mp3", "talk-2.background.mp4", content=b"older")
    media, *_ = put(inbox, "talk.mp3", "talk.background.mp4")

    moves.archive(job_of(media), there, of_job(job_of(media)))

    assert names(there) == [
        "talk-2.background.mp4",
        "talk-3.background.mp4",
        "talk-3.mp3",
        "talk.mp3",
    ]
    assert (there / "talk.mp3").read_bytes() == b"older"
    assert (there / "talk-3.mp3").read_bytes() == b"talk.mp3"


@pytest.mark.parametrize("name", NAMES)
def test_a_taken_name_of_any_kind_is_numbered(inbox, there, name):
    there.mkdir()
    put(there, name, content=b"older")
    (media,) = put(inbox, name)

    (moved,) = moves.archive(job_of(media), there, of_job(job_of(media)))

    assert moved.read_bytes() == os.fsencode(name)
    assert moved.suffix == ".mp3"
    assert moved.stem.endswith("-2")
    assert (there / name).read_bytes() == b"older"


def test_a_move_to_another_file_system_is_a_copy_that_keeps_time_and_mode(inbox, elsewhere):
    media, _ = put(inbox, "talk.mp3", "talk.png")
    os.utime(media, ns=(0, 1_234_567_890_123_456_789))
    media.chmod(0o640)

    moved = moves.archive(job_of(media), elsewhere, of_job(job_of(media)))

    assert names(elsewhere) == ["talk.mp3", "talk.png"]
    assert moved[-1].read_bytes() == b"talk.mp3"
    assert moved[-1].stat().st_mtime_ns == 1_234_567_890_123_456_789
    assert moved[-1].stat().st_mode & 0o777 == 0o640
    assert not names(inbox)


def test_a_copy_to_another_file_system_overwrites_nothing(inbox, elsewhere):
    put(elsewhere, "talk.mp3", content=b"older")
    (media,) = put(inbox, "talk.mp3")

    assert moves.archive(job_of(media), elsewhere, of_job(job_of(media))) == [
        elsewhere / "talk-2.mp3"
    ]
    assert names(elsewhere) == ["talk-2.mp3", "talk.mp3"]


def test_without_hard_links_a_name_is_reserved_first(tmp_path, monkeypatch):
    """FAT has no hard links; none is at hand here, so only this system call is stood in for."""

    def refuse(*_args, **_options):
        raise OSError(errno.EPERM, "Operation not permitted")

    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    put(tmp_path / "out", "talk.mp3", content=b"older")
    (media,) = put(tmp_path / "in", "talk.mp3")
    monkeypatch.setattr(os, "link", refuse)

    moves.archive(job_of(media), tmp_path / "out", of_job(job_of(media)))

    assert names(tmp_path / "out") == ["talk-2.mp3", "talk.mp3"]
    assert (tmp_path / "out" / "talk-2.mp3").read_bytes() == b"talk.mp3"
    assert not names(tmp_path / "in")


def test_a_sidecar_stays_for_as_long_as_another_recording_needs_it(inbox, there):
    first, second, _ = put(inbox, "talk.mp3", "talk.wav", "talk.toml")
    jobs = job_of(first), job_of(second)

    moves.archive(jobs[0], there, of_job(jobs[0]))
    assert names(inbox) == ["talk.toml", "talk.wav"]
    (inbox / "talk.toml").write_bytes(b"edited")
    assert (there / "talk.toml").read_bytes() == b"talk.toml"
    moves.archive(jobs[1], there, of_job(jobs[1]))

    assert not names(inbox)
    assert names(there) == ["talk-2.toml", "talk-2.wav", "talk.mp3", "talk.toml"]


def test_recordings_that_shared_an_unchanged_sidecar_share_it_in_the_archive(inbox, there):
    first, second, _ = put(inbox, "talk.mp3", "talk.wav", "talk.toml")
    jobs = job_of(first), job_of(second)

    for job in jobs:
        moves.archive(job, there, of_job(job))

    assert names(there) == ["talk.mp3", "talk.toml", "talk.wav"]


@pytest.mark.parametrize("linked", [True, False])
def test_a_move_that_was_cut_short_is_finished_without_a_second_copy(inbox, there, linked):
    there.mkdir()
    media, picture = put(inbox, "talk.mp3", "talk.png")
    if linked:
        (there / "talk.png").hardlink_to(picture)
    else:
        (there / "talk.png").write_bytes(picture.read_bytes())
        os.utime(there / "talk.png", ns=(0, picture.stat().st_mtime_ns))

    moves.archive(job_of(media), there, of_job(job_of(media)), resumed=not linked)

    assert names(there) == ["talk.mp3", "talk.png"]
    assert not names(inbox)


def test_another_recording_of_the_same_content_and_time_is_not_taken_for_a_copy(inbox, there):
    (inbox / "shorts").mkdir()
    (inbox / "talk.mp3").write_bytes(b"x")
    (inbox / "shorts/talk.mp3").write_bytes(b"x")
    for folder in (inbox, inbox / "shorts"):
        os.utime(folder / "talk.mp3", ns=(0, 1_234_567_890))
        job = job_of(folder / "talk.mp3")
        moves.fail(job, there, of_job(job), NotMediaError("is text"))
    assert [name for name in names(there) if name.endswith(".mp3")] == ["talk-2.mp3", "talk.mp3"]


def test_the_reason_names_a_sidecar_as_it_is_called_there(inbox, there):
    for _ in range(2):
        media, _ = put(inbox, "talk.mp3", "talk.toml")
        job = job_of(media)
        error = SidecarError("is not valid TOML", file="talk.toml")
        moved = moves.fail(job, there, of_job(job), error)
    assert moved.name == "talk-2.mp3"
    assert "talk-2.toml is not valid" in (there / "talk-2.mp3.error.txt").read_text()
    assert json.loads((there / "talk-2.mp3.error.json").read_text())["file"] == "talk-2.toml"


def test_what_a_killed_failure_left_goes_when_the_job_ends_well_but_no_failure_does(inbox, there):
    there.mkdir()
    media, picture = put(inbox, "talk.mp3", "talk.png")
    (there / "talk.mp3").hardlink_to(media)
    (there / "talk.png").hardlink_to(picture)
    moves.forget_failure(job_of(media), there)
    assert names(there) == []

    job = job_of(media)
    moves.fail(job, there, of_job(job), NotMediaError("is text"))
    before = names(there)
    put(inbox, "talk.mp3")
    moves.forget_failure(job_of(media), there)
    assert names(there) == before


def test_a_recording_that_is_gone_is_said_to_have_changed(inbox, there):
    (media,) = put(inbox, "talk.mp3")
    job = job_of(media)
    seen = of_job(job)
    media.unlink()

    for move in (lambda: moves.archive(job, there, seen), lambda: moves.delete(job, seen)):
        with pytest.raises(SourceChangedError, match="is gone from the inbox"):
            move()
    with pytest.raises(SourceChangedError, match="vanished"):
        of_job(job)


def test_a_recording_that_became_a_link_is_not_followed(inbox, there, tmp_path):
    (media,) = put(inbox, "talk.mp3")
    job = job_of(media)
    seen = of_job(job)
    media.unlink()
    media.symlink_to("/etc/passwd")

    with pytest.raises(SourceChangedError):
        moves.archive(job, there, seen)
    assert not there.exists()


@pytest.mark.parametrize("name", ["talk.mp3", "talk.toml"])
def test_what_has_taken_the_place_of_a_file_since_it_was_seen_is_left_alone(inbox, there, name):
    media, _ = put(inbox, "talk.mp3", "talk.toml")
    job = job_of(media)
    seen = of_job(job)
    (inbox / "new").write_bytes(b"another take")
    (inbox / "new").replace(inbox / name)

    for move in (
        lambda: moves.archive(job, there, seen),
        lambda: moves.fail(job, there, seen, NoAudioError("it has no sound")),
        lambda: moves.delete(job, seen),
    ):
        with pytest.raises(SourceChangedError, match="changed while it was processed"):
            move()
    assert (inbox / name).read_bytes() == b"another take"
    assert names(inbox) == ["talk.mp3", "talk.toml"] and not there.exists()


def test_nothing_is_moved_to_where_it_lies(inbox, tmp_path):
    (media,) = put(inbox, "talk.mp3")
    (tmp_path / "archive").symlink_to(inbox)
    with pytest.raises(PublishError, match="it lies there"):
        moves.archive(job_of(media), tmp_path / "archive", of_job(job_of(media)))
    assert names(inbox) == ["talk.mp3"]


def test_a_sidecar_that_is_gone_does_not_hold_up_the_rest(inbox, there):
    media, picture = put(inbox, "talk.mp3", "talk.png")
    job = job_of(media)
    seen = of_job(job)
    picture.unlink()

    assert moves.archive(job, there, seen) == [there / "talk.mp3"]


def test_a_folder_that_cannot_be_had_leaves_the_source_and_says_what_helps(inbox, tmp_path):
    (media,) = put(inbox, "talk.mp3")
    (in_the_way,) = put(tmp_path, "archive")

    with pytest.raises(PublishError, match="cannot be moved to the archive") as caught:
        moves.archive(job_of(media), in_the_way, of_job(job_of(media)))
    assert caught.value.file == "talk.mp3"
    assert media.exists()
    with pytest.raises(PublishError) as caught:
        moves.archive(job_of(media), tmp_path / "no" / "archive", of_job(job_of(media)))
    assert caught.value.details == {"errno": "ENOENT"}
    assert "mount the folder" in caught.value.advice


def test_a_failed_recording_moves_with_its_reason_beside_it(inbox, there):
    media, *_ = put(inbox, "talk.mp3", "talk.png")
    error = NoAudioError("it has no sound", file="talk.mp3")

    moved = moves.fail(job_of(media), there, of_job(job_of(media)), error)

    assert moved == there / "talk.mp3"
    assert names(there) == ["talk.mp3", "talk.mp3.error.json", "talk.mp3.error.txt", "talk.png"]
    facts = json.loads((there / "talk.mp3.error.json").read_text())
    assert facts["code"] == "no_audio"
    assert facts["name"] == "talk.mp3"
    assert facts["job_id"] == "0123456789ab"
    assert (there / "talk.mp3.error.txt").read_text() == (
        "talk.mp3 was not made into a video: it has no sound. Export the recording with its "
        "audio track and drop it again. To try again, move it back into the inbox, together "
        "with talk.png. The file talk.mp3.error.json has the details.\n"
    )


def test_the_reason_names_the_sidecar_and_the_folder_of_the_preset(inbox, there):
    (inbox / "lyrics").mkdir()
    media, _ = put(inbox / "lyrics", "talk.mp3", "talk.toml")

    moves.fail(
        job_of(media, "lyrics"),
        there,
        of_job(job_of(media, "lyrics")),
        SidecarError("is not valid TOML", file="talk.toml"),
    )

    text = (there / "talk.mp3.error.txt").read_text()
    assert "video: talk.toml is not valid TOML. Correct" in text
    assert "move it back into the folder lyrics of the inbox" in text


@pytest.mark.parametrize("name", NAMES)
def test_every_name_gets_a_reason_that_is_one_paragraph_of_utf8(inbox, there, name):
    (media,) = put(inbox, name)

    moves.fail(
        job_of(media),
        there,
        of_job(job_of(media)),
        NoAudioError("it has no sound", file=str(media)),
    )

    (text,) = there.glob("*.error.txt")
    (facts,) = there.glob("*.error.json")
    assert (there / name).exists()
    assert text.read_text("utf-8").count("\n") == 1
    assert bytes.fromhex(json.loads(facts.read_text("utf-8"))["name_hex"]) == os.fsencode(name)


def test_a_reason_holds_no_path_of_the_machine_and_survives_odd_details(inbox, there):
    (media,) = put(inbox, "talk.mp3")
    deep = []
    deep.append(deep)
    error = FfmpegError(
        f"cannot read {media}",
        file=str(media),
        stderr=[f"{media}: Invalid data", b"\xff"],
        path=media,
        deep=deep,
        ratio=0.5,
        lone="\ud800",
    )

    moves.fail(job_of(media), there, of_job(job_of(media)), error)

    for reason in there.glob("*.error.*"):
        assert str(inbox) not in reason.read_text()
    facts = json.loads((there / "talk.mp3.error.json").read_text())
    assert facts["details"]["stderr"][0] == "talk.mp3: Invalid data"
    assert facts["details"]["ratio"] == 0.5


def test_a_second_failure_replaces_the_reason_of_the_first(inbox, there):
    (media,) = put(inbox, "talk.mp3")
    moves.fail(job_of(media), there, of_job(job_of(media)), NoAudioError("it has no sound"))
    (there / "talk.mp3").rename(media)

    moves.fail(job_of(media), there, of_job(job_of(media)), SidecarError("it is odd"))

    assert names(there) == ["talk.mp3", "talk.mp3.error.json", "talk.mp3.error.txt"]
    assert json.loads((there / "talk.mp3.error.json").read_text())["code"] == "bad_sidecar"


def test_a_reason_is_forgotten_once_its_recording_has_left(inbox, there):
    (media,) = put(inbox, "talk.mp3")
    moves.fail(job_of(media), there, of_job(job_of(media)), NoAudioError("it has no sound"))

    reasons.forget(there, "talk.mp3")
    assert len(names(there)) == 3
    (there / "talk.mp3").rename(media)
    reasons.forget(there, "talk.mp3")
    assert not names(there)
    reasons.forget(there, "talk.mp3")


def test_deleting_a_job_leaves_what_another_recording_needs(inbox):
    first, second, _, _ = put(inbox, "talk.mp3", "talk.wav", "talk.png", "talker.mp3")
    jobs = job_of(first), job_of(second)

    moves.delete(jobs[0], of_job(jobs[0]))
    assert names(inbox) == ["talk.png", "talk.wav", "talker.mp3"]
    moves.delete(jobs[1], of_job(jobs[1]))
    assert names(inbox) == ["talker.mp3"]


def test_a_new_recording_under_the_name_of_the_one_just_moved_is_left(inbox, there):
    (media,) = put(inbox, "talk.mp3")
    found = of_job(job_of(media))
    media.unlink()
    put(inbox, "talk.mp3", content=b"a new take")

    moves._remove(media, found)

    assert media.read_bytes() == b"a new take"


def test_a_sweep_removes_only_copies_that_were_cut_short_long_ago(there, monkeypatch):
    there.mkdir()
    put(there, ".moving-abc", "talk.mp3")

    assert moves.sweep(there) == 0
    tomorrow = time.time() + 90_000
    monkeypatch.setattr(moves.time, "time", lambda: tomorrow)
    assert moves.sweep(there) == 1
    assert names(there) == ["talk.mp3"]


def test_an_atomic_write_leaves_nothing_behind_when_it_fails(tmp_path):
    (tmp_path / "folder").mkdir()

    with pytest.raises(OSError, match="directory"):
        durable.write(tmp_path / "folder", b"x")
    assert names(tmp_path) == ["folder"]
