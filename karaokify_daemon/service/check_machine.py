"""What `check` looks at outside the configured folders: programs, model, device, fonts, disk."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from karaokify_daemon.adapters.ffmpeg import Ffmpeg
from karaokify_daemon.adapters.ffmpeg.process import execute
from karaokify_daemon.adapters.shipped import shipped
from karaokify_daemon.adapters.whisper import models
from karaokify_daemon.config import Limits, Transcribe
from karaokify_daemon.errors import KaraokifyError, ModelError
from karaokify_daemon.service.finding import Finding, Status

OLDEST_FFMPEG = (5, 1)
# Of what the service uses, what a build may lack, or what tells a crippled one.
FILTERS = (
    *(
        "acrossfade",
        "afade",
        "ass",
        "alphamerge",
        "blend",
        "bwdif",
        "ebur128",
        "gblur",
        "geq",
        "lut",
        "mpdecimate",
    ),
    *("overlay", "remap", "tonemap", "xfade", "zscale"),
)
ENCODERS = ("libx264", "aac", "mjpeg")

_CAP_LEASE = 28  # linux/capability.h
_SHIPPED_FONT = "Open Sans"
_FONT_FILES = ("OpenSans-Regular.ttf", "OpenSans-Semibold.ttf", "OpenSans-Bold.ttf")
_DEADLINE_S = 60.0
_GIB = 1024**3
_LITTLE, _TOO_LITTLE = 5 * _GIB, _GIB // 4
_INSTALL_FFMPEG = "Install FFmpeg 5.1 or newer (apt-get install ffmpeg), or correct limits.ffmpeg."
_REINSTALL = "Install karaokify-daemon again (make install)."
_PACKAGES = {
    models.WHISPER_TIMESTAMPED: ("whisper-timestamped", "openai-whisper", "torch"),
    models.FASTER_WHISPER: ("faster-whisper", "ctranslate2", "openai-whisper", "torch"),
}
_ASK = {
    models.WHISPER_TIMESTAMPED: """
import json, torch
names = [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())]
print(json.dumps(["PyTorch " + torch.__version__, names]))
""",
    models.FASTER_WHISPER: """
import json, ctranslate2
names = [f"GPU {i}" for i in range(ctranslate2.get_cuda_device_count())]
print(json.dumps(["CTranslate2 " + ctranslate2.__version__, names]))
""",
}


def ffmpeg(limits: Limits) -> Iterator[Finding]:
    """Look at FFmpeg and ffprobe: versions, and the filters and encoders that are used."""
    try:
        told = Ffmpeg(limits).version()
    except KaraokifyError as error:
        yield Finding("ffmpeg", "fail", error.problem, error.advice)
    else:
        yield _version("ffmpeg", told)
        yield _has(limits.ffmpeg, "filters", FILTERS)
        yield _has(limits.ffmpeg, "encoders", ENCODERS)
    try:
        lines = _lines(limits.ffprobe, "-version")
    except KaraokifyError as error:
        yield Finding("ffprobe", "fail", error.problem, error.advice)
    else:
        found = re.match(r"ffprobe version (\S+)", lines[0] if lines else "")
        yield _version("ffprobe", found[1] if found else "unknown")


def _version(name: str, told: str) -> Finding:
    numbers = re.match(r"n?(\d+)\.(\d+)", told)
    if numbers is None:
        text = f"version {told} is not a release's"
        return Finding(name, "warn", text, "Make sure that it is 5.1 or newer.")
    if (int(numbers[1]), int(numbers[2])) < OLDEST_FFMPEG:
        return Finding(name, "fail", f"version {told} is too old", _INSTALL_FFMPEG)
    return Finding(name, "ok", f"version {told}")


def _has(binary: str, kind: str, wanted: tuple[str, ...]) -> Finding:
    name = f"ffmpeg {kind}"
    try:
        fields = [line.split() for line in _lines(binary, f"-{kind}")]
    except KaraokifyError as error:
        return Finding(name, "fail", error.problem, error.advice)
    there = {parts[1] for parts in fields if len(parts) > 1}
    if absent := [one for one in wanted if one not in there]:
        text = f"this build of FFmpeg has no {', '.join(absent)}"
        return Finding(name, "fail", text, "Use a full build, such as Debian's ffmpeg package.")
    return Finding(name, "ok", ", ".join(wanted))


def _lines(binary: str, flag: str) -> list[str]:
    lines: list[str] = []
    execute([binary, "-hide_banner", flag], file=binary, deadline=_DEADLINE_S, on_line=lines.append)
    return lines


def engine(settings: Transcribe) -> Finding:
    """Look for the recognition engine's packages, without importing them."""
    try:
        models.require(settings.engine)
    except ModelError as error:
        return Finding("engine", "fail", error.problem, error.advice)
    found = []
    for package in _PACKAGES[settings.engine]:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            text = f"the Python package {package} is not installed"
            return Finding("engine", "fail", text, _REINSTALL)
    return Finding("engine", "ok", ", ".join(found))


def device(settings: Transcribe) -> Finding:
    """Ask the engine's library for GPUs, in a process of its own: it takes seconds and memory."""
    wanted = settings.devices or (settings.device,)
    if set(wanted) == {"cpu"}:
        return Finding("device", "ok", "cpu, as configured")
    command = [sys.executable, "-P", "-c", _ASK[settings.engine]]  # -P: no torch.py of this folder
    try:
        asked = subprocess.run(
            command, capture_output=True, text=True, timeout=3 * _DEADLINE_S, check=True
        )
        library, gpus = json.loads(asked.stdout.splitlines()[-1])
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or [f"exit status {error.returncode}"])[-1]
        return Finding("device", "fail", f"its library cannot be loaded ({last})", _REINSTALL)
    except (subprocess.TimeoutExpired, ValueError, IndexError) as error:
        text = f"its library gave no answer ({type(error).__name__})"
        return Finding("device", "fail", text, 'Set transcribe.device = "cpu".')
    most = max((int(one.partition(":")[2] or 0) for one in wanted if "cuda" in one), default=-1)
    if gpus and most < len(gpus):
        return Finding("device", "ok", f"cuda: {', '.join(gpus)} ({library})")
    if most >= 0:
        found = f"{len(gpus)} NVIDIA GPUs" if gpus else "no NVIDIA GPU"
        text = f"{', '.join(wanted)} is configured, and {library} finds {found}"
        advice = 'Check the driver with nvidia-smi, or set transcribe.device = "auto".'
        return Finding("device", "fail", text, advice)
    return Finding("device", "ok", f"cpu: {library} finds no NVIDIA GPU")


def model(settings: Transcribe, cache: Path) -> Finding:
    """Look for the weights of the model, without loading or downloading them."""
    if settings.model == models.DEMO and not cache.is_dir():
        return Finding("model", "ok", "demo, which is in the package")
    try:
        found = models.resolve(
            settings.model, cache, download=settings.download, engine=settings.engine
        )
    except KaraokifyError as error:
        return Finding("model", "fail", error.problem, error.advice)
    except OSError as error:
        text = f"{settings.model} cannot be made ready in {cache} ({error.strerror})"
        return Finding("model", "fail", text, "Let the service's user write there.")
    if found.path is None:
        text = (
            f"{found.name} is not on the disk; it is downloaded to {found.folder} when first used"
        )
        return Finding("model", "warn", text, "For use without a network, put the file there.")
    return Finding("model", "ok", f"{found.name}: {found.path}")


def shipped_fonts() -> Finding:
    """Look for the fonts that come with the package."""
    try:
        folder = shipped("fonts")
    except FileNotFoundError as error:
        return Finding("fonts", "fail", str(error), _REINSTALL)
    if absent := [name for name in _FONT_FILES if not (folder / name).is_file()]:
        return Finding("fonts", "fail", f"{', '.join(absent)} missing in {folder}", _REINSTALL)
    return Finding("fonts", "ok", f"{_SHIPPED_FONT} in {folder}")


def font(family: str) -> Finding:
    """Look for the configured family among the shipped fonts and the system's."""
    if family.casefold() == _SHIPPED_FONT.casefold():
        return Finding("font", "ok", f"{family}, which is shipped")
    try:
        lines = _lines_of(["fc-list", "--format", "%{family}\n"])
    except (OSError, subprocess.SubprocessError):
        text = f"cannot tell whether {family!r} is installed"
        return Finding("font", "warn", text, "Install fontconfig for fc-list.")
    known = {name.strip().casefold() for line in lines for name in line.split(",")}
    if family.casefold() in known:
        return Finding("font", "ok", f"{family}, of the system")
    text = f"{family!r} is neither shipped nor installed; another font will be shown"
    return Finding("font", "warn", text, "Install it, or correct video.font (fc-list lists them).")


def _lines_of(command: list[str]) -> list[str]:
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", timeout=_DEADLINE_S, check=True
    )
    return done.stdout.splitlines()


def lease() -> Finding:
    """Look whether this user may ask if another user's file is still being written."""
    with suppress(OSError, IndexError, ValueError):
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        held = int(status.split("\nCapEff:", 1)[1].split(None, 1)[0], 16)
        if held >> _CAP_LEASE & 1:
            return Finding("writers", "ok", "files that are still being written are seen")
    text = (
        "of this user's files it is seen whether they are still being written; those of others "
        "wait ten times intake.settle_seconds (without AmbientCapabilities=CAP_LEASE)"
    )
    return Finding("writers", "ok", text)


def disk(folders: Mapping[str, Path]) -> Iterator[Finding]:
    """Look at the free space of each file system that is written to, once."""
    seen = set()
    for name, folder in folders.items():
        there = next(path for path in (folder, *folder.parents) if os.access(path, os.F_OK))
        if (number := there.stat().st_dev) in seen:
            continue
        seen.add(number)
        free = shutil.disk_usage(there).free
        text = f"{free / _GIB:.1f} GiB free for the {name} on {os.fspath(there)}"
        if free >= _LITTLE:
            yield Finding("disk", "ok", text)
        else:
            status: Status = "fail" if free < _TOO_LITTLE else "warn"
            yield Finding("disk", status, text, "Free some space: an hour takes 1 to 2 GiB.")
