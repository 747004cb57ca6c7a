"""Every command of README.md and docs/ is executed as it is written, or listed with a reason.

A page is one shell: its commands run in order, in a home and a checkout of their own. Documented
variables alone make recordings small and the model the bundled one.
"""

import re
import shlex
import signal
import subprocess
import sys
import sysconfig

import pytest

from karaokify_daemon.service.cli import _hyphens, _parser
from karaokify_daemon.service.init import init
from tests.support import machine
from tests.support.docs import ROOT, Shell, commands, pages, wait_for
from tests.support.media import convert, speech
from tests.support.readers import AFTER, BEFORE, OF_MACHINE, PYTHON, left, nothing, recordings
from tests.support.systemd import Systemd, refusal

# What a page says from this heading on is for root, on a machine with systemd.
MACHINE = ("docs/deployment/systemd.md", "For the machine")


def _by_part():
    """Return the commands of each page; of one in two parts, as one page begins anew there."""
    found = {str(page.relative_to(ROOT)): commands(page) for page in pages()}
    whole, headings = found[MACHINE[0]], [one.heading for one in found[MACHINE[0]]]
    at = headings.index(MACHINE[1])
    found[MACHINE[0]], found[OF_MACHINE] = whole[:at], whole[at:]
    return {page: shown for page, shown in found.items() if shown}


COMMANDS = _by_part()
ALL = [command for found in COMMANDS.values() for command in found]
# Its commands are those of the README, which are executed once for both.
SAME = {"docs/index.md": "README.md"}
NO_DOCKER = "there is no Docker here, and no registry"
# Each with its reason; what it names is looked at all the same.
NOT_RUN = {
    "make test": "this suite itself",
    ".venv/bin/pip install -c constraints.txt -e '.[faster-whisper]'": "asks the package index",
    ".venv/bin/pip install -c constraints.txt -e '.[notify]'": "asks the package index",
    "loginctl enable-linger": "there is no logind in the tests' own systemd",
    "sudo systemctl edit karaokify-daemon": "opens an editor",
    "ssh -L 8765:127.0.0.1:8765 server": "needs another machine",
} | {one.text: NO_DOCKER for one in ALL if one.text.startswith("docker ")}
# What ends otherwise than with 0, as its page says.
STATUS = {
    "karaokify-daemon run --config config.toml --set video.siez=1280x720 --set video.crf=60": 2,
    "karaokify-daemon lint talk.srt": 1,
}
# What goes on until it is stopped: by which signal, and what it prints when it is there.
ENDLESS = {
    "karaokify-daemon run --config ~/karaoke/config.toml": (signal.SIGTERM, "service.started"),
    "karaokify-daemon status --watch --config ~/karaoke/config.toml": (signal.SIGINT, "Disk"),
    "karaokify-daemon logs --follow --config ~/karaoke/config.toml": (signal.SIGINT, "job.done"),
    "journalctl -fu karaokify-daemon": (signal.SIGINT, "job.done"),
}
ASKS = re.compile("(sudo )?karaokify-daemon (install|uninstall|unlock)\\b")
SYSTEMD = re.compile("systemctl --user|karaokify-daemon install --user")
INTERRUPTED = (130, -signal.SIGINT)


def test_nothing_is_listed_that_is_not_shown():
    shown = {command.text for command in ALL}
    assert {*NOT_RUN, *STATUS, *ENDLESS} - shown == set()
    assert {*SAME, *SAME.values(), *BEFORE, *AFTER} <= COMMANDS.keys()


def test_the_site_starts_with_the_commands_of_the_readme():
    for page, other in SAME.items():
        assert [c.text for c in COMMANDS[page]] == [c.text for c in COMMANDS[other]]


@pytest.mark.parametrize("text", NOT_RUN)
def test_what_is_not_executed_is_called_right_and_names_what_exists(text):
    words = shlex.split(text)
    if words[0] == "make":
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for flag in ("-f", "-c"):
        if flag in words:
            assert (ROOT / words[words.index(flag) + 1]).exists()
    for extra in re.findall(r"\[([a-z-]+)\]", text):
        assert f"{extra} = [" in (ROOT / "pyproject.toml").read_text()
    image = next((n for n, w in enumerate(words) if re.fullmatch(r"karaokify-daemon(:\w+)?", w)), 0)
    ours = words[image + 1 :]
    if image and ours and words[:2] != ["docker", "build"]:
        assert _parser().parse_args(_hyphens(ours)).command


@pytest.fixture
def shell(tmp_path, request):
    """A shell as the reader of a page has it; with a systemd of its own where it needs one."""
    systemd = systemd_for(request.param, tmp_path)
    made = Shell(tmp_path, systemd.entering() if systemd else ())
    try:
        if request.param not in ("README.md", OF_MACHINE):
            assert made.run('export PATH="$PWD/.venv/bin:$PATH"').returncode == 0
            init(made.karaoke)
        yield made
    finally:
        made.close()
        if systemd is not None:
            systemd.close()


def systemd_for(page, folder):
    if page == OF_MACHINE:
        if reason := machine.refusal() or no_python():
            pytest.skip(reason)
        return machine.Machine(folder)
    if not any(SYSTEMD.search(command.text) for command in COMMANDS[page]):
        return None
    if reason := refusal():
        pytest.skip(reason)
    (folder / "home").mkdir()
    return Systemd(folder / "home")


def no_python():
    """Return why the packages of the tests cannot be used by a service of the machine."""
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    done = subprocess.run([PYTHON, "-c", ask], capture_output=True, text=True, check=False)
    if done.stdout.strip() != "{}.{}".format(*sys.version_info):
        return f"needs {PYTHON} of the version that runs the tests"
    hidden = any(
        sysconfig.get_path("purelib").startswith(f"/{h}/") for h in ("root", "home", "tmp")
    )
    return "a service of the machine does not see the tests' packages" if hidden else None


@pytest.mark.torch
@pytest.mark.parametrize(
    ("shell", "page"),
    [(page, page) for page in COMMANDS if page not in SAME],
    indirect=["shell"],
    ids=lambda value: value,
)
def test_the_commands_of_a_page_do_what_it_says(shell, page):
    recordings(shell)
    BEFORE.get(page, nothing)(shell)
    for command in COMMANDS[page]:
        if command.text in ENDLESS:
            number, until = ENDLESS[command.text]
            shell.start(command.text, until)
            if number == signal.SIGINT:
                stop(shell, number)
        elif command.text not in NOT_RUN:
            execute(shell, command)
    wait_for(lambda: not (left(shell) and shell.is_busy), "an empty inbox")
    stop(shell, signal.SIGTERM)
    AFTER.get(page, nothing)(shell)


def execute(shell, command):
    done = shell.run(command.text, answer="yes" if ASKS.match(command.text) else None)
    assert done.returncode == STATUS.get(command.text, 0), (command.text, done.stdout)
    assert "Traceback" not in done.stdout
    for line in command.prints:
        assert line in done.stdout.splitlines(), (command.text, done.stdout)


def stop(shell, number):
    for text, status, output in shell.stop(number):
        assert status in ((0,) if number == signal.SIGTERM else INTERRUPTED), (text, status, output)
        assert "Traceback" not in output


@pytest.mark.torch
def test_the_python_that_is_shown_runs(tmp_path):
    (block,) = re.findall(
        r"^```python\n(.*?)^```", (ROOT / "docs/python.md").read_text(), re.DOTALL | re.MULTILINE
    )
    speech(tmp_path / "talk.wav", "Hello world.")
    convert(tmp_path / "talk.wav", tmp_path / "talk.mp3")
    quick = block.replace('"small"', '"demo"').replace("1280x720", "320x180")
    assert quick.count('"demo"') == 1 and quick.count("320x180") == 1
    done = subprocess.run(
        [sys.executable, "-c", quick],
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "talk.mp4" and (tmp_path / "talk.mp4").exists()
