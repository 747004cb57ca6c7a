"""Trouble around the files rather than in them: nothing is lost, and the service goes on."""

import hashlib
import json
import lzma
import os
import subprocess
from importlib import resources
from pathlib import Path

import pytest

from tests.support.media import speech, transcript
from tests.support.service import COMMAND, events, run_cli

DEMO = Path(str(resources.files("karaokify_daemon"))) / "data" / "demo.pt.xz"


@pytest.mark.parametrize("name", ["archive", "failed", "outbox"])
@pytest.mark.parametrize("linked", [False, True])
def test_a_service_whose_folders_are_one_does_not_start(tree, name, linked):
    speech(tree.inbox / "talk.wav", "Hello world.")
    target = tree.folder / "other"
    target.symlink_to(tree.inbox)
    tree.settings[f"folders.{name}"] = str(target if linked else tree.inbox)
    done = run_cli(*tree.arguments(), "--once")
    assert done.returncode == 2
    assert f"folders.{name}" in done.stderr and "same folder as folders.inbox" in done.stderr
    assert tree.names("inbox") == ["talk.wav"]


@pytest.mark.parametrize("program", ["ffmpeg", "ffprobe"])
def test_a_service_without_ffmpeg_does_not_start(tree, program):
    speech(tree.inbox / "talk.wav", "Hello world.")
    tree.settings[f"limits.{program}"] = "/nowhere/ffmpeg"
    done = run_cli(*tree.arguments(), "--once")
    assert done.returncode == 1 and "apt-get install ffmpeg" in done.stderr
    assert tree.names("inbox") == ["talk.wav"] and tree.names("failed") == []


def test_a_service_with_a_background_that_is_not_there_does_not_start(tree):
    speech(tree.inbox / "talk.wav", "Hello world.")
    tree.settings["video.background"] = str(tree.folder / "nope.png")
    done = run_cli(*tree.arguments(), "--once")
    assert done.returncode == 1 and "nope.png" in done.stderr
    assert "video.background" in done.stderr
    assert tree.names("inbox") == ["talk.wav"] and tree.names("failed") == []


def test_a_folder_that_cannot_be_made_is_named(tree):
    tree.settings["folders.outbox"] = str(tree.config / "outbox")
    done = run_cli(*tree.arguments(), "--once")
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "outbox: the folder cannot be made (Not a directory)" in done.stderr


def test_a_recording_that_is_replaced_while_it_is_processed_is_processed_anew(tree):
    transcript(tree.inbox / "talk.json", speech(tree.folder / "old.wav", "Hello world. " * 20))
    speech(tree.folder / "new.wav", "Hello world.")
    new = (tree.folder / "new.wav").read_bytes()
    tree.settings["video.size"] = "1280x720"  # the render takes its time
    with tree.start() as service:
        service.wait_for("service.started")
        (tree.folder / "old.wav").rename(tree.inbox / "talk.wav")
        service.wait_for("stage.finished", stage="caption")
        (tree.folder / "new.wav").rename(tree.inbox / "talk.wav")
        assert service.wait_for("job.retry")["code"] == "source_changed"
        service.wait_for("job.done")
    assert (tree.archive / "talk.wav").read_bytes() == new
    assert tree.names("outbox") == ["talk"] and tree.names("inbox") == []
    manifest = json.loads((tree.outbox / "talk" / "manifest.json").read_text())
    assert manifest["source"]["sha256"] == hashlib.sha256(new).hexdigest()


def test_a_log_that_nobody_reads_ends_nothing(tree):
    transcript(tree.inbox / "talk.json", speech(tree.inbox / "talk.wav", "Hello world."))
    reader, writer = os.pipe()
    os.close(reader)
    command = [*COMMAND, *tree.arguments(), "--once"]
    with os.fdopen(writer, "wb") as closed:
        subprocess.run(command, stdout=closed, stderr=subprocess.DEVNULL, check=False, timeout=120)
    assert tree.names("outbox") == ["talk"] and tree.names("inbox") == []


def test_the_reason_of_a_failure_is_in_the_log_with_what_ffmpeg_said(tree):
    (tree.inbox / "talk.mp3").write_text("This is no recording.")
    status, log = tree.once()
    assert status == 1
    (line,) = events(log, "job.failed")
    assert "talk.mp3: Invalid" in line["cause"], line


@pytest.mark.torch
def test_a_model_of_a_preset_that_cannot_be_loaded_is_waited_for(tree):
    model, folder = tree.folder / "own.pt", tree.inbox / "own"
    model.write_bytes(b"not yet whole")
    folder.mkdir()
    with tree.config.open("a") as config:
        config.write(f'\n[presets.own.transcribe]\nmodel = "{model}"\n')
    speech(tree.folder / "talk.wav", "Hello world.")
    with tree.start() as service:
        (tree.folder / "talk.wav").rename(folder / "talk.wav")
        line = service.wait_for("job.retry")
        assert line["code"] == "model" and "cannot be loaded" in line["reason"]
        model.write_bytes(lzma.decompress(DEMO.read_bytes()))
        service.wait_for("job.done")
    assert tree.names("failed") == [] and tree.names("outbox") == ["talk"]
