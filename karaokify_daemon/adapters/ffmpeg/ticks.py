"""A video of nothing: tiny frames whose only content is when they are shown."""

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

_SIDE = 2  # pixels
_FOURCC = b"Y800"  # gray, uncompressed


def write_ticks(path: Path, frames: Sequence[int], rate: Fraction) -> Path:
    """Write an IVF file with frames of these numbers, at a rate per second; return its path.

    The format is that of https://wiki.multimedia.cx/index.php/Duck_IVF. Raises OSError.
    """
    header = struct.pack(
        "<4sHH4sHHIIII",
        b"DKIF",
        0,
        32,
        _FOURCC,
        _SIDE,
        _SIDE,
        rate.numerator,
        rate.denominator,
        len(frames),
        0,
    )
    with path.open("wb") as file:
        file.write(header)
        for number in frames:
            file.write(struct.pack("<IQ", _SIDE * _SIDE, number) + bytes(_SIDE * _SIDE))
    return path
