import os
import shutil
import subprocess
import sys

import psutil
import pytest

from karaokify_daemon.adapters import resources


def test_processors_are_those_of_the_affinity():
    script = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))});"
        "from karaokify_daemon.adapters.resources import cpus; print(cpus())"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True)
    assert found.stdout == b"1\n"
    assert 1 <= resources.cpus() <= os.cpu_count()


def test_memory_is_no_more_than_there_is():
    assert 0 < resources.memory_available() < psutil.virtual_memory().total


def test_the_disk_of_a_folder_that_is_not_made_yet_is_that_above_it(tmp_path):
    device, free, total = resources.disk(tmp_path / "not" / "yet")
    assert device == tmp_path.stat().st_dev
    assert 0 < free <= total == shutil.disk_usage(tmp_path).total


def test_no_reader_fails():
    assert resources.load() >= 0
    assert resources.temperature() is None or resources.temperature() > 0
    assert resources.on_battery() in (True, False)


@pytest.mark.parametrize(
    ("says", "cards", "free"),
    [
        ("echo T4, 1000; echo T4, 2000", (), 2000 << 20),
        ("echo T4, 1000; echo T4, 2000", (0,), 1000 << 20),
        ("echo T4, 1000; echo A100, 2000", (0,), 2000 << 20),  # which is CUDA's 0?
        ("exit 9", (0,), None),
    ],
)
def test_the_graphics_card_is_asked_by_nvidia_smi(tmp_path, monkeypatch, says, cards, free):
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{says}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    assert resources.gpu_free(cards) == free
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1")
    assert resources.gpu_free(cards) == resources.gpu_free()


def test_without_any_graphics_card_nothing_is_known(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    assert resources.gpu_free() is None


@pytest.fixture
def child():
    command = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        process.stdout.readline()
        yield process
        process.kill()


def test_a_child_steps_back(child):
    resources.step_back(child.pid, 0)
    assert psutil.Process(child.pid).nice() == os.nice(0)
    resources.step_back(child.pid, 15)
    process = psutil.Process(child.pid)
    assert process.nice() == 15
    assert tuple(process.ionice()) == (psutil.IOPRIO_CLASS_BE, 7)


def test_the_memory_of_a_child_is_known_until_it_ends(child):
    assert resources.rss(child.pid) > 1_000_000
    child.kill()
    child.wait()
    assert resources.rss(child.pid) == 0
    resources.step_back(child.pid, 15)


def test_the_quota_of_this_machine_is_read_without_fail():
    found = resources.Cgroups()
    assert found.cpus() is None or found.cpus() >= 1
    assert found.memory_free() is None or found.memory_free() > 0
