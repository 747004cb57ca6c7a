"""The download of a model that is converted already, from the Hugging Face Hub."""

import os
import shutil
import tempfile
from pathlib import Path

from karaokify_daemon.adapters.whisper import models
from karaokify_daemon.adapters.whisper.faster.watch import Watch
from karaokify_daemon.adapters.whisper.leftovers import PREFIX
from karaokify_daemon.adapters.whisper.models import ModelFile
from karaokify_daemon.errors import KaraokifyError

# Source: faster_whisper.utils.download_model, which cannot be told where to put them at once.
_FILES = ("config.json", "preprocessor_config.json", "model.bin", "tokenizer.json", "vocabulary.*")


def download(file: ModelFile, watch: Watch) -> Path:
    """Download an official model into its folder: whole, or not at all. Raises ModelError."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import snapshot_download  # noqa: PLC0415 - it reads that when imported

    target = file.folder / models.converted_name(file.name)
    try:
        file.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=PREFIX, dir=file.folder) as temporary:
            got = Path(temporary) / "model"
            watch.call(
                snapshot_download,
                models.HUB[file.name],
                local_dir=got,
                allow_patterns=list(_FILES),
                token=False,
            )
            shutil.rmtree(got / ".cache", ignore_errors=True)
            for path in got.iterdir():
                with path.open("rb") as written:
                    os.fsync(written.fileno())
            got.rename(target)
    except KaraokifyError:
        raise
    except Exception as error:  # httpx, huggingface_hub and ssl each have their own
        reason = f"the download failed ({type(error).__name__}: {error})"
        raise models.missing(
            file.name, [file.folder], reason, engine=models.FASTER_WHISPER
        ) from error
    return target
