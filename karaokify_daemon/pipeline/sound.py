"""How loud a video becomes: decided from what was measured, and checked on what was written."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import structlog

from karaokify_daemon.adapters import ffmpeg
from karaokify_daemon.config import Sound
from karaokify_daemon.domain.loudness import Gain, Loudness, correction, gain

_TRIES = 3


@dataclass(frozen=True, kw_only=True)
class Levelled:
    """What was done to the sound of one video, and how loud that made it.

    `published` is None where there was nothing to reach or to keep to.
    """

    settings: Sound
    gain: Gain
    channels: str
    to_check: bool
    published: Loudness | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return it for JSON: dB, LUFS and dBTP."""
        off = self.settings.target is None
        return {
            "target_lufs": self.settings.target,
            "true_peak_limit_dbtp": None if off else self.settings.true_peak,
            "gain_db": self.gain.db,
            "limited_by": self.gain.limited_by,
            "channels": self.channels,
            "published": asdict(self.published) if self.published else None,
        }


def decided(settings: Sound, found: Loudness | None, heard: ffmpeg.AudioStream | None) -> Levelled:
    """Return by how much a recording is turned up or down.

    `found` is None where its loudness is not known: then it is left as it is.
    """
    chosen, to_check = Gain(), False
    if found is not None and settings.target is not None:
        chosen = gain(found, settings.target, settings.true_peak)
        to_check = found.true_peak_dbtp is not None
    channels = ffmpeg.channels_of(heard).layout
    return Levelled(settings=settings, gain=chosen, channels=channels, to_check=to_check)


def checked(
    tools: ffmpeg.Ffmpeg, plan: ffmpeg.RenderPlan, level: Levelled, cancelled: Callable[[], bool]
) -> Levelled:
    """Measure a rendered video; where AAC has changed its level, encode its sound once more.

    What is too high still after three times is published nevertheless: players clip it for
    moments, and without it there would be nothing. Raises what Ffmpeg.run does.
    """
    settings = level.settings
    if not level.to_check or settings.target is None:
        return level
    published = _measured(tools, plan, cancelled)
    for _ in range(_TRIES):
        again = correction(published, level.gain, settings.target, settings.true_peak)
        if again == level.gain:
            break
        ffmpeg.resound(tools, replace(plan, gain_db=again.db), cancelled=cancelled)
        level = replace(level, gain=again)
        published = _measured(tools, plan, cancelled)
    return replace(level, published=published)


def told(level: Levelled, measured: Loudness) -> dict[str, Any]:
    """Log what was done to the sound of a recording, and return it for the manifest."""
    published = level.published
    structlog.get_logger().info(
        "sound.levelled",
        target=level.settings.target,
        measured=measured.integrated_lufs,
        gain_db=level.gain.db,
        limited_by=level.gain.limited_by,
        loudness=published.integrated_lufs if published else None,
        true_peak=published.true_peak_dbtp if published else None,
    )
    return level.to_dict()


def _measured(
    tools: ffmpeg.Ffmpeg, plan: ffmpeg.RenderPlan, cancelled: Callable[[], bool]
) -> Loudness:
    return ffmpeg.measure(tools, plan.output, duration_ms=plan.duration_ms, cancelled=cancelled)
