import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from karaokify_daemon.adapters.files import outbox
from karaokify_daemon.adapters.files.outbox import Bundle
from karaokify_daemon.errors import PublishError
from tests.support.files import dead_pid, other_process, put, write_lock

BUILD = (
    "from pathlib import Path\n"
    "from karaokify_daemon.adapters.files.outbox import Bundle\n"
    "bundle = Bundle.begin(Path(sys.argv[1]), 'talk', sys.argv[2])\n"
    "bundle.empty()\n"
    "bundle.file('.mp4').write_bytes(b'half')\n"
)


def build(folder, stem="talk", identity="1"):
    bundle = Bundle.begin(folder, stem, identity)
    bundle.empty()
    for ending in (".mp4", ".json", ".srt"):
        bundle.file(ending).write_text(f"{stem}{ending} {identity}")
    (bundle.path / "poster.jpg").write_bytes(b"jpg")
    (bundle.path / "manifest.json").write_text(json.dumps({"identity": identity}))
    return bundle


def visible(folder):
    return sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))


def contents(folder):
    return sorted(p.name for p in folder.iterdir() if p.name != ".karaokify-guard")


def test_a_bundle_is_hidden_and_private_until_it_is_committed(tmp_path):
    bundle = build(tmp_path)

    assert not visible(tmp_path)
    assert stat.S_IMODE(bundle.path.stat().st_mode) == 0o700
    assert bundle.commit() == tmp_path / "talk"
    assert contents(tmp_path) == ["talk"]
    assert contents(tmp_path / "talk") == [
        "manifest.json",
        "poster.jpg",
        "talk.json",
        "talk.mp4",
        "talk.srt",
    ]


def test_a_published_bundle_has_the_modes_that_the_umask_gives(tmp_path):
    old = os.umask(0o027)
    try:
        folder = build(tmp_path).commit()
    finally:
        os.umask(old)

    assert stat.S_IMODE(folder.stat().st_mode) == 0o750
    assert {stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()} == {0o640}


@pytest.mark.parametrize(
    ("mode", "of_folder"), [(0o600, 0o700), (0o640, 0o750), (0o664, 0o775), (0o666, 0o777)]
)
def test_a_published_bundle_has_the_mode_that_was_asked_for(tmp_path, mode, of_folder):
    folder = build(tmp_path).commit(mode)

    assert stat.S_IMODE(folder.stat().st_mode) == of_folder
    assert {stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()} == {mode}


def test_a_bundle_of_a_setgid_outbox_is_its_group_s_and_appears_where_no_setgid_may_be_set(
    tmp_path, monkeypatch
):
    """RestrictSUIDSGID= of the unit refuses chmod(2) with that bit."""
    tmp_path.chmod(0o2755)
    assert build(tmp_path).commit().stat().st_mode & stat.S_ISGID
    chmod = os.chmod

    def restricted(path, mode, **options):
        if mode & stat.S_ISGID:
            raise PermissionError(1, "Operation not permitted", str(path))
        chmod(path, mode, **options)

    monkeypatch.setattr(os, "chmod", restricted)
    published = build(tmp_path, identity="2").commit(0o640)
    assert visible(tmp_path) == ["talk", "talk-2"]
    assert stat.S_IMODE(published.stat().st_mode) == 0o750


def test_a_taken_name_gets_a_number_and_so_do_the_files_of_its_stem(tmp_path):
    build(tmp_path, identity="1").commit()
    put(tmp_path, "talk-2")

    third = build(tmp_path, identity="3").commit()

    assert third == tmp_path / "talk-3"
    assert contents(third) == [
        "manifest.json",
        "poster.jpg",
        "talk-3.json",
        "talk-3.mp4",
        "talk-3.srt",
    ]
    assert (third / "talk-3.mp4").read_text() == "talk.mp4 3"
    assert (tmp_path / "talk" / "talk.mp4").read_text() == "talk.mp4 1"
    assert (tmp_path / "talk-2").read_bytes() == b"talk-2"


def test_a_link_of_the_wanted_name_counts_as_taken(tmp_path):
    (tmp_path / "talk").symlink_to(tmp_path / "nowhere")

    assert build(tmp_path).commit().name == "talk-2"


def test_threads_that_publish_one_name_at_once_all_get_a_whole_bundle(tmp_path):
    barrier = Barrier(8)
    bundles = [build(tmp_path, identity=str(n)) for n in range(8)]

    def commit(bundle):
        barrier.wait()
        return bundle.commit()

    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(commit, bundles))

    assert sorted(p.name for p in paths) == ["talk", *(f"talk-{n}" for n in range(2, 9))]
    for n, path in enumerate(paths):
        assert (path / f"{path.name}.mp4").read_text() == f"talk.mp4 {n}"
        assert len(contents(path)) == 5
    assert len(contents(tmp_path)) == 8


def test_a_bundle_that_is_left_without_a_commit_is_gone(tmp_path):
    with pytest.raises(ZeroDivisionError), build(tmp_path):
        raise ZeroDivisionError

    assert not contents(tmp_path)


def test_working_files_that_could_not_be_removed_are_not_published(tmp_path):
    bundle = build(tmp_path)
    (bundle.path / ".render-x").mkdir()
    (bundle.path / ".render-x" / "fonts").touch()
    (bundle.path / ".part").touch()

    assert not [n for n in contents(bundle.commit()) if n.startswith(".")]


def test_discarding_a_published_bundle_leaves_it(tmp_path):
    with build(tmp_path) as bundle:
        bundle.commit()

    assert contents(tmp_path) == ["talk"]


def test_a_link_inside_a_bundle_is_refused(tmp_path):
    bundle = build(tmp_path)
    bundle.file(".ass").symlink_to("/etc/passwd")

    with pytest.raises(PublishError, match="not a regular file"):
        bundle.commit()
    assert not visible(tmp_path)


def test_a_missing_outbox_is_an_error_and_is_not_created(tmp_path):
    with pytest.raises(PublishError, match="cannot be begun"):
        Bundle.begin(tmp_path / "gone", "talk", "1")
    assert not (tmp_path / "gone").exists()
    assert outbox.find(tmp_path / "gone", "1") is None
    with pytest.raises(PublishError, match="cannot be read"):
        outbox.find(put(tmp_path, "file")[0], "1")
    with pytest.raises(PublishError):
        outbox.sweep(tmp_path / "gone")


def test_a_bundle_is_found_by_its_identity_whatever_its_number(tmp_path):
    for identity in "123":
        build(tmp_path, identity=identity).commit()

    assert outbox.find(tmp_path, "3") == tmp_path / "talk-3"
    assert outbox.find(tmp_path, "4") is None


def test_a_bundle_is_found_after_a_lower_number_was_removed(tmp_path):
    build(tmp_path, "[x].*", "1").commit()
    second = build(tmp_path, "[x].*", "2").commit()
    (tmp_path / "[x].*").rename(tmp_path / "elsewhere")

    assert outbox.find(tmp_path, "2") == second


def test_a_bundle_that_is_another_one_now_is_read_again(tmp_path):
    path = build(tmp_path, identity="1").commit()
    assert outbox.find(tmp_path, "1") == path
    (path / "manifest.json").write_text(json.dumps({"identity": "23"}))
    assert outbox.find(tmp_path, "1") is None
    assert outbox.find(tmp_path, "23") == path
    (path / "manifest.json").unlink()
    assert outbox.find(tmp_path, "23") is None


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff", b'{"identity": 1}'])
def test_a_damaged_manifest_is_no_match(tmp_path, content):
    (build(tmp_path).commit() / "manifest.json").write_bytes(content)

    assert outbox.find(tmp_path, "1") is None


def test_a_bundle_under_construction_is_not_found(tmp_path):
    with build(tmp_path):
        assert outbox.find(tmp_path, "1") is None


def test_a_sweep_removes_what_a_killed_process_left_and_nothing_else(tmp_path):
    build(tmp_path).commit()
    with other_process(BUILD, tmp_path, "2") as living, build(tmp_path) as mine:
        before = contents(tmp_path)
        with other_process(BUILD, tmp_path, "3") as killed:
            killed.kill()
        assert outbox.sweep(tmp_path) == 1
        assert contents(tmp_path) == before
        assert mine.file(".mp4").exists()
        living.kill()
        living.wait()
        assert outbox.sweep(tmp_path) == 1
    assert contents(tmp_path) == ["talk"]


def test_a_sweep_leaves_what_another_host_builds(tmp_path):
    (tmp_path / ".building-1").mkdir()
    write_lock(tmp_path / ".building-1.lock", dead_pid(), "elsewhere")

    assert outbox.sweep(tmp_path) == 0
    assert (tmp_path / ".building-1").is_dir()


def test_a_sweep_removes_a_folder_and_a_lock_that_have_lost_each_other(tmp_path):
    (tmp_path / ".building-1").mkdir()
    put(tmp_path / ".building-1", "talk.mp4")
    write_lock(tmp_path / ".building-2.lock", dead_pid())

    assert outbox.sweep(tmp_path) == 1
    assert not contents(tmp_path)


def test_the_same_content_is_built_by_one_at_a_time_and_another_may_go_on(tmp_path):
    with build(tmp_path, identity="1"):
        assert Bundle.begin(tmp_path, "other", "1") is None
        with build(tmp_path, identity="2"):
            pass
    with Bundle.begin(tmp_path, "other", "1") as bundle:
        assert bundle.files() == {}


def test_a_whole_bundle_waits_for_the_next_attempt_and_a_half_one_does_not(tmp_path):
    with build(tmp_path) as bundle:
        bundle.flush()
        bundle.keep = True
        files = bundle.files()

    assert "manifest.json" not in files and files["poster.jpg"] == 3
    assert outbox.sweep(tmp_path, ["1"]) == 0
    with Bundle.begin(tmp_path, "talk", "1") as again:
        assert again.files() == files
        again.commit()
    assert contents(tmp_path) == ["talk"]


def test_what_is_not_needed_any_more_is_dropped_unless_it_is_in_use(tmp_path):
    with build(tmp_path) as bundle:
        bundle.keep = True
        outbox.drop(tmp_path, "1")
        assert bundle.files()
    outbox.drop(tmp_path, "1")
    assert contents(tmp_path) == []


def test_what_a_killed_process_has_left_is_emptied(tmp_path):
    with other_process(BUILD, tmp_path, "1") as killed:
        killed.kill()
    with Bundle.begin(tmp_path, "talk", "1") as bundle:
        assert bundle.files() == {"talk.mp4": 4}
        bundle.empty()
        assert bundle.files() == {}


def test_every_bundle_tells_its_job(tmp_path):
    path = build(tmp_path, identity="1").commit()
    (path / "manifest.json").write_text(json.dumps({"identity": "1", "job_id": "7"}))
    (tmp_path / "a person's").mkdir()

    assert list(outbox.published(tmp_path)) == [(path, ("1", "7"))]
