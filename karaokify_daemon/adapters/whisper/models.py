"""Which file holds a model: found, unpacked or to be downloaded. Imports no torch.

A model is named by a Whisper size, by the path of a checkpoint (`.pt`), or `demo`, the small
English model that travels with the package; for faster-whisper also by the path of a folder with a
CTranslate2 model. That engine converts checkpoints.
"""

import contextlib
import difflib
import hashlib
import importlib.util
import lzma
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from karaokify_daemon.errors import ModelError

DEMO = "demo"
WHISPER_TIMESTAMPED, FASTER_WHISPER = "whisper-timestamped", "faster-whisper"

# Source: `whisper._MODELS`, listed here because importing whisper imports torch.
OFFICIAL: dict[str, str] = {
    "tiny.en": "tiny.en.pt",
    "tiny": "tiny.pt",
    "base.en": "base.en.pt",
    "base": "base.pt",
    "small.en": "small.en.pt",
    "small": "small.pt",
    "medium.en": "medium.en.pt",
    "medium": "medium.pt",
    "large-v1": "large-v1.pt",
    "large-v2": "large-v2.pt",
    "large-v3": "large-v3.pt",
    "large": "large-v3.pt",
    "large-v3-turbo": "large-v3-turbo.pt",
    "turbo": "large-v3-turbo.pt",
}

# The repositories of converted models. Source: `faster_whisper.utils._MODELS`.
HUB: dict[str, str] = {
    name: (
        "mobiuslabsgmbh/faster-whisper-large-v3-turbo"
        if "turbo" in file
        else f"Systran/faster-whisper-{file.removesuffix('.pt')}"
    )
    for name, file in OFFICIAL.items()
}

_FOLDER = "models"
_WEIGHTS = "model.bin"  # of a CTranslate2 model


@dataclass(frozen=True, kw_only=True)
class ModelFile:
    """A model and where its checkpoint, or folder, lies; without a path, it is to be downloaded.

    `folder` is where to.
    """

    name: str
    path: Path | None
    folder: Path


def folder_of(cache: Path) -> Path:
    """Return the folder that models are downloaded into."""
    return cache / _FOLDER


def resolve(
    model: str,
    cache: Path,
    *,
    download: bool,
    engine: str = WHISPER_TIMESTAMPED,
    demo: Path | None = None,
) -> ModelFile:
    """Find the checkpoint of a model, or what an engine has instead of it.

    `demo` is the compressed demo model with its checksum beside it; by default the one in the
    package. It is unpacked into `cache/models` when it is not there, or not intact.

    Raises ModelError when there is no such model, or its file is neither here nor to be downloaded.
    """
    require(engine)
    folder = folder_of(cache)
    if model == DEMO:
        return ModelFile(name=DEMO, path=_unpacked(demo or _shipped_demo(), folder), folder=folder)
    if _is_path(model):
        return ModelFile(name=model, path=_existing(model, engine), folder=folder)
    if model not in OFFICIAL:
        raise _unknown(model)
    looked_in = [folder, _whisper_cache()]
    found = [place / OFFICIAL[model] for place in looked_in if (place / OFFICIAL[model]).is_file()]
    if engine == FASTER_WHISPER:
        found = [*_converted(model, folder), *found, *_in_hub_cache(model)]
    if not found and not download:
        raise missing(model, looked_in, "transcribe.download is false", engine=engine)
    return ModelFile(name=model, path=next(iter(found), None), folder=folder)


def require(engine: str) -> None:
    """Raise ModelError when an engine's package is not installed; it is not imported."""
    if engine == FASTER_WHISPER and importlib.util.find_spec("faster_whisper") is None:
        raise ModelError(
            "transcribe.engine is faster-whisper, which is not installed",
            advice="Install it (pip install 'karaokify-daemon[faster-whisper]'), or set "
            f'transcribe.engine = "{WHISPER_TIMESTAMPED}".',
            engine=engine,
        )


def pick_device(wanted: str, count: Callable[[], int], library: str) -> str:
    """Return the device for "auto", "cuda", "cuda:1" or "cpu"; `count` tells how many GPUs.

    `library` is who counts them. Raises ModelError where there is no such GPU.
    """
    if wanted == "cpu":
        return "cpu"
    gpus, number = count(), int(wanted.partition(":")[2] or 0)
    if number < gpus:
        return "cuda" if wanted == "auto" else wanted
    if wanted == "auto":
        return "cpu"
    found = f"only {gpus} CUDA GPUs" if gpus else "no CUDA GPU"
    raise ModelError(
        f"device {wanted} is configured, and {library} finds {found}",
        advice='Check the driver with nvidia-smi, or set transcribe.device = "auto".',
        device=wanted,
    )


def converted_name(model: str) -> str:
    """Return the name of the folder of an official model that is converted already."""
    return f"{FASTER_WHISPER}-{OFFICIAL[model].removesuffix('.pt')}"


def identity(model: str, *, engine: str = WHISPER_TIMESTAMPED, demo: Path | None = None) -> str:
    """Return what tells two models apart, also two files that followed each other at one path.

    Raises ModelError when the name is unknown or the file is missing.
    """
    if model == DEMO:
        return f"{DEMO}:{_checksum(demo or _shipped_demo())}"
    if _is_path(model):
        path = _existing(model, engine)
        stat = (path / _WEIGHTS if path.is_dir() else path).stat()
        return f"{Path(model).name}:{stat.st_size}:{stat.st_mtime_ns}"
    if model not in OFFICIAL:
        raise _unknown(model)
    return OFFICIAL[model].removesuffix(".pt")


def missing(
    model: str, looked_in: list[Path], reason: str, *, engine: str = WHISPER_TIMESTAMPED
) -> ModelError:
    """Return the error that names the file, where it was looked for, and what else can be done."""
    file = OFFICIAL[model]
    other = f" and no folder {converted_name(model)}" if engine == FASTER_WHISPER else ""
    return ModelError(
        f"the weights of model {model!r} are not at hand: no {file}{other} in "
        f"{' or '.join(str(place) for place in looked_in)}, and {reason}",
        advice=f"Put {file} into {looked_in[0]}, let it be downloaded (transcribe.download, and a "
        f'network), name another .pt file as transcribe.model, or use model = "{DEMO}".',
        model=model,
        weights=file,
        looked_in=[str(place) for place in looked_in],
        reason=reason,
    )


def _is_path(model: str) -> bool:
    return "/" in model or model.endswith(".pt")


def _existing(model: str, engine: str) -> Path:
    path = Path(model).expanduser()
    if path.is_file() or (engine == FASTER_WHISPER and (path / _WEIGHTS).is_file()):
        return path
    if engine == FASTER_WHISPER and path.is_dir():
        raise ModelError(
            f"{model} holds no CTranslate2 model: it has no {_WEIGHTS}",
            advice="Correct transcribe.model, or convert the model into that folder.",
            model=model,
        )
    raise ModelError(
        f"the model file {model} does not exist" if not path.exists() else f"{model} is not a file",
        advice="Correct transcribe.model: a Whisper size, the path of a .pt file, or demo.",
        model=model,
    )


def _unknown(model: str) -> ModelError:
    close = difflib.get_close_matches(model, [*OFFICIAL, DEMO], 3)
    meant = f" (did you mean {' or '.join(repr(name) for name in close)}?)" if close else ""
    return ModelError(
        f"there is no model named {model!r}{meant}",
        advice=f"Use one of {', '.join(sorted(OFFICIAL))}, the path of a .pt file, or {DEMO}.",
        model=model,
        suggestions=close,
    )


def _converted(model: str, folder: Path) -> list[Path]:
    path = folder / converted_name(model)
    return [path] if (path / _WEIGHTS).is_file() else []


def _in_hub_cache(model: str) -> list[Path]:
    """Return what huggingface_hub has downloaded for another program, the newest first."""
    home = os.environ.get("HF_HOME")
    folder = (Path(home) if home else _user_cache() / "huggingface") / "hub"
    repository = folder / f"models--{HUB[model].replace('/', '--')}"
    found = list(repository.glob(f"snapshots/*/{_WEIGHTS}"))
    return [path.parent for path in sorted(found, key=lambda path: -path.stat().st_mtime)]


def _whisper_cache() -> Path:
    """Return the folder in which whisper itself keeps what it downloads."""
    return _user_cache() / "whisper"


def _user_cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME")
    home = os.environ.get("HOME", "/")  # Path.home() raises without one
    return Path(base) if base else Path(home) / ".cache"


def _shipped_demo() -> Path:
    return Path(str(resources.files("karaokify_daemon"))) / "data" / "demo.pt.xz"


def _checksum(packed: Path) -> str:
    """Return the SHA-256 of the unpacked model, from the file beside the packed one."""
    try:
        return packed.with_suffix(".sha256").read_text(encoding="ascii").split()[0]
    except (OSError, IndexError) as error:
        raise _broken_installation(packed.with_suffix(".sha256"), str(error)) from error


def _unpacked(packed: Path, folder: Path) -> Path:
    wanted = _checksum(packed)
    path = folder / f"{DEMO}-{wanted[:12]}.pt"
    with contextlib.suppress(OSError):  # not there, or not to be read: unpacked again
        if _sha256(path) == wanted:
            return path
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _unpack(packed, path, wanted)
    except (lzma.LZMAError, EOFError, FileNotFoundError) as error:
        raise _broken_installation(packed, str(error)) from error
    except OSError as error:
        raise ModelError(
            f"the demo model could not be unpacked into {folder} ({error.strerror})",
            advice="Check free space and permissions of folders.cache.",
            model=DEMO,
        ) from error
    return path


def _unpack(packed: Path, path: Path, wanted: str) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{DEMO}-", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as out, lzma.open(packed) as source:
            shutil.copyfileobj(source, out, 1 << 20)
            out.flush()
            os.fsync(out.fileno())
        if _sha256(temporary) != wanted:
            raise _broken_installation(packed, "its checksum differs")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _broken_installation(file: Path, reason: str) -> ModelError:
    return ModelError(
        f"the demo model of the installation is damaged: {file} ({reason})",
        advice="Install karaokify-daemon again.",
        model=DEMO,
    )
