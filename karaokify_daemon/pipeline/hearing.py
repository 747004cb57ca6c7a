"""The words of a job: recognised, read from a sidecar, or known and only to be placed."""

from collections.abc import Callable
from typing import Any

from karaokify_daemon.adapters import ffmpeg
from karaokify_daemon.config import Config
from karaokify_daemon.domain.job import Job
from karaokify_daemon.domain.lyrics import Line
from karaokify_daemon.domain.names import printable
from karaokify_daemon.domain.placing import known_alone, placed
from karaokify_daemon.domain.subtitles import script_language
from karaokify_daemon.domain.transcript import Transcript
from karaokify_daemon.errors import NoSpeechError, SidecarError
from karaokify_daemon.pipeline.flights import Flights
from karaokify_daemon.pipeline.recognition import Seat
from karaokify_daemon.pipeline.sidecars import read_lines, read_song, read_transcript
from karaokify_daemon.pipeline.transcriber import Recogniser, Transcriber

NO_SPEECH = "no speech found"
_MEASURABLE_MS = 1000  # of so much sound EBU R 128 gives no loudness only where it is silent

Progress = Callable[[float], None]


class Hearing:
    """Finds the words of one job; `warn` hears what its manifest will say."""

    def __init__(
        self,
        job: Job,
        config: Config,
        recogniser: Recogniser,
        flights: Flights,
        warn: Callable[[str], None],
        cancelled: Callable[[], bool],
        on_kept: Callable[[], None] = lambda: None,
    ) -> None:
        """Take what it needs; `cache_hit`, `engine` and `seat` tell how the words were found."""
        self._job, self._config, self._recogniser = job, config, recogniser
        self._flights, self._on_kept, self.seat = flights, on_kept, Seat()
        self._warn, self._cancelled = warn, cancelled
        self.cache_hit = False
        self.engine: dict[str, Any] = {}
        self.text: dict[str, Any] = {}

    def transcript(self, decoded: ffmpeg.Decoded, progress: Progress) -> Transcript:
        """Return what is said in a recording, and when.

        Raises SidecarError, NoSpeechError where that is asked for, and what the recogniser does.
        """
        found = self._found(decoded, progress)
        total = len(found.words)
        kept = found.clipped(decoded.duration_ms)
        if beyond := total - len(kept.words):
            self._warn(f"{beyond} of {total} words are after the end of the recording")
        if not kept.words:
            if self._config.transcribe.no_speech == "fail":
                raise NoSpeechError(f"{NO_SPEECH} in it", file=printable(self._job.media.name))
            self._warn(NO_SPEECH)
        return kept

    def _found(self, decoded: ffmpeg.Decoded, progress: Progress) -> Transcript:
        sidecars = self._job.sidecars
        language = self._config.transcribe.language
        own = None if language == "auto" else language
        if sidecars.transcript is not None:
            self.engine = {"model": "sidecar"}
            return read_transcript(sidecars.transcript, language=own, warn=self._warn)
        if sidecars.text is None:
            return self._heard(decoded, progress)
        if song := read_song(sidecars.text, language=own, warn=self._warn):
            self.engine = {"model": "sidecar"}
            return song
        lines = read_lines(sidecars.text, warn=self._warn)
        if any(word.start is not None for line in lines for word in line.words):
            self.engine = {"model": "sidecar"}
            texts = (word.text for line in lines for word in line.words)
            return known_alone(lines, own or script_language(texts))
        return self._placed(lines, self._heard(decoded, progress), decoded.duration_ms)

    def _placed(self, lines: list[Line], heard: Transcript, duration_ms: int) -> Transcript:
        """Return the known words, with the times of those that were heard."""
        found = placed(lines, heard, duration_ms)
        name = printable(str(self._job.sidecars.text and self._job.sidecars.text.name))
        if not found.likely and lines[0].start is None:
            raise SidecarError(
                f"is hardly the text of this recording: of its {found.words} words, "
                f"{found.recognised} were recognised",
                file=name,
                advice="Put the right text beside it, or none; move both back to the inbox.",
            )
        if found.unplaced:
            self._warn(
                f"{found.unplaced} of the {found.words} words of {name} were not heard and have "
                f"no place in the recording, the first in line {found.first_unplaced}"
            )
        self.text = {"words": found.words, "recognised": found.recognised,
                     "unplaced": found.unplaced}  # fmt: skip
        return found.transcript

    def _heard(self, decoded: ffmpeg.Decoded, progress: Progress) -> Transcript:
        if decoded.loudness.integrated_lufs is None and decoded.duration_ms > _MEASURABLE_MS:
            self.engine = {"model": "none"}
            return Transcript(())
        settings = self._config.transcribe
        transcriber = Transcriber(
            settings.model,
            config=self._config,
            recogniser=self._recogniser,
            flights=self._flights,
        )
        found, self.cache_hit = transcriber.transcribe_pcm(
            decoded.pcm,
            sha256=decoded.sha256,
            duration_ms=decoded.duration_ms,
            language=settings.language,
            seat=self.seat,
            on_kept=self._on_kept,
            on_progress=progress,
            cancelled=self._cancelled,
        )
        self.engine = found.get("engine", {})
        if given_up := self.engine.get("instead_of"):
            what = " and ".join(
                f"{key} {self.engine.get(key)} instead of {value}"
                for key, value in given_up.items()
            )
            self._warn(f"the GPU had too little memory: it was recognised with {what}")
        return Transcript.from_dict(found)
