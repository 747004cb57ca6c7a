"""The highlight stage: which parts of a recording make its reels, and what it is about."""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from karaokify_daemon.adapters.llm import Client
from karaokify_daemon.adapters.resources import step_back
from karaokify_daemon.config import Config
from karaokify_daemon.domain.chapters import Chapter
from karaokify_daemon.domain.choice import LEAST
from karaokify_daemon.domain.digest import Digest
from karaokify_daemon.domain.disfluencies import kept
from karaokify_daemon.domain.frames import reel_rate
from karaokify_daemon.domain.labels import label
from karaokify_daemon.domain.material import Material, Reel
from karaokify_daemon.domain.reel import reels
from karaokify_daemon.domain.sentences import Sentence, sentences
from karaokify_daemon.domain.transcript import Transcript
from karaokify_daemon.errors import CancelledError, LlmError
from karaokify_daemon.pipeline.asking import ask
from karaokify_daemon.pipeline.credit import credited, settled, uncredited, warning
from karaokify_daemon.pipeline.named_reels import NamedReel, ending, reel_facts

if TYPE_CHECKING:
    from karaokify_daemon.pipeline.digesting import Extractive

_FRAME_MS = 50
_AT_A_TIME = 300  # words


@dataclass(frozen=True, kw_only=True)
class Highlights:
    """What was found; `facts` are for the manifest, `noted` is for another attempt."""

    sentences: Sequence[Sentence] = ()
    digest: Digest = field(default_factory=Digest)
    reels: tuple[NamedReel, ...] = ()
    facts: Mapping[str, Any]
    noted: Mapping[str, Any] = field(default_factory=dict)

    @property
    def chapters(self) -> tuple[Chapter, ...]:
        """The chapters of the full video; its first begins with it."""
        return tuple(
            Chapter(self.sentences[part.sentence].start if i else 0, part.text)
            for i, part in enumerate(self.digest.chapters)
        )

    def told(self) -> dict[str, Any]:
        """Return what the manifest tells of it."""
        digest = self.digest
        names = {"title": digest.title, "suggested_name": digest.file_name}
        return {name: text for name, text in names.items() if text} | {"highlights": self.facts}


class Highlighter:
    """Finds the highlights of one recording; `warn` hears what its manifest will say."""

    def __init__(
        self,
        config: Config,
        job: str,
        warn: Callable[[str], None],
        cancelled: Callable[[], bool],
    ) -> None:
        """`job` is the id by which what a language model costs is counted."""
        self._config, self._job, self._warn, self._cancelled = config, job, warn, cancelled

    def find(
        self,
        transcript: Transcript,
        pcm: Path,
        *,
        duration_ms: int,
        rate: Fraction,
        noted: Mapping[str, Any] | None = None,
    ) -> Highlights:
        """Return the highlights of a recording.

        `pcm` are its samples (s16le, 16 kHz, mono), `noted` what an earlier attempt was answered by
        the language model. Raises LlmError where an answer of it is required, CancelledError.
        """
        # Libraries of languages, which jobs without highlights need not wait for.
        from karaokify_daemon.pipeline.digesting import Extractive  # noqa: PLC0415

        found = sentences(transcript)
        if not found:
            self._warn("nothing is said in it that a reel or a summary could be made of")
            return Highlights(facts={"chosen_by": "nobody", "reels": []})
        own = Extractive(found, transcript.language, self._pulse)
        worth = own.worths(loudness_of(found, pcm))
        said = _fingerprint(found)
        if noted is None or noted.get("said") != said:
            extract = own.digest(duration_ms)
            digest, facts = self._digest(found, transcript.language, extract)
        else:
            digest, facts = Digest.from_dict(noted["digest"]), noted["facts"]
        if text := warning(facts):
            self._warn(text)
        material = Material(
            sentences=found,
            worth=worth,
            duration_ms=duration_ms,
            removed=self._removed(transcript, duration_ms),
            language=transcript.language,
        )
        made = tuple(self._reels(material, digest, own, rate))
        told = settled(facts, [clip for named in made for clip in named.reel.chosen])
        return Highlights(
            sentences=found,
            digest=digest,
            reels=made,
            facts={**told, "reels": [reel_facts(reel) for reel in made]},
            noted={"digest": digest.to_dict(), "facts": facts, "said": said},
        )

    def _digest(
        self, found: Sequence[Sentence], language: str, own: Digest
    ) -> tuple[Digest, dict[str, Any]]:
        """Return what the language model says a recording is about, or else what it says itself."""
        settings, highlights = self._config.llm, self._config.highlights
        folders = self._config.folders
        if not settings.model:
            return own, {"chosen_by": "extractive"}
        try:
            asked = ask(
                found,
                language=language,
                lengths=highlights.lengths,
                count=highlights.count,
                settings=settings,
                state=folders.state,
                cache=folders.cache,
                job=self._job,
                cancelled=self._cancelled,
                connect=partial(Client, on_start=self._step_back),
            )
        except LlmError as error:
            if settings.required:
                raise
            return own, uncredited(error, settings.model)
        facts = credited(asked, own, reels=bool(highlights.lengths))
        return asked.digest.or_else(own), facts

    def _step_back(self, pid: int) -> None:
        step_back(pid, self._config.limits.nice)

    def _removed(self, transcript: Transcript, duration_ms: int) -> list[tuple[int, int]]:
        """Return the stretches that no reel shows, in milliseconds."""
        if not self._config.highlights.remove_disfluencies:
            return []
        words = transcript.words
        # Some hundred words at a time: what is left out is weighed against all the rest.
        parts: list[tuple[int, int]] = []
        begin = 0
        for at in range(0, len(words), _AT_A_TIME):
            rest = words[at + _AT_A_TIME : at + _AT_A_TIME + 1]
            end = (words[at + _AT_A_TIME - 1].end + rest[0].start) // 2 if rest else duration_ms
            parts += kept(words[at : at + _AT_A_TIME], transcript.language, begin, end)
            begin = end
        ends = [0, *(ms for part in parts for ms in part), duration_ms]
        pairs = zip(ends[::2], ends[1::2], strict=True)
        return [(one, other) for one, other in pairs if other > one]

    def _reels(
        self, material: Material, digest: Digest, own: "Extractive", rate: Fraction
    ) -> Iterator[NamedReel]:
        settings = self._config.highlights
        made: list[tuple[str, int, Reel]] = []
        if settings.lengths and (faster := reel_rate(rate)) != rate:
            self._warn(f"reels have {faster} frames a second: with {rate}, words would be cut off")
            rate = faster
        count = settings.count
        for seconds in settings.lengths:
            length_ms = round(seconds * 1000)
            several = reels(
                material,
                rate,
                length_ms=length_ms,
                count=count,
                offered=digest.clips,
                pulse=self._pulse,
            )
            self._tell_missing(several, length_ms, material)
            for one in several:
                name = ending(len(made), len(settings.lengths) * count)
                self._tell_unused(one, name, length_ms, digest, material)
                made.append((name, length_ms, one))
        used: set[str] = set()
        for i, (name, length_ms, reel) in enumerate(made):
            clips = [material.sentences[clip.first : clip.last + 1] for clip in reel.chosen]
            titles = tuple(clip.title or own.title(clip.first, clip.last) for clip in reel.chosen)
            by_score = sorted(range(len(titles)), key=lambda n: -reel.chosen[n].score)
            wished = [digest.title] if len(made) == 1 else [titles[n] for n in by_score]
            again = f"{digest.title} ({i + 1})" if digest.title in used else digest.title
            title = next((t for t in wished if t and t not in used), again)
            used |= {title} - {""}  # which stands for the stem
            yield NamedReel(
                ending=name,
                asked_ms=length_ms,
                title=title,
                reel=reel,
                titles=titles,
                labels=tuple(map(label, titles, clips)),
            )

    def _tell_missing(self, made: Sequence[Reel], length_ms: int, material: Material) -> None:
        """Warn where there is less than was asked for."""
        count, seconds = self._config.highlights.count, length_ms / 1000
        if len(made) < count:
            self._warn(f"there is matter for {len(made)} of the {count} reels of {seconds:g} s")
        wanted = min(length_ms, material.duration_ms) * LEAST
        for reel in made:
            if (found_ms := reel.timeline.duration_ms) < wanted:
                self._warn(f"a reel of {seconds:g} s has only {found_ms / 1000:.1f} s: no other "
                           "sentences fit")  # fmt: skip

    def _tell_unused(
        self, reel: Reel, name: str, length_ms: int, digest: Digest, material: Material
    ) -> None:
        """Warn where a reel has none of the clips that a language model has chosen."""
        is_chosen = material.duration_ms > length_ms  # else it is the recording as it is
        if digest.clips and is_chosen and not any(clip.offered for clip in reel.chosen):
            self._warn(f"{name.removeprefix('.')} has no clip of the language model's: with those "
                       "that are left, it would not be as long as was asked for")  # fmt: skip

    def _pulse(self) -> None:
        if self._cancelled():
            raise CancelledError("was stopped while its highlights were chosen")


def _fingerprint(found: Sequence[Sentence]) -> str:
    """Return what is another one where sentences, or their numbers, are others."""
    content = json.dumps([(s.id, s.start, s.end, s.text) for s in found])
    return hashlib.sha256(content.encode()).hexdigest()


def loudness_of(found: Sequence[Sentence], pcm: Path) -> list[float | None]:
    """Return how loud each sentence is, in dB of full scale; None where it is too short."""
    from karaokify_daemon.adapters.levels import levels  # noqa: PLC0415 - numpy

    frames = levels(pcm, _FRAME_MS)
    spans = [frames[s.start // _FRAME_MS : s.end // _FRAME_MS] for s in found]
    return [median(span) if span else None for span in spans]
