"""Which file holds a model: found, unpacked or to be downloaded. Imports no torch.

A model is named by a Whisper size, by the path of a checkpoint (`.pt`), or `demo`, the small
English model that travels with the package.
"""

import contextlib
import difflib
import hashlib
import lzma
import os
import shutil
import tempfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from karaokify_daemon.errors import ModelError

DEMO = "demo"

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

_FOLDER = "models"


@dataclass(frozen=True, kw_only=True)
class ModelFile:
    """A model and where its checkpoint lies; without a path it is to be downloaded to `folder`."""

    name: str
    path: Path | None
    folder: Path


def resolve(model: str, cache: Path, *, download: bool, demo: Path | None = None) -> ModelFile:
    """Find the checkpoint of a model.

    `demo` is the compressed demo model with its checksum beside it; by default the one in the
    package. It is unpacked into `cache/models` when it is not there, or not intact.

    Raises ModelError when there is no such model, or its file is neither here nor to be downloaded.
    """
    folder = cache / _FOLDER
    if model == DEMO:
        return ModelFile(name=DEMO, path=_unpacked(demo or _shipped_demo(), folder), folder=folder)
    if _is_path(model):
        return ModelFile(name=model, path=_existing(model), folder=folder)
    if model not in OFFICIAL:
        raise _unknown(model)
    looked_in = [folder, _whisper_cache()]
    for place in looked_in:
        if (place / OFFICIAL[model]).is_file():
            return ModelFile(name=model, path=place / OFFICIAL[model], folder=folder)
    if not download:
        raise missing(model, looked_in, "transcribe.download is false")
    return ModelFile(name=model, path=None, folder=folder)


def identity(model: str, *, demo: Path | None = None) -> str:
    """Return what tells two models apart, also two files that followed each other at one path.

    Raises ModelError when the name is unknown or the file is missing.
    """
    if model == DEMO:
        return f"{DEMO}:{_checksum(demo or _shipped_demo())}"
    if _is_path(model):
        stat = _existing(model).stat()
        return f"{Path(model).name}:{stat.st_size}:{stat.st_mtime_ns}"
    if model not in OFFICIAL:
        raise _unknown(model)
    return OFFICIAL[model].removesuffix(".pt")


def missing(model: str, looked_in: list[Path], reason: str) -> ModelError:
    """Return the error that names the file, where it was looked for, and what else can be done."""
    file = OFFICIAL[model]
    return ModelError(
        f"the weights of model {model!r} are not at hand: no {file} in "
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


def _existing(model: str) -> Path:
    path = Path(model).expanduser()
    if path.is_file():
        return path
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


def _whisper_cache() -> Path:
    """Return the folder in which whisper itself keeps what it downloads."""
    base = os.environ.get("XDG_CACHE_HOME")
    home = os.environ.get("HOME", "/")  # Path.home() raises without one
    return (Path(base) if base else Path(home) / ".cache") / "whisper"


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
