"""A logo in a corner of the picture."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ffmpeg

from karaokify_daemon.config import Video

_WIDEST = 2  # times its height
_LEVEL = 0.03  # of the shorter side: so far below the margin is the middle of the title


def logo_width(video: Video) -> int:
    """Return how many pixels at a side belong to the logo; 0 without one."""
    return 0 if video.logo is None else _WIDEST * _height(video)


def with_logo(picture: Any, path: Path, video: Video, opened: Callable[..., Any]) -> Any:
    """Lay an image over a picture, as it is, in the corner that the configuration names."""
    high, margins = _height(video), video.margins
    still = opened(path)["v:0"].filter("trim", end_frame=1).filter("format", "rgba")
    scaled = still.filter(
        "scale", logo_width(video), high, force_original_aspect_ratio="decrease"
    ).filter("setsar", 1)
    down, across = video.logo_position.split("-")
    x = margins.side if across == "left" else f"W-w-{margins.side}"
    level = margins.top + _LEVEL * min(video.width, video.height) - high / 2
    y = round(max(margins.top / 2, level)) if down == "top" else f"H-h-{margins.bottom}"
    return ffmpeg.filter([picture, scaled], "overlay", x=x, y=y, eof_action="repeat")


def _height(video: Video) -> int:
    return max(8, round(min(video.width, video.height) * video.logo_size / 200) * 2)
