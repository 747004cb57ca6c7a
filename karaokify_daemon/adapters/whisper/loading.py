"""Loading a checkpoint into memory, downloading it first where that is asked for."""

import contextlib
import os
import socket
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
import whisper

from karaokify_daemon.adapters.whisper import faults, models
from karaokify_daemon.adapters.whisper.leftovers import PREFIX
from karaokify_daemon.adapters.whisper.models import ModelFile
from karaokify_daemon.adapters.whisper.progress import OnProgress, Progress
from karaokify_daemon.errors import KaraokifyError, ModelError

_NETWORK_TIMEOUT_S = 60.0

# (n_text_state, n_text_layer, n_vocab) of the official models: whoever loads a checkpoint by path
# gets guessed alignment heads, and word times up to some hundred milliseconds worse.
_SHAPES: dict[tuple[int, int, int], tuple[str, ...]] = {
    (384, 4, 51864): ("tiny.en",),
    (384, 4, 51865): ("tiny",),
    (512, 6, 51864): ("base.en",),
    (512, 6, 51865): ("base",),
    (768, 12, 51864): ("small.en",),
    (768, 12, 51865): ("small",),
    (1024, 24, 51864): ("medium.en",),
    (1024, 24, 51865): ("medium",),
    (1280, 32, 51865): ("large-v2", "large-v1"),
    (1280, 32, 51866): ("large-v3",),
    (1280, 4, 51866): ("large-v3-turbo",),
}


def pick_device(wanted: str) -> str:
    """Return the device for one, or for "auto". Raises ModelError where there is no such GPU."""
    return models.pick_device(wanted, torch.cuda.device_count, "PyTorch")


def load(file: ModelFile, device: str, on_download: OnProgress | None = None) -> Any:
    """Return the Whisper model on the device, with the alignment heads it was published with.

    Raises ModelError.
    """
    path = file.path or _downloaded(file, on_download)
    try:
        model = whisper.load_model(str(path), device=device)
    except Exception as error:  # torch raises whatever a damaged or foreign file leads to
        if faults.is_out_of_memory(error):
            raise ModelError(
                f"model {file.name!r} does not fit into the memory of device {device!r}",
                advice="Free memory there, use a smaller model, or another transcribe.device.",
                reason=f"{type(error).__name__}: {error}",
                gpu_memory=faults.is_of_gpu(error),
            ) from error
        raise unreadable(path, error) from error
    _set_official_heads(model, path)
    return model.eval()


def unreadable(path: Path, error: Exception) -> ModelError:
    """Return the error for a file that is no checkpoint, or a damaged one."""
    return ModelError(
        f"{path} cannot be loaded as a Whisper checkpoint",
        advice="Copy or download it again; it must be a .pt file that openai-whisper reads.",
        reason=f"{type(error).__name__}: {error}",
        engine_lost=faults.is_of_gpu(error),
    )


def official_heads(dims: Mapping[str, int], path: Path) -> bytes | None:
    """Return the alignment heads that a model of these dimensions was published with, packed."""
    shape = (dims["n_text_state"], dims["n_text_layer"], dims["n_vocab"])
    names = _SHAPES.get(shape, ())
    if not names:
        return None
    name = path.stem if path.stem in names else names[0]
    heads: bytes = whisper._ALIGNMENT_HEADS[name]  # noqa: SLF001 - published nowhere else
    return heads


def _set_official_heads(model: Any, path: Path) -> None:
    heads = official_heads(vars(model.dims), path)
    if heads is not None:
        model.set_alignment_heads(heads)
        model.alignment_heads = model.alignment_heads.to(model.device)


def _downloaded(file: ModelFile, on_download: OnProgress | None) -> Path:
    """Download an official model into its folder: whole and verified, or not at all."""
    target = file.folder / models.OFFICIAL[file.name]
    try:
        file.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory(prefix=PREFIX, dir=file.folder) as temporary,
            _followed(on_download),
        ):
            url = whisper._MODELS[file.name]  # noqa: SLF001 - as below
            got = whisper._download(url, temporary, False)  # noqa: SLF001, FBT003 - as below
            with Path(got).open("rb") as weights:
                os.fsync(weights.fileno())
            Path(got).replace(target)
    except KaraokifyError:
        raise
    except Exception as error:  # urllib, http.client, ssl and whisper each have their own
        reason = f"the download failed ({type(error).__name__}: {error})"
        raise models.missing(file.name, [file.folder], reason) from error
    return target


@contextlib.contextmanager
def _followed(on_download: OnProgress | None) -> Iterator[None]:
    """Report on a download, and let it not wait for a dead network for ever."""
    original, timeout = whisper.tqdm, socket.getdefaulttimeout()
    whisper.tqdm = Progress(on_download).bar
    socket.setdefaulttimeout(_NETWORK_TIMEOUT_S)
    try:
        yield
    finally:
        whisper.tqdm = original
        socket.setdefaulttimeout(timeout)
