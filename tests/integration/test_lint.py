"""`karaokify-daemon lint` on the files that a bundle has, and on bad ones."""

import json

import pytest

from tests.support.media import speech, transcript
from tests.support.service import run_cli

BAD = "1\n00:00:01,000 --> 00:00:01,300\nHe walked to the\nharbour\n\n"


@pytest.mark.torch
@pytest.mark.parametrize(
    ("style", "size"), [("sweep", "320x180"), ("pill", "180x320"), ("punch", "180x320")]
)
def test_what_is_published_is_clean(tree, style, size):
    text = "It was a bright cold day in April, and the clocks were striking thirteen. Nobody spoke."
    words = speech(tree.folder / "talk.wav", text)
    transcript(tree.inbox / "talk.json", words)
    (tree.folder / "talk.wav").rename(tree.inbox / "talk.wav")
    tree.settings |= {"video.style": style, "video.size": size}
    assert tree.once()[0] == 0
    endings = ("json", "srt", "vtt") if style in ("sweep", "pill") else ("json",)
    files = [tree.outbox / "talk" / f"talk.{ending}" for ending in endings]
    done = run_cli("lint", *files, "--set", f"video.style={style}", "--set", f"video.size={size}")
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def test_findings_say_where_what_and_how_much(tmp_path):
    path = tmp_path / "bad.srt"
    path.write_text(BAD)
    done = run_cli("lint", path)
    assert done.returncode == 1
    assert f"{path}:1 00:00:01.000 short:" in done.stdout and "(300, limit 833)" in done.stdout


def test_what_speech_forces_is_told_only_when_asked(tmp_path):
    path = tmp_path / "fast.json"
    words = [{"text": "internationalisation", "start": i / 2, "end": i / 2 + 0.5} for i in range(9)]
    path.write_text(json.dumps({"segments": [{"words": words}]}))
    assert run_cli("lint", path).stdout == ""
    assert "speech leaves no choice" in run_cli("lint", "--all", path).stdout


def test_what_cannot_be_read_is_an_error(tmp_path):
    (tmp_path / "x.srt").write_text("nothing")
    done = run_cli("lint", tmp_path / "x.srt")
    assert done.returncode == 2 and "x.srt" in done.stderr
    (tmp_path / "x.doc").write_text("nothing")
    assert "is none of .json, .vtt" in run_cli("lint", tmp_path / "x.doc").stderr


def test_phrases_are_those_of_the_language_of_the_name_or_of_the_configuration(tmp_path):
    cue = "1\n00:00:01,000 --> 00:00:04,000\nall of the old men die\ntomorrow in the morning\n"
    for name in ("talk.en.srt", "talk.de.srt", "talk.srt"):
        (tmp_path / name).write_text(cue)
    assert run_cli("lint", tmp_path / "talk.en.srt").returncode == 0
    assert " break: " in run_cli("lint", tmp_path / "talk.de.srt").stdout
    assert run_cli("lint", tmp_path / "talk.srt").returncode == 0
    german = run_cli("lint", tmp_path / "talk.srt", "--set", "transcribe.language=de")
    assert " break: " in german.stdout
