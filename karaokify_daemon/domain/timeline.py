"""The timeline: which moment of a recording is seen and heard at which moment of a video.

A video shows clips of a recording, each over the end of the one before by a crossfade. What a clip
lasts, and what a crossfade takes, are whole frames; sound is cut where those frames begin. So
picture and sound are equally long, and no rounding adds up over clips.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby, pairwise

from karaokify_daemon.domain.transcript import Segment, Transcript, Word

_LEFT = 0.5  # of a word; with less of it to be heard, it is not shown


@dataclass(frozen=True, kw_only=True)
class Cut:
    """A stretch of a recording, in milliseconds; `lead` and `tail` of it are without words.

    It may go on with what is said in the one before, of which only something was left out.
    """

    start: int
    end: int
    lead: int = 0
    tail: int = 0
    goes_on: bool = False


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A cut in a video: from `start` (milliseconds of the recording), for so many frames.

    It begins at frame `at` of the video; its first `fade` frames it shares with the clip before,
    with which it may go on.
    """

    start: int
    frames: int
    at: int
    fade: int = 0
    goes_on: bool = False

    @property
    def until(self) -> int:
        """The frame of the video before which it ends."""
        return self.at + self.frames


@dataclass(frozen=True)
class Timeline:
    """Clips in the order of a video of `rate` frames a second.

    Its sound comes up within `fade_in` milliseconds, and goes within the last `fade_out`.
    """

    clips: tuple[Clip, ...]
    rate: Fraction
    fade_in: int = 0
    fade_out: int = 0

    @classmethod
    def of(cls, cuts: Sequence[Cut], rate: Fraction, crossfade_ms: int = 0) -> "Timeline":
        """Return a video of cuts. Fades are shorter where there is a word, but for a frame between.

        Raises ValueError where there is no cut, or one that is shorter than two frames.

        >>> parts = Cut(start=1000, end=3000, tail=300), Cut(start=9000, end=10000, lead=100)
        >>> for clip in Timeline.of(parts, Fraction(30), 250).clips:
        ...     print(clip.at, clip.frames, clip.fade)
        0 60 0
        57 30 3
        """
        if not cuts:
            raise ValueError("a video of no cuts")
        lengths = [round((cut.end - cut.start) * rate / 1000) for cut in cuts]
        if min(lengths) < 2:
            raise ValueError("a cut is shorter than two frames")
        clips = [Clip(start=cuts[0].start, frames=lengths[0], at=0)]
        for (one, other), frames in zip(pairwise(cuts), lengths[1:], strict=True):
            wanted = min(crossfade_ms, one.tail, other.lead)
            most = min(clips[-1].frames - clips[-1].fade - 1, frames - 1)
            fade = min(most, max(1, int(wanted * rate / 1000))) if crossfade_ms else 0
            at = clips[-1].until - fade
            clip = Clip(start=other.start, frames=frames, at=at, fade=fade, goes_on=other.goes_on)
            clips.append(clip)
        fade_in, fade_out = (min(crossfade_ms, ms) for ms in (cuts[0].lead, cuts[-1].tail))
        return cls(tuple(clips), rate, fade_in, fade_out)

    @property
    def frames(self) -> int:
        """How many frames the video has."""
        return self.clips[-1].until

    @property
    def duration_ms(self) -> int:
        """How long the video is."""
        return self.ms(self.frames)

    @property
    def parts(self) -> list[tuple[int, int]]:
        """From when to when each part is heard, in milliseconds: a clip with those that go on.

        One ends when the next begins, in the middle of their crossfade.
        """
        begins = [self._heard_from(clip) for clip in self.clips[1:] if not clip.goes_on]
        return list(pairwise([0, *begins, self.duration_ms]))

    def ms(self, frame: int) -> int:
        """Return when a frame begins."""
        return round(frame * 1000 / self.rate)

    def samples(self, frame: int, sample_rate: int) -> int:
        """Return how many samples of sound there are before a frame."""
        return round(frame * sample_rate / self.rate)

    def source_end(self, clip: Clip) -> int:
        """Return where in the recording a clip ends, in milliseconds."""
        return clip.start + self.ms(clip.frames)

    def moved(self, transcript: Transcript) -> Transcript:
        """Return what is said in the video, and when.

        Of a word that a crossfade hides, or a cut, there is what can be heard, or nothing where
        that is less than half of it. No word is longer than in the recording.
        """
        words = [
            (word, i) for i, segment in enumerate(transcript.segments) for word in segment.words
        ]
        starts = [word.start for word, _ in words]

        def near(clip: Clip) -> Sequence[tuple[Word, int]]:
            first = max(0, bisect_right(starts, clip.start) - 1)
            return words[first : bisect_right(starts, self.source_end(clip))]

        segments = [
            Segment(tuple(word for word, _ in group), transcript.segments[i].confidence)
            for n, clip in enumerate(self.clips)
            for i, group in groupby(self._heard(n, near(clip)), key=lambda item: item[1])
        ]
        return replace(transcript, segments=tuple(segments))

    def _heard(self, n: int, words: Sequence[tuple[Word, int]]) -> Iterator[tuple[Word, int]]:
        """Yield the words of a clip, at their times in the video, with their segments' numbers."""
        clip = self.clips[n]
        begin = self._heard_from(clip)
        end = self._heard_from(self.clips[n + 1]) if n + 1 < len(self.clips) else self.duration_ms
        moved = self.ms(clip.at) - clip.start
        for word, segment in words:
            start, stop = max(begin, word.start + moved), min(end, word.end + moved)
            if stop > start and stop - start >= (word.end - word.start) * _LEFT:
                yield replace(word, start=start, end=stop), segment

    def _heard_from(self, clip: Clip) -> int:
        """Return when a clip is louder than the one before, in milliseconds."""
        return (self.ms(clip.at) + self.ms(clip.at + clip.fade)) // 2
