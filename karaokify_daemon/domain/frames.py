"""How a picture is fitted into another, and how many frames a second a video gets."""

import math
from dataclasses import dataclass
from fractions import Fraction

_PER_1001 = tuple(Fraction(rate * 1000, 1001) for rate in (24, 30, 60))
_STANDARD = tuple(sorted((*map(Fraction, (24, 25, 30, 48, 50, 60)), *_PER_1001)))
_STILL = Fraction(30)
_SLOWEST, _FASTEST = min(_STANDARD), max(_STANDARD)
_NEAR = Fraction(1, 100)  # phones drop a frame now and then, and say 29.87
_VERTICAL = 1.6  # so many times as high as wide


@dataclass(frozen=True, kw_only=True)
class Margins:
    """What is left free at a picture's edges, in pixels."""

    top: int
    bottom: int
    side: int

    @classmethod
    def of(cls, width: int, height: int, *, safe: bool = True) -> "Margins":
        """Return the margins of a picture; `safe`: of a vertical one, those of the platforms.

        TikTok, Reels and Shorts lay buttons and the caption of the post over a vertical video:
        on 1080x1920, up to 270 pixels at the top, 420 at the bottom and 130 at the right, which
        are left free at the left as well, so that text stays in the middle.

        >>> Margins.of(1920, 1080), Margins.of(1080, 1920)
        (Margins(top=59, bottom=49, side=115), Margins(top=269, bottom=422, side=130))
        """
        if safe and height >= _VERTICAL * width:
            top, bottom, side = 0.14, 0.22, 0.12
        else:
            top, bottom, side = 0.055, 0.045, 0.06
        return cls(top=round(height * top), bottom=round(height * bottom), side=round(width * side))


def frame_rate(source: Fraction | None) -> Fraction:
    """Return the rate for a source of so many frames a second; None is a still.

    It is one of those of film, television and the web (SMPTE ST 2036-1 has them), the one that
    the source means, or the next that shows all of its frames. Slower sources are shown at a
    multiple, so that words do not jump; faster ones at a fraction.

    >>> [str(frame_rate(Fraction(rate))) for rate in ("15", "24.99", "29.87", "100", "27")]
    ['30', '25', '30000/1001', '50', '30000/1001']
    """
    if not source:
        return _STILL
    rate = source * max(1, math.ceil(_SLOWEST * (1 - _NEAR) / source))
    while rate > _FASTEST * (1 + _NEAR):
        rate /= 2
    nearest = min(_STANDARD, key=lambda standard: abs(standard - rate))
    if abs(nearest - rate) <= rate * _NEAR:
        return nearest
    return next(standard for standard in _STANDARD if standard > rate)


def reel_rate(rate: Fraction) -> Fraction:
    """Return the rate of a reel from a recording that is shown at so many frames a second.

    Cuts and fades are whole frames, and are to lie in the pauses between words: so a slow rate is
    multiplied.

    >>> [str(reel_rate(Fraction(rate))) for rate in (1, 10, 15, 24, 60)]
    ['24', '30', '30', '24', '60']
    """
    return rate * max(1, math.ceil(_SLOWEST / rate))


def inside(size: tuple[int, int], frame: tuple[int, int]) -> tuple[int, int]:
    """Return the largest size of the same shape, in even pixels, that fits into a frame.

    >>> inside((201, 201), (640, 360)), inside((1920, 1080), (1080, 1920))
    ((360, 360), (1080, 608))
    """
    factor = min(Fraction(frame[0], size[0]), Fraction(frame[1], size[1]))
    width, height = (max(2, round(side * factor / 2) * 2) for side in size)
    return min(width, frame[0]), min(height, frame[1])


def covering(size: tuple[int, int], frame: tuple[int, int]) -> tuple[int, int]:
    """Return the smallest size of the same shape, in even pixels, that covers a frame.

    >>> covering((201, 201), (640, 360)), covering((1920, 1080), (1080, 1920))
    ((640, 640), (3414, 1920))
    """
    factor = max(Fraction(frame[0], size[0]), Fraction(frame[1], size[1]))
    width, height = (math.ceil(side * factor / 2) * 2 for side in size)
    return width, height


def cropped(size: tuple[int, int], frame: tuple[int, int]) -> float:
    """Return which share of a picture is not seen where it covers a frame.

    >>> cropped((1920, 1080), (640, 360)), cropped((100, 100), (160, 80))
    (0.0, 0.5)
    """
    width, height = covering(size, frame)
    return max(0.0, 1 - frame[0] * frame[1] / (width * height))
