"""What ends the worker or FFmpeg does not end the service; what does it twice is set aside."""

import json
import signal

import psutil
import pytest

from tests.support.media import speech, transcript
from tests.support.service import Service, Tree, events

LONG = " ".join(["The quick brown fox jumps over the lazy dog."] * 12)


@pytest.fixture
def tree(tmp_path):
    tree = Tree(tmp_path / "tree")
    tree.settings |= {"transcribe.stall_seconds": "15"}
    return tree


def drop(tree, name, text, *, known=False):
    words = speech(tree.folder / name, text)
    if known:
        transcript((tree.inbox / name).with_suffix(".json"), words)
    (tree.folder / name).rename(tree.inbox / name)


def reason(tree, name):
    return json.loads((tree.failed / f"{name}.error.json").read_text())


@pytest.mark.fault("SIGKILL, SIGSTOP or a segfault of the worker, once")
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGSTOP])
def test_a_worker_that_ends_once_costs_nothing(tree, number):
    with tree.start() as service:
        drop(tree, "talk.wav", LONG)
        worker = service.wait_for("worker.started")["pid"]
        service.wait_for("model.loaded")
        psutil.Process(worker).send_signal(number)
        code = "worker_stalled" if number is signal.SIGSTOP else "worker_died"
        assert service.wait_for("job.retry")["code"] == code
        assert service.wait_for("job.done")["file"] == "talk.wav"
        assert len(events(service.log, "worker.started")) == 2
    assert tree.names("outbox") == ["talk"] and tree.names("archive") == ["talk.wav"]


@pytest.mark.fault("death of the worker, three times before the model is loaded")
def test_a_worker_that_does_not_get_ready_condemns_no_recording(tree):
    with tree.start() as service:
        drop(tree, "talk.wav", "Hello world.")
        for _ in range(3):
            worker = service.wait_for("worker.started")
            service.log.remove(worker)
            psutil.Process(worker["pid"]).kill()
            line = service.wait_for("job.retry")
            service.log.remove(line)
            assert line["code"] == "model" and "could not be loaded" in line["reason"]
            (tree.inbox / "talk.wav").touch()  # whoever saves it anew has it tried at once
        service.wait_for("job.done", file="talk.wav")
    assert tree.names("outbox") == ["talk"] and tree.names("failed") == []


@pytest.mark.fault("death of the worker in a run with --once")
def test_a_run_that_ends_by_itself_waits_for_the_retry(tree):
    drop(tree, "talk.wav", LONG)
    with Service([*tree.arguments(), "--once"]) as service:
        worker = service.wait_for("worker.started")["pid"]
        service.wait_for("model.loaded")
        psutil.Process(worker).kill()
        log = service.to_the_end()
        assert events(log, "job.retry")[0]["after_seconds"] >= 2
        assert service.stop() == 0
    assert tree.names("outbox") == ["talk"]


@pytest.mark.fault("death of the worker, twice over one file")
def test_a_file_that_kills_its_worker_twice_is_set_aside_and_others_go_on(tree):
    tree.settings["limits.jobs"] = "2"
    with tree.start() as service:
        drop(tree, "deadly.wav", LONG)
        for n in range(2):
            worker = service.wait_for("worker.started")
            service.log.remove(worker)
            service.log.remove(service.wait_for("model.loaded"))
            psutil.Process(worker["pid"]).kill()
            if n == 0:
                service.wait_for("job.retry")
        drop(tree, "good.wav", "Hello world.", known=True)
        assert service.wait_for("job.failed")["code"] == "worker_died"
        assert service.wait_for("job.done")["file"] == "good.wav"
    assert tree.names("failed") == ["deadly.wav", "deadly.wav.error.json", "deadly.wav.error.txt"]
    assert reason(tree, "deadly.wav")["details"]["signal"] == "SIGKILL"
    assert tree.names("outbox") == ["good"]


@pytest.mark.fault("a death of the worker before a restart, and one after it")
def test_deaths_are_remembered_over_a_restart(tree):
    for n in range(2):
        with tree.start() as service:
            if n == 0:
                drop(tree, "deadly.wav", LONG)
            worker = service.wait_for("worker.started")["pid"]
            service.wait_for("model.loaded")
            psutil.Process(worker).kill()
            if n == 0:
                service.wait_for("job.claimed", attempt=2)  # the first one is noted by now
            else:
                service.wait_for("job.failed")
            service.stop(signal.SIGKILL)
    assert reason(tree, "deadly.wav")["code"] == "worker_died"


SAYS_AND_DIES = """#!/bin/sh
if mkdir {once} 2>/dev/null; then
  echo "[mp3float @ 0x5] Header missing" >&2
  echo "Error while decoding stream #0:0: Invalid data found when processing input" >&2
  kill -9 $$
fi
exec {program} "$@"
"""


@pytest.mark.fault("SIGKILL of ffprobe, and of FFmpeg while it decodes, after they complained")
@pytest.mark.parametrize("program", ["ffmpeg", "ffprobe"])
def test_what_a_killed_program_had_said_of_a_recording_does_not_condemn_it(tree, program):
    wrapper = tree.folder / program
    wrapper.write_text(SAYS_AND_DIES.format(once=tree.folder / "once", program=program))
    wrapper.chmod(0o755)
    tree.settings[f"limits.{program}"] = str(wrapper)
    drop(tree, "talk.wav", "Hello world.", known=True)
    status, log = tree.once()
    assert [line["code"] for line in events(log, "job.retry")] == ["ffmpeg_died"]
    assert status == 0 and tree.names("outbox") == ["talk"]


@pytest.mark.fault("memory that is short in the worker (prlimit), and then is not")
def test_a_recording_waits_for_memory(tree):
    tree.settings["intake.rescan_seconds"] = "0.5"
    with tree.start() as service:
        drop(tree, "first.wav", "Hello world.")
        service.wait_for("job.done", file="first.wav")  # the model is loaded
        worker = psutil.Process(events(service.log, "worker.started")[0]["pid"])
        _, most = worker.rlimit(psutil.RLIMIT_AS)
        worker.rlimit(psutil.RLIMIT_AS, (worker.memory_info().vms + 2**20, most))
        drop(tree, "long.wav", LONG)
        line = service.wait_for("job.retry")
        assert (line["file"], line["code"]) == ("long.wav", "out_of_memory")
        assert line["after_seconds"] >= 5 and tree.names("inbox") == ["long.wav"]
        worker.rlimit(psutil.RLIMIT_AS, (most, most))
        service.wait_for("job.done", file="long.wav")
        assert len(events(service.log, "worker.started")) == 1
    assert tree.names("outbox") == ["first", "long"]


def encoder(service):
    """Return the FFmpeg process that renders."""
    service.wait_for("stage.finished", stage="caption")
    while True:
        for child in psutil.Process(service.process.pid).children(recursive=True):
            try:
                if child.name() == "ffmpeg" and "libx264" in child.cmdline():
                    return child
            except psutil.NoSuchProcess:
                continue


@pytest.mark.fault("SIGKILL of FFmpeg while it renders, once and twice")
@pytest.mark.parametrize("times", [1, 2])
def test_an_ffmpeg_that_is_killed_is_started_again_once(tree, times):
    tree.settings["video.size"] = "1920x1080"  # it takes its time
    with tree.start() as service:
        drop(tree, "talk.wav", LONG, known=True)
        encoder(service).kill()
        assert service.wait_for("job.retry")["code"] == "ffmpeg_died"
        reused = service.wait_for("stage.reused")
        assert reused["stage"] == "decode"
        if times == 1:
            tree.settings["video.size"] = "320x180"
            service.wait_for("job.done")
        else:
            service.log = [line for line in service.log if line.get("stage") != "caption"]
            encoder(service).kill()
            assert service.wait_for("job.failed")["code"] == "ffmpeg_died"
    assert tree.hidden("outbox") == []
    assert tree.names("outbox") == (["talk"] if times == 1 else [])
