"""The built wheel, installed into a clean environment and used from another folder."""

import subprocess
import sys
import sysconfig
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
SHIPPED = [
    "karaokify_daemon/_shipped/fonts/OpenSans-Regular.ttf",
    "karaokify_daemon/_shipped/fonts/OpenSans-Semibold.ttf",
    "karaokify_daemon/_shipped/fonts/OpenSans-Bold.ttf",
    "karaokify_daemon/_shipped/fonts/NotoSansArabic-Bold.ttf",
    "karaokify_daemon/_shipped/fonts/LICENSE.txt",
    "karaokify_daemon/_shipped/fonts/OFL.txt",
    "karaokify_daemon/_shipped/config.example.toml",
    "karaokify_daemon/_shipped/styles/sweep.toml",
    "karaokify_daemon/_shipped/systemd/karaokify-daemon.service",
    "karaokify_daemon/_shipped/web/index.html",
    "karaokify_daemon/_shipped/web/app.js",
    "karaokify_daemon/data/demo.pt.xz",
    "karaokify_daemon/data/demo.pt.sha256",
    "karaokify_daemon/py.typed",
]


def run(*command, **options):
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    """A virtual environment with the wheel, which finds its dependencies in the tests' own."""
    folder = tmp_path_factory.mktemp("clean")
    run(sys.executable, "-m", "venv", folder)
    python = folder / "bin" / "python"
    run(python, "-m", "pip", "install", "--no-deps", "--no-index", "--quiet", wheel)
    site = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip())
    # A plain path: the .pth files in it, such as that of the checkout, are not followed.
    (site / "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


def test_it_carries_what_the_service_needs_beside_its_code(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    assert set(SHIPPED) <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert not [n for n in names if n.startswith(("tests/", "tools/")) or n.endswith(".pyc")]


def test_the_installed_command_knows_its_version_and_its_own_files(environment, tmp_path):
    said = run(environment / "karaokify-daemon", "--version", cwd=tmp_path)
    assert said == f"karaokify-daemon {VERSION}\n"
    where = run(
        environment / "python",
        "-c",
        "from karaokify_daemon.adapters import shipped as s\n"
        "print(s.__file__, s.shipped('fonts'), sep='\\n')",
        cwd=tmp_path,
    )
    code, fonts = (Path(line) for line in where.splitlines())
    assert code.is_relative_to(environment.parent), "the checkout's code was used"
    assert fonts.is_relative_to(environment.parent)


@pytest.mark.torch
def test_the_installed_command_makes_a_tree_that_it_finds_fine(environment, tmp_path):
    command = environment / "karaokify-daemon"
    run(command, "init", "tree", cwd=tmp_path)
    settings = ["--set", "transcribe.model=demo", "--set", "transcribe.device=cpu"]
    said = run(command, "check", "--config", "tree/config.toml", *settings, cwd=tmp_path)
    assert said.endswith("The service can run.\n"), said
    assert str(environment.parent) in said, "fonts come from the wheel"
    assert (tmp_path / "tree" / "cache" / "models").is_dir(), "the model is unpacked from the wheel"
