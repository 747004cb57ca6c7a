"""A loaded model that turns PCM into words with times, through whisper-timestamped.

Not thread-safe: whisper-timestamped hangs hooks on the model. Import this module only where
torch may be imported.
"""

import gc
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
import whisper_timestamped

from karaokify_daemon.adapters.whisper import faults
from karaokify_daemon.adapters.whisper.audio import Audio, is_nothing, read
from karaokify_daemon.adapters.whisper.loading import load, pick_device
from karaokify_daemon.adapters.whisper.models import WHISPER_TIMESTAMPED, ModelFile
from karaokify_daemon.adapters.whisper.progress import OnProgress, Progress
from karaokify_daemon.adapters.whisper.schema import plain
from karaokify_daemon.errors import OutOfMemoryError, TranscribeError

# Greedy, because anything else forces whisper-timestamped's slow path; and each window on its own,
# because conditioning lets one mistake repeat itself to the end of the recording.
_OPTIONS: dict[str, Any] = {
    "temperature": 0.0,
    "condition_on_previous_text": False,
    "verbose": None,  # False prints to stdout
}

# What whisper-timestamped's own checks and arithmetic raise on odd input; see its issue tracker.
_INTERNAL = (
    AssertionError,
    LookupError,
    ValueError,
    TypeError,
    ArithmeticError,
    RuntimeError,
    MemoryError,
)


class Engine:
    """One model, loaded once."""

    def __init__(
        self,
        model_file: ModelFile,
        *,
        device: str = "auto",
        threads: int = 1,
        on_download: OnProgress | None = None,
    ) -> None:
        """Load the model on "cuda", "cuda:1", "cpu" or whichever there is ("auto").

        `threads` are of the processor. Raises ModelError.
        """
        self.use_threads(threads)
        self.name = model_file.name
        self.device = pick_device(device)
        self._model = load(model_file, self.device, on_download)
        self._version = version("whisper-timestamped")

    def use_threads(self, threads: int) -> None:
        """Recognise with so many threads of the processor from now on."""
        torch.set_num_threads(threads)

    def recognise(
        self,
        pcm: Path,
        *,
        span: tuple[int, int] | None = None,
        language: str,
        on_progress: OnProgress | None = None,
    ) -> dict[str, Any]:
        """Return whisper-timestamped's JSON for a part of a file of raw s16le PCM, 16 kHz, mono.

        `span` says from when to when, in milliseconds of the file, as the times of the result do;
        without it, all of it is heard.
        Its key "engine" says which rung of the ladder, model, device and version were used.
        `language` is a code or "auto". `on_progress` gets the fraction done at least once per
        token; what it raises ends the run and comes out here. Raises TranscribeError,
        OutOfMemoryError.
        """
        begin_ms, end_ms = span or (0, None)
        audio = read(pcm, begin_ms, end_ms)
        wanted = None if language == "auto" else language
        if not self._model.is_multilingual:
            wanted = "en"
        if is_nothing(audio):
            return self._labelled(plain({"language": wanted or "en", "segments": []}), "none")
        progress = Progress(on_progress)
        progress.beat()
        found, rung = self._climb(audio, wanted, progress)
        progress.advance(1.0)
        return self._labelled(plain(found, later_ms=begin_ms), rung)

    def _climb(
        self, audio: Audio, language: str | None, progress: Progress
    ) -> tuple[dict[str, Any], str]:
        """Try one way after the other until one does not trip over itself."""
        reasons: dict[str, str] = {}
        for rung, attempt in self._ladder().items():
            try:
                with progress.of(self._model), torch.inference_mode():
                    return attempt(audio, language), rung
            except torch.cuda.OutOfMemoryError as error:
                reasons[rung] = f"out of GPU memory: {error}"
            except _INTERNAL as error:
                if error is progress.raised:
                    raise
                reasons[rung] = f"{type(error).__name__}: {error}"
                if faults.is_out_of_memory(error):
                    raise _out_of_memory(reasons) from error
                if "CUDA error" in str(error):  # its context is lost: nothing works from here on
                    raise _failed(reasons, lost=True) from error
            finally:
                self._drop_hooks()
            self._free()  # out of the except clause, the error's frames no longer hold tensors
            if sum("out of GPU memory" in reason for reason in reasons.values()) > 1:
                raise _out_of_memory(reasons)
        raise _failed(reasons)

    def _ladder(self) -> dict[str, Callable[[Audio, str | None], dict[str, Any]]]:
        return {
            "efficient": self._timestamped(),
            "naive": self._timestamped(naive_approach=True),
            "backend_timestamps": self._timestamped(use_backend_timestamps=True),
            "plain": self._plain,
        }

    def _timestamped(self, **options: Any) -> Callable[[Audio, str | None], dict[str, Any]]:
        def attempt(audio: Audio, language: str | None) -> dict[str, Any]:
            result: dict[str, Any] = whisper_timestamped.transcribe(
                self._model, audio, language=language, fp16=self._fp16, **_OPTIONS, **options
            )
            return result

        return attempt

    def _plain(self, audio: Audio, language: str | None) -> dict[str, Any]:
        result: dict[str, Any] = self._model.transcribe(
            audio, language=language, fp16=self._fp16, word_timestamps=True, **_OPTIONS
        )
        return result

    @property
    def _fp16(self) -> bool:
        return self.device.startswith("cuda")

    def _drop_hooks(self) -> None:
        """Remove what a failed run may have left: it would record into the next run's times."""
        for module in self._model.modules():
            module._forward_hooks.clear()  # noqa: SLF001 - torch has no public way to remove all
            module._forward_pre_hooks.clear()  # noqa: SLF001

    def _free(self) -> None:
        gc.collect()
        if self._fp16:
            torch.cuda.empty_cache()

    def _labelled(self, result: dict[str, Any], rung: str) -> dict[str, Any]:
        engine = {
            "engine": WHISPER_TIMESTAMPED,
            "rung": rung,
            "model": self.name,
            "device": self.device,
            "compute_type": "float16" if self._fp16 else "float32",
            "version": self._version,
        }
        return result | {"engine": engine}


def _out_of_memory(reasons: dict[str, str]) -> OutOfMemoryError:
    return OutOfMemoryError("there was not enough memory to recognise it", rungs=reasons)


def _failed(reasons: dict[str, str], *, lost: bool = False) -> TranscribeError:
    last = list(reasons.values())[-1]
    return TranscribeError(
        f"speech recognition failed ({last[:200]})", rungs=reasons, engine_lost=lost
    )
