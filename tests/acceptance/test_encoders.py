"""The encoder of a bundle, from the real service: this machine has no graphics card to encode."""

import json

import pytest

from tests.support.encoders import StandIn
from tests.support.media import speech, transcript
from tests.support.service import events

pytestmark = pytest.mark.torch

NO_CARD = "if hardware: sys.exit('[h264_nvenc @ 0x1] Cannot load libcuda.so.1')"


def drop(tree, name):
    words = speech(tree.folder / "a.wav", f"Hello world, {name}.")
    transcript(tree.inbox / f"{name}.json", words)
    (tree.folder / "a.wav").rename(tree.inbox / f"{name}.wav")


def told(tree, name):
    return json.loads((tree.outbox / name / "manifest.json").read_text())


def test_a_bundle_says_what_has_encoded_it_and_what_could_not(tree):
    tree.settings |= {"video.encoder": "h264_nvenc", "highlights.seconds": "3"}
    tree.settings["limits.ffmpeg"] = str(StandIn(tree.folder, first=NO_CARD))
    drop(tree, "one")
    drop(tree, "two")
    status, log = tree.once()
    assert status == 0 and not events(log, "job.failed")
    told_once = events(log, "encoder.fallback")
    assert [line["reason"] for line in told_once] == ["Cannot load libcuda.so.1"]
    assert told_once[0]["level"] == "warning" and told_once[0]["job_id"]
    expected = (
        "h264_nvenc does not work here (Cannot load libcuda.so.1); "
        "the video was encoded by libx264"
    )
    for name in ("one", "two"):
        manifest = told(tree, name)
        assert set(manifest["encoders"].values()) == {"libx264"}
        assert manifest["encoders"].keys() >= {f"{name}.mp4"}
        assert manifest["warnings"].count(expected) == 1
    assert all(expected in line["warnings"] for line in events(log, "job.done"))


def test_another_encoder_makes_no_other_bundle(tree):
    drop(tree, "talk")
    tree.once()
    assert told(tree, "talk")["encoders"] == {"talk.mp4": "libx264"}
    tree.settings |= {"video.encoder": "h264_nvenc", "limits.ffmpeg": str(StandIn(tree.folder))}
    for name in tree.names("archive"):
        (tree.archive / name).rename(tree.inbox / name)
    _, log = tree.once()
    assert [line["published"] for line in events(log, "job.done")] == [False]
    assert tree.names("outbox") == ["talk"]
    drop(tree, "new")
    tree.once()
    assert told(tree, "new")["encoders"] == {"new.mp4": "h264_nvenc"}
    assert told(tree, "new")["warnings"] == []
