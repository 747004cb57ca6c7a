import contextlib
import json
import os
import sys
import time

import psutil
import pytest

from karaokify_daemon.adapters.hooks import run

WRITE = "import json, os, sys; json.dump([sys.argv[2:], dict(os.environ)], open(sys.argv[1], 'w'))"


def python(code, *arguments):
    return [sys.executable, "-c", code, *map(str, arguments)]


def test_each_argument_stays_one_whatever_a_value_holds(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "secret")
    told = tmp_path / "told"
    values = {"name": "--a b; rm -rf $HOME {bundle}\n'\"caf\udce9.mp3", "bundle": "/out/x"}
    command = python(WRITE, told, "{name}", "{bundle}/{other}/{", "x{name")
    assert run(command, values, seconds=60) is None
    arguments, environment = json.loads(told.read_text())
    assert arguments == [values["name"], "/out/x/{other}/{", "x{name"]
    assert environment["KARAOKIFY_BUNDLE"] == "/out/x" and environment["PATH"] == os.environ["PATH"]
    assert "OPENAI_API_KEY" not in environment


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (python("import sys; sys.exit('no\\nspace')"), "it ended with status 1: no\nspace"),
        (python("raise SystemExit(3)"), "it ended with status 3"),
        (["/nowhere/hook"], "it cannot be run"),
        (["hook\0"], "it cannot be run"),
    ],
)
def test_what_is_the_matter_is_told(command, told):
    assert run(command, {}, seconds=60).startswith(told)


def test_one_that_does_not_end_is_killed_with_what_it_has_started(tmp_path):
    told = tmp_path / "pid"
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
        "open(sys.argv[1], 'w').write(str(child.pid))\n"
        "time.sleep(600)\n"
    )
    assert run(python(code, told), {}, seconds=2) == "it did not end within 2 s"
    until = time.monotonic() + 60
    while is_alive(int(told.read_text())):  # the kernel takes its moment
        assert time.monotonic() < until


def is_alive(pid):
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    return False
