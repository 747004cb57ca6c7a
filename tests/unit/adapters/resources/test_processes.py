import os
import signal
import subprocess
import sys

import pytest

from karaokify_daemon.adapters.resources import stirs


@pytest.fixture
def process():
    """A process that looks round ten times a second."""
    code = "import time\nprint(flush=True)\nwhile True: time.sleep(0.1)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as made:
        made.stdout.readline()
        yield made
        made.kill()


def test_a_process_that_only_looks_round_stirs(process):
    assert stirs(process.pid, 60.0)


def test_one_that_is_stopped_or_gone_does_not(process):
    process.send_signal(signal.SIGSTOP)
    os.waitpid(process.pid, os.WUNTRACED)
    assert not stirs(process.pid, 1.0)
    process.kill()
    process.wait()
    assert not stirs(process.pid, 60.0)
