"""Other programs that show word by word what a given transcript says, each installed on its own.

What cannot be installed, or lacks something, is left out, and the reason printed.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

VENVS = Path("build/peers")
_HERE = Path(__file__).parent
_INSTALL_S = 600.0
# The distribution's: it may be preceded on the PATH by what only calls itself so.
_CONVERTERS = ("/usr/bin/magick", "/usr/bin/convert", "magick", "convert")


class UnavailableError(Exception):
    """Why a program is left out."""


@dataclass(frozen=True, kw_only=True)
class Peer:
    """A program from PyPI and what else it imports; `driver` is run by its own Python.

    The program itself is installed without its dependencies: those that transcribe are not needed.
    """

    name: str
    version: str
    imports: tuple[str, ...]
    driver: str
    over_video: bool  # whether a moving background can be had
    wants_magick: bool = False

    @property
    def title(self) -> str:
        """Name and version."""
        return f"{self.name} {self.version}"


PEERS = (
    Peer(
        name="captacity",
        version="0.3.1",
        imports=("moviepy<2", "numpy<2", "pillow"),
        driver="with_captacity.py",
        over_video=True,
        wants_magick=True,
    ),
    Peer(
        name="lyrichroma",
        version="0.1.0",
        imports=("moviepy==2.2.1", "numpy", "pillow"),
        driver="with_lyrichroma.py",
        over_video=False,
    ),
)


def runner(peer: Peer) -> Callable[..., None]:
    """Install a program, unless it is; return what runs its driver. Raises UnavailableError."""
    environment = os.environ | {"FFMPEG_BINARY": shutil.which("ffmpeg") or "ffmpeg"}
    if peer.wants_magick:
        environment["IMAGEMAGICK_BINARY"] = _magick()
    python = _installed(peer)

    def run(*arguments: object) -> None:
        command = [str(python), str(_HERE / peer.driver), *map(str, arguments)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise UnavailableError(f"failed: {_last_line(done.stderr)}")

    return run


def _installed(peer: Peer) -> Path:
    venv = VENVS.absolute() / peer.name
    python, stamp = venv / "bin/python", venv / "installed"
    wanted = f"{peer.title} {' '.join(peer.imports)}"
    if stamp.is_file() and stamp.read_text() == wanted:
        return python
    shutil.rmtree(venv, ignore_errors=True)
    _install([sys.executable, "-m", "venv", str(venv)])
    pip = [str(python), "-m", "pip", "install", "--no-input", "--disable-pip-version-check", "-q"]
    _install([*pip, *peer.imports])
    _install([*pip, "--no-deps", f"{peer.name}=={peer.version}"])
    stamp.write_text(wanted)
    return python


def _install(command: list[str]) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=_INSTALL_S)
    except subprocess.TimeoutExpired as error:
        raise UnavailableError("could not be installed in time") from error
    except subprocess.CalledProcessError as error:
        reason = _last_line(error.stderr or error.stdout)
        raise UnavailableError(f"could not be installed: {reason}") from error


def _magick() -> str:
    if found := _find_magick():
        return found
    if os.geteuid() == 0 and (apt := shutil.which("apt-get")):
        _install([apt, "update"])
        _install([apt, "install", "-y", "--no-install-recommends", "imagemagick"])
    if found := _find_magick():
        return found
    raise UnavailableError("needs ImageMagick (apt-get install imagemagick)")


def _find_magick() -> str | None:
    for name in _CONVERTERS:
        if path := shutil.which(name):
            told = subprocess.run([path, "-version"], capture_output=True, text=True, check=False)
            if "ImageMagick" in told.stdout:
                return path
    return None


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip(" .")]
    return lines[-1][:200] if lines else "without a word"
