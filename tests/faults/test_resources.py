"""What the machine lacks is waited for, said, and had; what takes too much is stopped."""

import json
import os
import re
import shutil
import signal

import psutil
import pytest

from tests.support.media import speech, transcript
from tests.support.service import Service, events

LONG = " ".join(["The quick brown fox jumps over the lazy dog."] * 12)
FLOOR = re.compile(r"^min_free_memory_mb = \d+", re.MULTILINE)
ENDLESS = "1000000000"


def drop(tree, name="talk.wav", text="Hello world.", *, known=True):
    words = speech(tree.folder / name, text)
    if known:
        transcript((tree.inbox / name).with_suffix(".json"), words)
    shutil.move(tree.folder / name, tree.inbox / name)


def configure(tree, floor):
    tree.config.write_text(FLOOR.sub(f"min_free_memory_mb = {floor}", tree.config.read_text()))


@pytest.mark.fault("a disk with less space than a video needs, and then with enough")
def test_a_stage_waits_for_space_and_goes_on_by_itself(tree, small_outbox):
    with tree.start() as service:
        drop(tree)
        told = service.wait_for("stage.waiting")
        assert told["stage"] == "caption"
        assert re.fullmatch(r"needs .+ on the disk of the outbox, .+ are free", told["reason"])
        assert tree.names("inbox") == ["talk.json", "talk.wav"]
        small_outbox.unlink()
        service.wait_for("stage.continued", stage="caption")
        service.wait_for("job.done")
    assert tree.names("outbox") == ["talk"]
    assert len(events(service.log, "stage.waiting")) == 1


@pytest.mark.fault("a disk with too little space for one recording, and enough for the next")
def test_a_recording_that_waits_for_space_holds_up_none_that_needs_less(tree, small_outbox):
    os.truncate(small_outbox, small_outbox.stat().st_size - 800_000)
    tree.settings["limits.jobs"] = "1"
    with tree.start() as service:
        drop(tree, "large.wav", LONG[: len(LONG) // 3])
        service.wait_for("stage.waiting", stage="caption", file="large.wav")
        drop(tree, "small.wav")
        service.wait_for("job.done", file="small.wav")
        small_outbox.unlink()
        service.wait_for("job.done", file="large.wav")
    assert tree.names("outbox") == ["large", "small"]


def test_who_does_not_wait_is_told_at_once_that_the_disk_is_full(tree, small_outbox):
    drop(tree)
    status, log = tree.once()
    (line,) = events(log, "job.retry")
    assert status == 1 and line["code"] == "publish"
    assert "on the disk of the outbox" in line["reason"] and line["where"] == str(tree.outbox)
    assert tree.names("inbox") == ["talk.json", "talk.wav"]


@pytest.mark.fault("less free memory than the configured floor, until that is lowered by SIGHUP")
def test_a_stage_waits_for_memory_and_heeds_a_changed_configuration(tree):
    configure(tree, ENDLESS)
    with tree.start() as service:
        drop(tree)
        told = service.wait_for("stage.waiting", stage="decode")
        assert f"limits.min_free_memory_mb = {ENDLESS}" in told["reason"]
        configure(tree, "1")
        service.process.send_signal(signal.SIGHUP)
        service.wait_for("stage.continued", stage="decode")
        service.wait_for("job.done")
    assert tree.names("outbox") == ["talk"]


def test_a_service_that_waits_stops_when_it_is_told_to(tree):
    configure(tree, ENDLESS)
    with tree.start() as service:
        drop(tree)
        service.wait_for("stage.waiting")
        assert service.stop() == 0
        assert len(events(service.to_the_end(), "job.stopped")) == 1
    assert tree.names("inbox") == ["talk.json", "talk.wav"]


def test_who_does_not_wait_goes_on_with_little_memory(tree):
    configure(tree, ENDLESS)
    drop(tree)
    status, log = tree.once()
    assert status == 0 and tree.names("outbox") == ["talk"]
    assert {line["stage"] for line in events(log, "stage.tight")} >= {"decode", "render"}


LOUD = """#!/bin/sh
echo "$*" >> {said}
exec ffmpeg "$@"
"""


@pytest.mark.fault("an FFmpeg that takes more memory than it may")
def test_an_ffmpeg_that_takes_too_much_is_tried_with_less_and_set_aside(tree):
    wrapper, said = tree.folder / "wrapper", tree.folder / "said"
    wrapper.write_text(LOUD.format(said=said))
    wrapper.chmod(0o755)
    tree.settings |= {
        "video.size": "1920x1080",
        "limits.ffmpeg": str(wrapper),
        "limits.ffmpeg_rss_mb": "120",
    }
    with tree.start() as service:
        drop(tree, text=LONG)
        assert service.wait_for("job.retry")["code"] == "memory_limit"
        line = service.wait_for("job.failed")
        assert line["code"] == "memory_limit"
    reason = json.loads((tree.failed / "talk.wav.error.json").read_text())
    held = reason["details"]["held_mb"]
    assert held > 120
    assert f"take {held} MB of memory, more than limits.ffmpeg_rss_mb = 120" in reason["problem"]
    renders = [line for line in said.read_text().splitlines() if "libx264" in line]
    assert ["-filter_complex_threads 1 " in line for line in renders] == [False, True]
    assert tree.hidden("outbox") == []


@pytest.mark.torch
@pytest.mark.fault("a worker that takes more memory than it may")
def test_a_worker_that_takes_too_much_is_stopped_and_the_file_set_aside(tree):
    tree.settings["limits.worker_rss_mb"] = "60"
    with tree.start() as service:
        drop(tree, "talk.wav", LONG, known=False)
        assert service.wait_for("job.retry")["code"] == "memory_limit"
        failed = service.wait_for("job.failed")
        assert "more than limits.worker_rss_mb = 60" in failed["reason"]
        reasons = [line["reason"] for line in events(service.log, "worker.stopped")]
        assert reasons == ["took too much memory"] * 2
        drop(tree, "known.wav")
        service.wait_for("job.done", file="known.wav")


@pytest.mark.torch
def test_the_worker_steps_back_for_others(tree):
    tree.settings["limits.nice"] = "12"
    with tree.start() as service:
        drop(tree, known=False)
        worker = psutil.Process(service.wait_for("worker.started")["pid"])
        service.wait_for("model.loaded")
        assert worker.nice() == 12 and worker.ionice().value == 7
        service.wait_for("job.done")


def test_the_cache_is_swept_at_the_start(tree):
    tree.settings |= {"limits.cache_mb": "1"}
    folder = tree.cache / "transcripts"
    folder.mkdir(parents=True)
    for age in range(4):
        path = folder / f"{age:064}.json"
        path.write_bytes(bytes(400_000))
        os.utime(path, (1_700_000_000 - age, 1_700_000_000 - age))
    (folder / ".new-dead").write_bytes(b"{")
    download = tree.cache / "models" / ".download-dead"
    download.mkdir(parents=True)
    os.utime(download, (1_700_000_000, 1_700_000_000))
    with Service([*tree.arguments(), "--once"]) as service:
        line = service.wait_for("cache.swept")
    assert (line["removed"], line["entries"], line["bytes"]) == (2, 2, 800_000)
    assert not download.exists()
    assert sorted(path.name for path in folder.iterdir()) == [f"{n:064}.json" for n in (0, 1)]
