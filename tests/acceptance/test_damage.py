"""Recordings of which a part is missing or destroyed: what there is is used, and it is told."""

import json
import subprocess

import pytest

from tests.support.media import convert, speech, transcript
from tests.support.service import events

LONG = " ".join(["Hello world."] * 8)


def cut(content):
    return content[: len(content) // 2]


def holed(content):
    third = len(content) // 3
    return content[:third] + bytes(range(256)) * 8 + content[third + 2048 :]


@pytest.mark.parametrize(
    ("suffix", "spoil"), [(".wav", cut), (".mp3", cut), (".flac", cut), (".mp3", holed)]
)
def test_a_damaged_recording_is_told_of_and_never_deleted(tree, suffix, spoil):
    tree.settings["intake.after_success"] = "delete"
    words = speech(tree.folder / "whole.wav", LONG)
    whole = convert(tree.folder / "whole.wav", tree.folder / f"talk{suffix}")
    content = spoil(whole.read_bytes())
    transcript(tree.inbox / "talk.json", words)
    (tree.inbox / f"talk{suffix}").write_bytes(content)
    status, log = tree.once()
    assert status == 0
    manifest = json.loads((tree.outbox / "talk" / "manifest.json").read_text())
    assert manifest["damaged"] and "damaged, or cut short" in manifest["warnings"][0]
    assert "@ 0x" not in manifest["warnings"][0]
    assert events(log, "job.done")[0]["warnings"] == manifest["warnings"]
    assert (tree.archive / f"talk{suffix}").read_bytes() == content


def test_a_recording_that_ends_between_two_frames_is_told_of(tree):
    words = speech(tree.folder / "whole.wav", LONG)
    whole = convert(tree.folder / "whole.wav", tree.folder / "talk.mkv", "-c:a", "pcm_s16le")
    probed = ["ffprobe", "-v", "error", "-show_entries", "packet=pos,size", "-of", "csv=p=0"]
    packets = subprocess.check_output([*probed, str(whole)], text=True).splitlines()
    size, pos = (int(field) for field in packets[len(packets) // 2].split(","))
    transcript(tree.inbox / "talk.json", words)
    (tree.inbox / "talk.mkv").write_bytes(whole.read_bytes()[: pos + size])
    assert tree.once()[0] == 0
    manifest = json.loads((tree.outbox / "talk" / "manifest.json").read_text())
    assert manifest["damaged"]


@pytest.mark.parametrize("suffix", [".wav", ".mp3", ".flac", ".m4a", ".opus", ".mkv"])
def test_a_recording_without_damage_is_deleted_where_that_is_asked_for(tree, suffix):
    tree.settings["intake.after_success"] = "delete"
    transcript(tree.inbox / "talk.json", speech(tree.folder / "whole.wav", "Hello world."))
    options = ["-c:a", "flac"] if suffix == ".mkv" else []
    convert(tree.folder / "whole.wav", tree.inbox / f"talk{suffix}", *options)
    assert tree.once()[0] == 0
    manifest = json.loads((tree.outbox / "talk" / "manifest.json").read_text())
    assert not manifest["damaged"] and manifest["warnings"] == []
    assert tree.names("archive") == [] == tree.names("inbox")
