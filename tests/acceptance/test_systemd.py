"""The service under a real systemd: start, status, reload, a hang, an end, and a failure."""

import json
import os
import re
import shutil
import signal
import sys
import time
from pathlib import Path

import pytest

from karaokify_daemon.adapters.shipped import shipped
from tests.support.media import speech, transcript
from tests.support.service import COMMAND, PATIENCE_S
from tests.support.systemd import Systemd, refusal

UNIT, LOG = "karaokify-daemon.service", "service.log"
_reason = refusal()
pytestmark = pytest.mark.skipif(_reason is not None, reason=str(_reason))
# Sooner than as shipped, with everything else as shipped.
SOON = "[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestartSec=100ms\n"


@pytest.fixture
def systemd(tmp_path):
    found = Systemd(tmp_path)
    yield found
    found.close()


@pytest.fixture
def install(systemd, tree):
    """Return a function that installs the user's unit for a tree, with lines of a drop-in."""

    def install(drop_in=""):
        text = (shipped("systemd") / "user" / UNIT).read_text()
        before = next(line for line in text.splitlines() if line.startswith("ExecStart="))
        program = f"{sys.executable} -m karaokify_daemon"
        command = " ".join([program, *tree.arguments()])
        text = text.replace(before, f"ExecStart={command}")
        systemd.units.mkdir(parents=True, exist_ok=True)
        (systemd.units / UNIT).write_text(text)
        folder = systemd.units / f"{UNIT}.d"
        folder.mkdir(exist_ok=True)
        path = os.environ.get("PYTHONPATH", "")
        own = (
            f"[Service]\nWorkingDirectory={Path.cwd()}\nEnvironment=PYTHONPATH={path}\n"
            f"StandardOutput=append:{tree.folder / LOG}\n"
        )
        (folder / "test.conf").write_text(SOON + drop_in + own)
        systemd.systemctl("daemon-reload")

    return install


def log(tree, event):
    """Return the lines of one event so far."""
    path = tree.folder / LOG
    lines = path.read_text().splitlines() if path.exists() else []
    found = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
    return [line for line in found if line["event"] == event]


def wait_for(happened):
    """Wait for a line of the log."""
    until = time.monotonic() + PATIENCE_S
    while not happened():
        assert time.monotonic() < until
        time.sleep(0.05)


def drop(tree, name="talk"):
    words = speech(tree.folder / f"{name}.wav")
    transcript(tree.inbox / f"{name}.json", words)
    shutil.move(tree.folder / f"{name}.wav", tree.inbox)


def test_it_is_started_when_it_serves_and_says_what_it_does(systemd, install, tree):
    install()
    systemd.systemctl("start", UNIT)  # returns at READY=1
    assert log(tree, "service.started")
    drop(tree)
    systemd.wait(UNIT, StatusText="idle; 0 waiting, 1 done, 0 failed")
    assert len(log(tree, "job.done")) == 1


def test_a_reload_reads_the_configuration_again_and_a_broken_one_ends_nothing(
    systemd, install, tree
):
    install()
    systemd.systemctl("start", UNIT)
    pid = systemd.show(UNIT, "MainPID")
    text = tree.config.read_text()
    for content, event in ((text, "config.reloaded"), ("[nonsense", "config.refused")):
        tree.config.write_text(content)
        systemd.systemctl("reload", UNIT)
        wait_for(lambda: log(tree, event))  # noqa: B023 - called at once
        assert systemd.wait(UNIT, ActiveState="active") and systemd.show(UNIT, "MainPID") == pid


def test_one_that_hangs_is_restarted_and_one_that_works_is_not(systemd, install, tree):
    install("[Service]\nWatchdogSec=8\n")
    systemd.systemctl("start", UNIT)
    drop(tree)
    systemd.wait(UNIT, StatusText="idle; 0 waiting, 1 done, 0 failed")
    before = systemd.show(UNIT, "MainPID", "NRestarts")
    assert before["NRestarts"] == "0"
    os.kill(int(before["MainPID"]), signal.SIGSTOP)
    systemd.wait(UNIT, NRestarts="1", ActiveState="active", MainPID_not="0")
    # Where each thread was: at rest, most probably.
    assert re.search(r'service/daemon\.py", line \d+ in run\n', (tree.folder / LOG).read_text())
    drop(tree, "later")
    systemd.wait(UNIT, StatusText="idle; 0 waiting, 1 done, 0 failed", NRestarts="1")
    assert tree.names("outbox") == ["later", "talk"]


def test_a_stop_lets_the_job_at_work_finish(systemd, install, tree):
    tree.settings["limits.drain_seconds"] = "100"
    install()
    drop(tree)
    systemd.systemctl("start", UNIT)
    wait_for(lambda: log(tree, "job.claimed"))
    systemd.systemctl("stop", UNIT)
    found = systemd.show(UNIT, "Result", "ActiveState")
    assert found == {"Result": "success", "ActiveState": "inactive"}
    assert len(log(tree, "job.done")) == 1 and log(tree, "service.stopped")


def test_what_a_stop_interrupts_goes_on_after_the_next_start(systemd, install, tree):
    tree.settings["video.size"] = "3840x2160"
    install()
    drop(tree)
    systemd.systemctl("start", UNIT)
    wait_for(lambda: "caption" in [line["stage"] for line in log(tree, "stage.finished")])
    systemd.systemctl("stop", UNIT)
    assert log(tree, "job.stopped") and "talk.wav" in tree.names("inbox")
    systemd.systemctl("start", UNIT)
    systemd.wait(UNIT, StatusText="idle; 0 waiting, 1 done, 0 failed")
    assert log(tree, "stage.reused")


def test_one_that_is_killed_is_started_again_and_a_wrong_configuration_is_not_tried_again(
    systemd, install, tree
):
    install()
    systemd.systemctl("start", UNIT)
    pid = systemd.show(UNIT, "MainPID")["MainPID"]
    os.kill(int(pid), signal.SIGKILL)
    systemd.wait(UNIT, NRestarts="1", ActiveState="active", MainPID_not=pid)
    tree.config.write_text("[nonsense")
    systemd.systemctl("restart", UNIT, check=False)
    found = systemd.wait(UNIT, ActiveState="failed", ExecMainStatus="2")
    assert found["ExecMainStatus"] == "2"


def test_one_that_fails_is_tried_again_and_again(systemd, install, tree):
    tree.settings["limits.ffmpeg"] = "/nowhere/ffmpeg"
    install()
    systemd.systemctl("start", UNIT, check=False)
    systemd.wait(UNIT, NRestarts="3")


def test_install_makes_it_run_and_uninstall_undoes_that(systemd, tmp_path):
    config = tmp_path / "karaoke" / "config.toml"
    assert systemd.run(*COMMAND, "init", config.parent).returncode == 0
    text = config.read_text()
    assert 'model = "small"' in text
    config.write_text(text.replace('model = "small"', 'model = "demo"'))
    arguments = (*COMMAND, "install", "--user", "--config", config)
    refused = systemd.run(*arguments)
    assert refused.returncode == 1 and "Nothing was done" in refused.stdout
    assert not systemd.units.joinpath(UNIT).exists()
    done = systemd.run(*arguments, "--yes")
    assert done.returncode == 0, done.stderr
    systemd.wait(UNIT, ActiveState="active", UnitFileState="enabled")
    shown = systemd.run(*COMMAND, "health", "--config", config)
    assert shown.returncode == 0, shown.stdout
    undone = systemd.run(*COMMAND, "uninstall", "--user", "--yes")
    assert undone.returncode == 0, undone.stderr
    assert not systemd.units.joinpath(UNIT).exists() and config.exists()
    assert systemd.show(UNIT, "ActiveState")["ActiveState"] == "inactive"
