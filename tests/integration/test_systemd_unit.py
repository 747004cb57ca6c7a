import shutil
import subprocess
from configparser import RawConfigParser

import pytest

from karaokify_daemon.adapters.shipped import shipped
from karaokify_daemon.service.cli import _parser

UNIT = shipped("systemd") / "karaokify-daemon.service"


@pytest.fixture
def unit():
    parser = RawConfigParser(strict=False)
    parser.optionxform = str
    parser.read(UNIT)
    return parser


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd here")
def test_systemd_understands_every_line(tmp_path):
    text = UNIT.read_text()
    program = text.partition("ExecStart=")[2].split()[0]
    copy = tmp_path / UNIT.name
    copy.write_text(text.replace(program, "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", copy],
        capture_output=True,
        text=True,
        check=False,
    )
    said = [line for line in done.stderr.splitlines() if UNIT.name in line]
    assert done.returncode == 0 and not said, done.stderr


def test_it_may_ask_who_writes_the_files_of_others(unit):
    assert "CAP_LEASE" in unit["Service"]["AmbientCapabilities"].split()


def test_it_starts_a_command_that_exists_and_waits_for_its_word(unit):
    _, *arguments = unit["Service"]["ExecStart"].split()
    parsed = _parser().parse_args(arguments)
    assert parsed.command == "run" and parsed.config.is_absolute() and not parsed.once
    assert unit["Service"]["Type"] == "notify"


def test_a_wrong_configuration_is_not_tried_again_and_again(unit):
    assert unit["Service"]["Restart"] == "on-failure"
    assert "2" in unit["Service"]["RestartPreventExitStatus"].split()
