"""Bad input ends with a reason in failed/ or in a correct bundle; nothing is lost."""

import json
import os

import numpy as np
import pytest
from scipy.io import wavfile

from tests.support.media import clip, picture, speech, transcript
from tests.support.service import events
from tools.speech import SAMPLE_RATE

pytestmark = pytest.mark.torch

STRANGE = [
    "two words.wav",
    'it\'s "quoted".wav',
    "100%d %(x)s.wav",
    "a:b.wav",
    "[in] {brackets}.wav",
    "back\\slash, comma;semi=equals.wav",
    "new\nline.wav",
    "-i.wav",
    "--help.wav",
    "🎤 karaoke 🎶.wav",
    "x" * 251 + ".wav",
    "é" * 125 + ".wav",
    os.fsdecode(b"caf\xe9 \xff.wav"),
]


def reason(tree, name):
    """Return the reason file of a failed source, and check that a person gets one too."""
    assert (tree.failed / name).exists(), tree.names("failed")
    text = (tree.failed / f"{name}.error.txt").read_text()
    assert name in text and len(text.strip().splitlines()) == 1
    return json.loads((tree.failed / f"{name}.error.json").read_text())


def test_each_bad_recording_fails_with_its_reason_and_the_good_one_is_done(tree):
    words = speech(tree.folder / "good.wav", "Hello world.")
    (tree.inbox / "empty.mp3").touch()
    (tree.inbox / "text.mp3").write_text("This is not music. " * 500)
    whole = clip(tree.folder / "whole.mp4", tree.folder / "good.wav")
    (tree.inbox / "cut.mp4").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    clip(tree.inbox / "mute.mp4", None)
    (tree.inbox / "list.mp4").write_text("#EXTM3U\n#EXTINF:1,\n/etc/passwd\n")
    transcript(tree.inbox / "good.json", words)
    (tree.folder / "good.wav").rename(tree.inbox / "good.wav")
    status, log = tree.once()
    assert status == 1
    expected = {"empty.mp3": "empty", "text.mp3": "", "cut.mp4": "incomplete", "list.mp4": ""}
    for name, says in expected.items():
        error = reason(tree, name)
        assert error["code"] == "not_media" and says in error["problem"], error
    assert reason(tree, "mute.mp4")["code"] == "no_audio"
    assert tree.names("outbox") == ["good"] and tree.names("inbox") == []
    assert len(events(log, "job.failed")) == 5
    assert tree.hidden("outbox") == []


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("talk.json", b"", "is empty"),
        ("talk.json", b'{"segments": [', "not valid JSON"),
        ("talk.json", b"\xff\xfe\x00", "not UTF-8"),
        ("talk.json", b'{"segments": [{"words": [{"text": "x", "start": "now"}]}]}', "segments[0]"),
        ("talk.json", b"[" * 100_000, "JSON"),
        ("talk.toml", b"", "is empty"),
        ("talk.toml", b"title = ", "not valid TOML"),
        ("talk.toml", b'titel = "x"', "did you mean 'title'"),
        ("talk.toml", b'model = "/etc/passwd"', "configuration only"),
        ("talk.png", b"", "empty"),
        ("talk.png", b"not a picture", ""),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_bad_sidecar_fails_the_job_by_name_and_both_files_come_back(tree, name, content, says):
    words = speech(tree.inbox / "talk.wav", "Hello world.")
    if not name.endswith(".json"):
        transcript(tree.inbox / "talk.json", words)
    (tree.inbox / name).write_bytes(content)
    assert tree.once()[0] == 1
    error = reason(tree, "talk.wav")
    assert error["code"] == "bad_sidecar" and says in error["problem"], error
    assert name in error["file"]
    assert {"talk.wav", name} <= set(tree.names("failed")) and tree.names("outbox") == []


def test_a_failed_file_moved_back_is_tried_again(tree):
    words = speech(tree.inbox / "talk.wav", "Hello world.")
    (tree.inbox / "talk.json").write_text("{")
    assert tree.once()[0] == 1
    transcript(tree.failed / "talk.json", words)
    for name in tree.names("failed"):  # the reason files too: a user moves all there is
        (tree.failed / name).rename(tree.inbox / name)
    assert tree.once()[0] == 0
    assert tree.names("outbox") == ["talk"]


def test_strange_names_become_bundles_and_none_is_lost(tree):
    words = speech(tree.folder / "good.wav", "Hello world.")
    sound = (tree.folder / "good.wav").read_bytes()
    for name in STRANGE:
        (tree.inbox / name).write_bytes(sound)
        if len(os.fsencode(name)) < 250:  # else there is no room for the longer ending
            transcript((tree.inbox / name).with_suffix(".json"), words)
    status, log = tree.once()
    assert status == 0, events(log, "job.failed")
    assert len(tree.names("outbox")) == len(STRANGE)
    assert set(STRANGE) <= set(tree.names("archive")) and tree.names("inbox") == []
    for bundle in (path for path in tree.outbox.iterdir() if path.is_dir()):
        manifest = json.loads((bundle / "manifest.json").read_text())
        assert os.fsdecode(bytes.fromhex(manifest["source"]["name_hex"])) in STRANGE
        assert (bundle / f"{bundle.name}.mp4").stat().st_size > 1000


def _tune(seconds: float) -> np.ndarray:
    t = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    chord = sum(np.sin(2 * np.pi * hz * t) for hz in (220, 277, 330))
    return (chord * np.exp(-3 * (t % 0.5)) * 6000).astype(np.int16)


@pytest.mark.parametrize("sound", [np.zeros(3 * SAMPLE_RATE, np.int16), _tune(3)])
def test_silence_and_music_give_a_bundle_that_says_no_speech(tree, sound):
    wavfile.write(tree.inbox / "tune.wav", SAMPLE_RATE, sound)
    status, log = tree.once()
    assert status == 0, events(log, "job.failed")
    manifest = json.loads((tree.outbox / "tune" / "manifest.json").read_text())
    assert manifest["warnings"] == ["no speech found"]
    assert "No speech found" in (tree.outbox / "tune" / "tune.ass").read_text()


def test_no_speech_fails_where_the_configuration_says_so(tree):
    wavfile.write(tree.inbox / "quiet.wav", SAMPLE_RATE, np.zeros(SAMPLE_RATE, np.int16))
    tree.settings["transcribe.no_speech"] = "fail"
    assert tree.once()[0] == 1
    assert reason(tree, "quiet.wav")["code"] == "no_speech"


def test_what_is_no_recording_waits_visibly(tree):
    (tree.inbox / "notes.docx").write_text("x")
    picture(tree.inbox / "lonely.png")
    os.mkfifo(tree.inbox / "pipe.mp3")
    (tree.inbox / "link.mp3").symlink_to("/etc/passwd")
    (tree.inbox / "nopreset").mkdir()
    status, log = tree.once()
    assert status == 0
    told = {line["file"] for line in events(log, "inbox.waiting") + events(log, "inbox.refused")}
    assert told >= {"notes.docx", "lonely.png", "pipe.mp3", "link.mp3", "nopreset"}
    assert len(tree.names("inbox")) == 5
