"""The encoders of H.264, and how each is asked for the same picture.

A quality of `video.crf` is the target quality of h264_nvenc and the quantizer of h264_vaapi: the
scales run alike, from 0 to 51, and 6 more halve the size. Only libx264 gets B-frames: FFmpeg 5.1
times those of NVENC as if all frames were equally long, and not every driver of VAAPI has them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from karaokify_daemon.adapters.ffmpeg.graph import KEYFRAME_SECONDS
from karaokify_daemon.config import Limits, Video

NVENC, VAAPI = "h264_nvenc", "h264_vaapi"
RENDER_NODES = Path("/dev/dri")
_FIRST_NODE = "renderD128"
# By encoder_preset. "veryfast" is the default here, and p4 is NVENC's: it costs no more there,
# where frames take longer to draw than to encode.
_NVENC_PRESETS = {
    "ultrafast": "p1",
    "superfast": "p2",
    "veryfast": "p4",
    "faster": "p4",
    "fast": "p5",
    "medium": "p5",
    "slow": "p6",
    "slower": "p7",
}


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """An encoder, as FFmpeg calls it.

    `device` and `low_power` are of h264_vaapi: a render node, and the plainer one of the two
    encoders that a graphics chip of Intel may have. Some have that one only.
    """

    name: str = "libx264"
    device: Path | None = None
    low_power: bool = False

    @property
    def is_hardware(self) -> bool:
        """Tell whether it is there only where a device and its driver are."""
        return self.name in (NVENC, VAAPI)

    @property
    def leading(self) -> list[str]:
        """The arguments that come before the first input."""
        return ["-vaapi_device", str(self.device)] if self.device else []

    @property
    def ending(self) -> list[tuple[str, Any]]:
        """The filters that a picture in yuv420p goes through last, each with its argument."""
        return [("format", "nv12"), ("hwupload", None)] if self.name == VAAPI else []

    def options(self, video: Video, rate: Fraction) -> dict[str, str | int]:
        """Return the options of an output's picture."""
        options: dict[str, str | int] = {
            "c:v": self.name,
            "colorspace": "bt709",
            "color_primaries": "bt709",
            "color_trc": "bt709",
            "color_range": "tv",
            **self._quality(video),
        }
        if video.fps == "variable":
            often = f"expr:gte(t,n_forced*{KEYFRAME_SECONDS})"
            # What NVENC is made to begin anew with is else no place to seek to.
            own = {"forced-idr": 1} if self.name == NVENC else {}
            return {**options, "fps_mode": "vfr", "force_key_frames": often, **own}
        return options | {"r": str(rate), "g": round(rate * KEYFRAME_SECONDS)}

    def _quality(self, video: Video) -> dict[str, str | int]:
        level = max(1, video.crf)  # 0 is "choose yourself" for both
        if self.name == NVENC:
            return {
                "pix_fmt": "yuv420p",
                "preset": _NVENC_PRESETS[video.encoder_preset],
                "tune": "hq",
                "profile:v": "high",
                "rc": "vbr",
                "cq": level,
                "b:v": 0,  # without it, older versions keep to 2 Mbit/s beside the quality
                "bf": 0,
            }
        if self.name == VAAPI:
            plain = {"low_power": 1} if self.low_power else {}
            return {"rc_mode": "CQP", "qp": level, "bf": 0, **plain}
        return {"pix_fmt": "yuv420p", "preset": video.encoder_preset, "crf": video.crf}

    def limits(self, limits: Limits) -> Limits:
        """Return what FFmpeg may take with this encoder.

        CUDA reserves addresses by the size of all memory that there is, and fails where it may
        not. So not what is reserved is limited then, but what is held.
        """
        if self.name != NVENC or not limits.ffmpeg_memory_mb:
            return limits
        held = limits.ffmpeg_rss_mb or limits.ffmpeg_memory_mb
        return limits.model_copy(update={"ffmpeg_memory_mb": 0, "ffmpeg_rss_mb": held})


LIBX264 = Encoder()


def candidates(name: str) -> Iterator[Encoder]:
    """Yield the encoders that a name may stand for here, the better ones first; at least one."""
    if name != VAAPI:
        yield Encoder(name=name)
        return
    for node in sorted(RENDER_NODES.glob("renderD*")) or [RENDER_NODES / _FIRST_NODE]:
        for low_power in (False, True):
            yield Encoder(name=name, device=node, low_power=low_power)


def arguments(options: Mapping[str, str | int]) -> list[str]:
    """Return options as command-line arguments."""
    return [part for key, value in options.items() for part in (f"-{key}", str(value))]
