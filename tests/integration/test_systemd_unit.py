"""The units against systemd's own programs, against each other, and against the program."""

import json
import os
import re
import shutil
import subprocess
from configparser import RawConfigParser

import pytest

from karaokify_daemon.adapters.shipped import shipped
from karaokify_daemon.service.cli import _parser

SYSTEMD = shipped("systemd")
UNIT, TEMPLATE = SYSTEMD / "karaokify-daemon.service", SYSTEMD / "karaokify-daemon@.service"
USER = SYSTEMD / "user" / "karaokify-daemon.service"
DROP_INS = SYSTEMD / "drop-ins"
needs_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="there is no systemd here"
)


def read(path):
    parser = RawConfigParser(strict=False)
    parser.optionxform = str
    parser.read(path)
    return parser


def ran(*command, **environment):
    env = os.environ | environment
    return subprocess.run(command, capture_output=True, text=True, check=False, env=env)


def with_program(path, folder):
    """Return a copy whose program exists."""
    text = path.read_text()
    copy = folder / path.name
    copy.write_text(text.replace(text.partition("ExecStart=")[2].split()[0], "/bin/true"))
    return copy


@needs_systemd
@pytest.mark.parametrize("path", [UNIT, TEMPLATE, USER], ids=["system", "template", "user"])
def test_systemd_understands_every_line(path, tmp_path):
    copy = with_program(path, tmp_path)
    manager = ["--user"] if path == USER else []
    runtime = {"XDG_RUNTIME_DIR": str(tmp_path)}
    done = ran("systemd-analyze", *manager, "verify", "--man=no", copy, **runtime)
    said = [line for line in done.stderr.splitlines() if path.name in line]
    assert done.returncode == 0 and not said, done.stderr


def exposure(folder, *drop_ins):
    """Return how exposed the service is, from 0 to 10 (systemd-analyze(1))."""
    copy = with_program(UNIT, folder)
    with copy.open("a") as file:
        file.writelines(f"\n{(DROP_INS / name).read_text()}" for name in drop_ins)
    done = ran("systemd-analyze", "security", "--offline=true", "--no-pager", copy)
    return float(re.search(r"Overall exposure level.*: ([\d.]+)", done.stdout)[1])


@needs_systemd
def test_little_is_exposed_and_less_without_devices(tmp_path):
    assert exposure(tmp_path) <= 2.0
    assert exposure(tmp_path, "cpu-only.conf") <= 1.2
    assert exposure(tmp_path, "cpu-only.conf", "network.conf") <= 1.7


@needs_systemd
def test_a_drop_in_closes_all_devices(tmp_path):
    copy = with_program(UNIT, tmp_path)
    with copy.open("a") as file:
        file.write(f"\n{(DROP_INS / 'cpu-only.conf').read_text()}")
    done = ran("systemd-analyze", "security", "--offline=true", "--json=short", copy)
    found = {line["json_field"]: line["set"] for line in json.loads(done.stdout)}
    assert found["PrivateDevices"] is True and found["PrivateNetwork"] is True


@pytest.mark.parametrize("path", [UNIT, TEMPLATE, USER], ids=["system", "template", "user"])
def test_it_starts_a_command_that_exists_and_waits_for_its_word(path):
    unit = read(path)["Service"]
    _, *arguments = unit["ExecStart"].replace("%h", "/home/me").split()
    parsed = _parser().parse_args(arguments)
    assert parsed.command == "run" and parsed.config.is_absolute() and not parsed.once
    assert unit["Type"] == "notify" and int(unit["WatchdogSec"]) > 60


@pytest.mark.parametrize("path", [UNIT, TEMPLATE, USER], ids=["system", "template", "user"])
def test_a_wrong_configuration_is_not_tried_again_and_again_and_all_else_is(path):
    unit = read(path)
    assert unit["Service"]["Restart"] == "on-failure"
    assert "2" in unit["Service"]["RestartPreventExitStatus"].split()
    assert unit["Unit"]["StartLimitIntervalSec"] == "0"


def test_it_may_ask_who_writes_the_files_of_others():
    assert "CAP_LEASE" in read(UNIT)["Service"]["AmbientCapabilities"].split()


def test_what_graphics_cards_and_compilers_need_is_not_forbidden():
    """PrivateDevices= hides the GPU, MemoryDenyWriteExecute= breaks CUDA and PyTorch."""
    unit = read(UNIT)["Service"]
    assert "PrivateDevices" not in unit and "MemoryDenyWriteExecute" not in unit


def settings(path):
    """Return the lines of a unit that mean something."""
    lines = path.read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_the_template_differs_from_the_service_in_its_name_only():
    named = [line.replace("/%i.toml", "/config.toml").replace("/%i", "").replace(" (%i)", "")
             for line in settings(TEMPLATE)]  # fmt: skip
    assert named == settings(UNIT)


@pytest.mark.skipif(
    not shutil.which("systemd-tmpfiles") or not shutil.which("systemd-sysusers"),
    reason="there is no systemd here",
)
def test_its_user_and_folders_are_made(tmp_path):
    (tmp_path / "etc").mkdir()
    users, folders = SYSTEMD / "sysusers.conf", SYSTEMD / "tmpfiles.conf"
    assert ran("systemd-sysusers", f"--root={tmp_path}", users).returncode == 0
    assert re.search(r"^karaokify:", (tmp_path / "etc/passwd").read_text(), re.MULTILINE)
    assert "video:x" in (tmp_path / "etc/group").read_text()
    done = ran("systemd-tmpfiles", f"--root={tmp_path}", "--create", folders)
    if done.returncode:  # without root, nobody gives folders away
        pytest.skip(done.stderr)
    modes = {
        path.name: oct(path.stat().st_mode & 0o7777)
        for path in (tmp_path / "srv/karaokify").iterdir()
    }
    assert modes == {"inbox": "0o2775", "outbox": "0o2755", "archive": "0o2750", "failed": "0o2755"}
