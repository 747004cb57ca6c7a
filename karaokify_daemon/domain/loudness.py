"""How loud a recording is after EBU R 128, and by how much it is turned up or down."""

from dataclasses import dataclass

TOLERANCE_LU = 0.5  # what R 128 itself lets a programme deviate from its target
MOST_GAIN_DB = 30.0  # beyond that, what is heard is the noise of the room and of the recorder
_READING_DB = 0.1  # the meter's figures are rounded to that
HEADROOM_DB = 0.3  # speech and music that were not clipped rise by so much in AAC, hardly ever more


@dataclass(frozen=True, kw_only=True)
class Loudness:
    """Loudness after EBU R 128; None where there was nothing to measure."""

    integrated_lufs: float | None
    range_lu: float | None
    true_peak_dbtp: float | None


@dataclass(frozen=True, kw_only=True)
class Gain:
    """By how many dB all of a recording is turned up, or down where it is negative.

    `limited_by` says why the target is not reached: "true_peak" or "most_gain".
    """

    db: float = 0.0
    limited_by: str | None = None


def gain(found: Loudness, target: float | None, true_peak: float) -> Gain:
    """Return the gain towards a target in LUFS (None: off) that keeps peaks below `true_peak` dBTP.

    It is one figure for the whole recording: nothing is limited or compressed. What is within half
    a LU of where it would get, and not too high, is left alone.

    >>> gain(Loudness(integrated_lufs=-30.0, range_lu=5.0, true_peak_dbtp=-18.0), -16.0, -1.5)
    Gain(db=14.0, limited_by=None)
    >>> gain(Loudness(integrated_lufs=-20.0, range_lu=5.0, true_peak_dbtp=-4.0), -16.0, -1.5)
    Gain(db=2.2, limited_by='true_peak')
    >>> gain(Loudness(integrated_lufs=-16.4, range_lu=5.0, true_peak_dbtp=-1.6), -16.0, -1.5)
    Gain(db=0.0, limited_by=None)
    """
    peak = found.true_peak_dbtp
    if target is None or peak is None:
        return Gain()
    if found.integrated_lufs is None:  # too short or too quiet to be measured
        return (
            Gain() if peak <= true_peak else _rounded(true_peak - HEADROOM_DB - peak, "true_peak")
        )
    wanted = target - found.integrated_lufs
    if peak <= true_peak and abs(wanted) <= TOLERANCE_LU:
        return Gain()
    room = true_peak - HEADROOM_DB - peak
    limit, reason = min((room, "true_peak"), (MOST_GAIN_DB, "most_gain"))
    if wanted <= limit:
        return _rounded(wanted, None)
    if peak <= true_peak and limit <= TOLERANCE_LU:
        return Gain(limited_by=reason)  # neither up, for so little, nor down
    return _rounded(limit, reason)


def correction(published: Loudness, used: Gain, target: float, true_peak: float) -> Gain:
    """Return the gain that should have been used, seen from what the encoder made of it.

    >>> loud = Loudness(integrated_lufs=-16.0, range_lu=5.0, true_peak_dbtp=-1.2)
    >>> correction(loud, Gain(db=3.0), -16.0, -1.5)
    Gain(db=2.6, limited_by='true_peak')
    """
    peak, loudness = published.true_peak_dbtp, published.integrated_lufs
    if peak is None:
        return used
    if peak > true_peak:
        return _rounded(used.db - (peak - true_peak) - _READING_DB, "true_peak")
    if loudness is None or used.limited_by or not used.db or abs(target - loudness) <= TOLERANCE_LU:
        return used
    room = true_peak - HEADROOM_DB - peak
    missing = target - loudness
    return _rounded(used.db + min(missing, room), None if missing <= room else "true_peak")


def _rounded(db: float, limited_by: str | None) -> Gain:
    return Gain(db=round(db, 2), limited_by=limited_by)
