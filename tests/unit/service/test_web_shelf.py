import json
import os

from karaokify_daemon.service.web import shelf
from tests.support.web import bundle


def test_a_page_of_bundles_has_the_newest_and_counts_all(tmp_path):
    for i in range(5):
        os.utime(bundle(tmp_path, f"talk-{i}") / "manifest.json", (i, i))
    told = shelf.page(tmp_path, offset=1, limit=2)
    assert told["total"] == 5
    assert [one["name"] for one in told["bundles"]] == ["talk-3", "talk-2"]
    assert told["bundles"][0]["seconds"] == 12.5 and told["bundles"][0]["poster"]


def test_bundles_are_found_by_a_part_of_their_name(tmp_path):
    for name in ("Bees", "beets", "ants"):
        bundle(tmp_path, name)
    told = shelf.page(tmp_path, offset=0, limit=10, query="BEE")
    assert {one["name"] for one in told["bundles"]} == {"Bees", "beets"} and told["total"] == 2


def test_without_an_outbox_there_are_none(tmp_path):
    assert shelf.page(tmp_path / "gone", offset=0, limit=9) == {"total": 0, "bundles": []}
    assert shelf.version(tmp_path / "gone") == ""


def test_the_version_tells_that_a_bundle_has_come(tmp_path):
    os.utime(tmp_path, (1, 1))
    before = shelf.version(tmp_path)
    bundle(tmp_path, "talk")
    assert shelf.version(tmp_path) != before


def test_a_bundle_tells_its_videos_the_full_one_first(tmp_path):
    reels = [{"ending": ".short-1.mp4", "title": "Bees"}]
    files = ["talk.short-1.mp4", "talk.short-1.json", "talk.short-1.jpg", "talk.srt", "evil.html"]
    bundle(tmp_path, "talk", files=files, highlights={"reels": reels}, title="On bees")
    told = shelf.bundle(tmp_path, "talk")
    full, reel = told["videos"]
    assert full == {
        "file": "talk.mp4", "kind": "full", "label": "", "title": "", "poster": "poster.jpg",
        "clips": None,
    }  # fmt: skip
    assert reel == {
        "file": "talk.short-1.mp4", "kind": "reel", "label": "short-1", "title": "Bees",
        "poster": "talk.short-1.jpg", "clips": "talk.short-1.json",
    }  # fmt: skip
    assert told["title"] == "On bees" and told["transcript"] == "talk.json"
    assert "evil.html" not in [one["name"] for one in told["files"]]


def test_a_title_that_was_given_stands_before_one_that_was_found(tmp_path):
    for name, given in (("given", "My talk"), ("found", "talk"), ("none", "")):
        facts = {"options": {"video": {"title": given}}, "source": {"name": "talk.mp3"}}
        bundle(tmp_path, name, title="Bees", **facts)
    titles = {one: shelf.bundle(tmp_path, one)["title"] for one in ("given", "found", "none")}
    assert titles == {"given": "My talk", "found": "Bees", "none": "Bees"}
    (tmp_path / "none/manifest.json").write_text('{"options": {"video": {"title": "x"}}}')
    assert shelf.bundle(tmp_path, "none")["title"] == "x"


def test_a_manifest_may_hold_anything(tmp_path):
    odd = ["[]", "{", "\x00", "9" * 5000, "[" * 100_000, "null"]
    facts = {
        "title": 7,
        "duration_seconds": "x",
        "options": [],
        "source": None,
        "highlights": {"reels": [1, {"ending": []}]},
        "chapters": [None, {}],
        "warnings": {"a": 1},
        "language": {},
        "model": [],
        "words": True,
    }
    odd.append(json.dumps(facts))
    odd.append('{"duration_seconds": NaN, "words": 1e999, "warnings": [1, "w"]}')
    for i, text in enumerate(odd):
        (bundle(tmp_path, f"odd-{i}") / "manifest.json").write_text(text)
        told = shelf.bundle(tmp_path, f"odd-{i}")
        assert told["title"] == f"odd-{i}" and told["seconds"] is None and told["words"] is None
    assert shelf.page(tmp_path, offset=0, limit=99)["total"] == len(odd)


def test_a_bundle_without_a_transcript_or_video_is_told_nevertheless(tmp_path):
    folder = bundle(tmp_path, "talk")
    (folder / "talk.json").unlink()
    (folder / "talk.mp4").unlink()
    told = shelf.bundle(tmp_path, "talk")
    assert told["transcript"] is None and told["videos"] == []
