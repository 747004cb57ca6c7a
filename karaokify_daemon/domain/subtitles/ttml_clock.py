"""Time expressions of TTML: https://www.w3.org/TR/ttml2/, section 12.3."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

_CLOCK = re.compile(
    r"\s*(\d{2,4}):(\d\d):(\d\d)(?:\.(\d{1,9})\d{0,20}|:(\d{2,4})(?:\.\d{1,9})?)?\s*", re.ASCII
)
_OFFSET = re.compile(r"\s*(\d{1,18})(?:\.(\d{1,9})\d{0,20})?(h|ms|m|s|f|t)\s*", re.ASCII)
_NUMBER = re.compile(r"\s*([1-9]\d{0,8})\s*", re.ASCII)
_RATIO = re.compile(r"\s*([1-9]\d{0,8})[\s:]+([1-9]\d{0,8})\s*", re.ASCII)
_SECONDS = {"h": Fraction(3600), "m": Fraction(60), "s": Fraction(1), "ms": Fraction(1, 1000)}


@dataclass(frozen=True)
class Clock:
    """How a document counts: `nominal` frames to a second of its clock, `frames` to a real one."""

    nominal: int = 30
    frames: Fraction = Fraction(30)
    ticks: Fraction = Fraction(1)  # in a second
    labels: bool = False  # clock times are names of frames (SMPTE, none dropped)

    @classmethod
    def of(cls, attributes: Mapping[str, str]) -> "Clock":
        """Return the clock that a root element's parameters tell; wrong ones count as not told.

        >>> Clock.of({"frameRate": "30", "frameRateMultiplier": "1000 1001"}).frames
        Fraction(30000, 1001)
        """
        rate = _number(attributes.get("frameRate"))
        nominal = rate or 30
        ratio = _RATIO.fullmatch(attributes.get("frameRateMultiplier", ""))
        frames = nominal * (Fraction(int(ratio[1]), int(ratio[2])) if ratio else Fraction(1))
        sub = _number(attributes.get("subFrameRate")) or 1
        ticks = _number(attributes.get("tickRate")) or (frames * sub if rate else 1)
        smpte = attributes.get("timeBase") == "smpte"
        labels = smpte and attributes.get("dropMode", "nonDrop") == "nonDrop"
        return cls(nominal, frames, Fraction(ticks), labels)

    def ms(self, text: str | None) -> int | None:
        """Return a time in milliseconds; None where it is no time.

        >>> Clock().ms("00:00:01:15"), Clock().ms("1.5s"), Clock().ms("100ms"), Clock().ms("x")
        (1500, 1500, 100, None)
        """
        if text is None:
            return None
        if found := _CLOCK.fullmatch(text):
            return round(self._clock(found) * 1000)
        if found := _OFFSET.fullmatch(text):
            value = int(found[1]) + _fraction(found[2])
            rates = {"f": self.frames, "t": self.ticks}
            unit = _SECONDS.get(found[3]) or 1 / rates[found[3]]
            return round(value * unit * 1000)
        return None

    def _clock(self, found: re.Match[str]) -> Fraction:
        seconds = (int(found[1]) * 60 + int(found[2])) * 60 + int(found[3])
        scale = self.nominal / self.frames if self.labels else Fraction(1)
        return seconds * scale + _fraction(found[4]) + int(found[5] or 0) / self.frames


def _fraction(digits: str | None) -> Fraction:
    return Fraction(int(digits), 10 ** len(digits)) if digits else Fraction(0)


def _number(text: str | None) -> int | None:
    found = _NUMBER.fullmatch(text or "")
    return int(found[1]) if found else None
