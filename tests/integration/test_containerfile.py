"""deploy/Containerfile against the project: no image is built here, but what it names is there."""

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from karaokify_daemon.config import Folders
from karaokify_daemon.service.cli import _parser

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "deploy/Containerfile").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def instructions():
    """Return the instructions, each with its argument, as a builder reads them."""
    lines = "\n".join(line for line in TEXT.splitlines() if not line.startswith("#"))
    whole = re.sub(r"\\\n\s*", "", lines)
    return [tuple(line.split(maxsplit=1)) for line in whole.splitlines() if line.strip()]


FOUND = instructions()


def of(name):
    return [argument for instruction, argument in FOUND if instruction == name]


def copied():
    return [source for argument in of("COPY") for source in shlex.split(argument)[:-1]]


def test_it_has_no_other_instructions_than_builders_know():
    known = "FROM RUN ARG WORKDIR COPY USER VOLUME ENV HEALTHCHECK ENTRYPOINT CMD".split()
    assert {name for name, _ in FOUND} <= set(known)


def test_what_it_copies_is_there_and_is_sent_to_the_builder():
    kept = [
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    ]
    assert sorted(copied()) == sorted(kept)
    assert all((ROOT / source).exists() for source in copied())


def test_what_it_copies_is_enough_to_build_the_package(tmp_path):
    for source in copied():
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, tmp_path / source)
        else:
            shutil.copy(ROOT / source, tmp_path)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "dist", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_python_is_one_that_is_supported():
    version = re.search(r"python:(3\.\d+)-", of("FROM")[0])[1]
    assert f"Programming Language :: Python :: {version}" in PROJECT["classifiers"]


def test_what_pip_is_asked_for_is_pinned_and_known():
    installs = [argument for argument in of("RUN") if argument.startswith("pip install")]
    assert len(installs) == 2 and all("-c constraints.txt" in one for one in installs)
    assert "torch==" in (ROOT / "constraints.txt").read_text()
    extras = re.findall(r"\[([\w-]+)\]", TEXT + (ROOT / "docs/deployment/container.md").read_text())
    assert "faster-whisper" in set(extras) & set(PROJECT["optional-dependencies"])


def test_it_does_not_run_as_root():
    names = [name for name, _ in FOUND]
    assert of("USER") == ["karaokify"] and names.index("USER") < names.index("CMD")
    last_run = max(n for n, name in enumerate(names) if name == "RUN")
    assert last_run < names.index("USER"), "nothing is installed as that user"


@pytest.mark.parametrize("name", ["CMD", "HEALTHCHECK"])
def test_its_commands_are_ours_and_their_configuration_is_in_the_volume(name):
    (argument,) = of(name)
    words = json.loads(argument[argument.index("[") :])
    if name == "HEALTHCHECK":
        assert [words.pop(0)] == json.loads(of("ENTRYPOINT")[0])
    parsed = _parser().parse_args(words)
    assert parsed.command == {"CMD": "run", "HEALTHCHECK": "health"}[name]
    assert parsed.config == Path(of("VOLUME")[0], "config.toml")
    for _, folder in Folders().under(parsed.config.parent):
        assert folder.is_relative_to(of("VOLUME")[0])


def test_it_is_healthy_only_after_the_model_may_have_been_fetched():
    minutes = int(re.search(r"--start-period=(\d+)m", of("HEALTHCHECK")[0])[1])
    assert minutes * 60 > 600  # transcribe.start_seconds
