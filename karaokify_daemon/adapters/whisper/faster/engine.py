"""A loaded CTranslate2 model that turns PCM into words with times, through faster-whisper.

Not thread-safe. Import this module only where faster-whisper is installed.
"""

from collections.abc import Iterable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import ctranslate2
from faster_whisper import BatchedInferencePipeline

from karaokify_daemon.adapters.whisper import faults
from karaokify_daemon.adapters.whisper.audio import SAMPLE_RATE, Audio, is_nothing, read
from karaokify_daemon.adapters.whisper.faster import hub
from karaokify_daemon.adapters.whisper.faster.conversion import converted
from karaokify_daemon.adapters.whisper.faster.timing import Model
from karaokify_daemon.adapters.whisper.faster.watch import Watch
from karaokify_daemon.adapters.whisper.faster.windows import windows
from karaokify_daemon.adapters.whisper.models import FASTER_WHISPER, ModelFile
from karaokify_daemon.adapters.whisper.progress import OnProgress, Progress
from karaokify_daemon.adapters.whisper.schema import plain
from karaokify_daemon.errors import KaraokifyError, ModelError, OutOfMemoryError, TranscribeError

# The first that the device has: what is meant for it, then what older GPUs can do.
_COMPUTE = {"cpu": ("int8", "float32"), "cuda": ("float16", "int8_float16", "int8", "float32")}
_OPTIONS: dict[str, Any] = {
    "word_timestamps": True,
    "temperature": [0.0],
    "condition_on_previous_text": False,  # it lets one mistake repeat itself to the end
    "without_timestamps": False,
}
_NO_SPEECH, _UNLIKELY = 0.6, -1.0  # source: whisper.transcribe, for windows one by one


class Engine:
    """One model, loaded once."""

    def __init__(
        self,
        model_file: ModelFile,
        *,
        device: str = "auto",
        threads: int = 1,
        batch: int = 1,
        beam: int = 1,
        on_download: OnProgress | None = None,
    ) -> None:
        """Load the model on "cuda", "cpu" or whichever there is ("auto").

        A checkpoint is converted first. `threads` are of the processor; `batch` windows are
        recognised at once, with `beam` guesses each. Raises ModelError.
        """
        self.name = model_file.name
        self.device = _pick(device)
        self._threads, self._batch, self._beam = threads, batch, beam
        self._watch = Watch()
        self._watch.beat = Progress(on_download).beat
        self._compute = _compute_type(self.device)
        self._folder = self._converted(model_file)
        self._model = self._load()
        self._version = version("faster-whisper")

    def use_threads(self, threads: int) -> None:
        """Recognise with so many threads of the processor from now on.

        They belong to the loaded model: with another number of them, it is loaded again.
        """
        if threads != self._threads:
            self._threads = threads
            del self._model  # two at once may not fit into memory
            self._model = self._load()

    def recognise(
        self,
        pcm: Path,
        *,
        span: tuple[int, int] | None = None,
        language: str,
        on_progress: OnProgress | None = None,
    ) -> dict[str, Any]:
        """Return whisper-timestamped's JSON for a part of a file of raw s16le PCM, 16 kHz, mono.

        As the engine of whisper-timestamped does; `on_progress` gets the fraction done at least
        once per second in which there was work. Raises TranscribeError, OutOfMemoryError.
        """
        begin_ms, end_ms = span or (0, None)
        audio = read(pcm, begin_ms, end_ms)
        wanted = None if language == "auto" else language
        if not self._model.model.is_multilingual:
            wanted = "en"
        if is_nothing(audio):
            return self._labelled(plain({"language": wanted or "en", "segments": []}), "none")
        progress = Progress(on_progress)
        progress.beat()
        found = self._heard(audio, wanted, progress)
        progress.advance(1.0)
        rung = "batched" if self._batch > 1 else "one by one"
        return self._labelled(plain(found, later_ms=begin_ms), rung)

    def _heard(self, audio: Audio, language: str | None, progress: Progress) -> dict[str, Any]:
        self._watch.beat = progress.beat
        try:
            segments, told = self._begin(audio, language)
            return {"language": told.language, "segments": _collected(segments, audio, progress)}
        except Exception as error:  # CTranslate2 raises RuntimeError, and what numpy and others do
            if error is progress.raised:
                raise
            raise _failure(error) from error

    def _begin(self, audio: Audio, language: str | None) -> tuple[Iterable[Any], Any]:
        """Begin with a recording; what is heard in it is found as it is asked for."""
        found = windows(audio)
        options = _OPTIONS | {"language": language, "beam_size": self._beam}
        if self._batch == 1:
            cuts = [second for window in found for second in window]
            begun: tuple[Iterable[Any], Any] = self._model.transcribe(
                audio, clip_timestamps=cuts, **options
            )
            return begun
        # A hair later: faster-whisper cuts off what is behind the hundredths.
        clips = [{"start": begin + 1e-6, "end": end} for begin, end in found]
        segments, told = BatchedInferencePipeline(self._model).transcribe(
            audio, batch_size=self._batch, clip_timestamps=clips, **options
        )
        return (segment for segment in segments if not _is_silence(segment)), told

    def _converted(self, file: ModelFile) -> Path:
        if file.path is None:
            return hub.download(file, self._watch)
        if file.path.is_dir():
            return file.path
        return converted(file.path, file.folder, self._watch.beat)

    def _load(self) -> Model:
        try:
            return Model(
                str(self._folder),
                self._watch,
                device=self.device,
                compute_type=self._compute,
                cpu_threads=self._threads,
            )
        except Exception as error:  # CTranslate2 raises RuntimeError, tokenizers Exception
            if faults.is_out_of_memory(error):
                raise ModelError(
                    f"model {self.name!r} does not fit into the memory of device {self.device!r}",
                    advice="Free memory there, use a smaller model, or another transcribe.device.",
                    reason=f"{type(error).__name__}: {error}",
                ) from error
            raise ModelError(
                f"{self._folder} cannot be loaded as a CTranslate2 model",
                advice="Remove that folder if it is in the cache, else convert or copy it again.",
                reason=f"{type(error).__name__}: {error}",
                engine_lost=faults.is_of_gpu(error),
            ) from error

    def _labelled(self, result: dict[str, Any], rung: str) -> dict[str, Any]:
        engine = {
            "engine": FASTER_WHISPER,
            "rung": rung,
            "model": self.name,
            "device": self.device,
            "compute_type": self._compute,
            "version": self._version,
        }
        return result | {"engine": engine}


def _collected(segments: Iterable[Any], audio: Audio, progress: Progress) -> list[dict[str, Any]]:
    length = len(audio) / SAMPLE_RATE
    found = []
    for segment in segments:
        found.append(asdict(segment))
        progress.advance(float(segment.end) / length)
    return found


def _is_silence(segment: Any) -> bool:
    """Tell whether words were only guessed; in a batch, faster-whisper does not look at that."""
    unlikely: bool = segment.avg_logprob <= _UNLIKELY
    return unlikely and segment.no_speech_prob > _NO_SPEECH


def _pick(wanted: str) -> str:
    """Return "cuda" or "cpu" for "auto", "cuda" or "cpu". Raises ModelError without a GPU."""
    if wanted == "cpu":
        return "cpu"
    if ctranslate2.get_cuda_device_count():
        return "cuda"
    if wanted == "cuda":
        raise ModelError(
            "device cuda is configured, and CTranslate2 finds no CUDA GPU",
            advice='Check the driver with nvidia-smi, or set transcribe.device = "auto".',
            device=wanted,
        )
    return "cpu"


def _compute_type(device: str) -> str:
    there = ctranslate2.get_supported_compute_types(device)
    return next((kind for kind in _COMPUTE[device] if kind in there), "default")


def _failure(error: Exception) -> KaraokifyError:
    reason = f"{type(error).__name__}: {error}"
    if faults.is_out_of_memory(error):
        return OutOfMemoryError("there was not enough memory to recognise it", reason=reason)
    return TranscribeError(
        f"speech recognition failed ({reason[:200]})",
        reason=reason,
        engine_lost=faults.is_of_gpu(error),
    )
