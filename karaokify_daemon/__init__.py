"""karaokify-daemon: drop a recording into a folder, get a karaoke-captioned video out of another.

>>> from karaokify_daemon import Transcriber, VideoGenerator, RenderConfig  # doctest: +SKIP
>>> transcript = Transcriber("small").transcribe("talk.mp3")  # doctest: +SKIP
>>> config = RenderConfig(media=Path("talk.mp3"), output=Path("talk.mp4"))  # doctest: +SKIP
>>> VideoGenerator(config).generate(transcript)  # doctest: +SKIP
'talk.mp4'
"""

import importlib
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from karaokify_daemon.pipeline.render_config import RenderConfig
    from karaokify_daemon.pipeline.transcriber import Transcriber
    from karaokify_daemon.pipeline.video import VideoGenerator

__all__ = ["RenderConfig", "Transcriber", "VideoGenerator", "__version__"]

_EXPORTS = {
    "Transcriber": "karaokify_daemon.pipeline.transcriber",
    "VideoGenerator": "karaokify_daemon.pipeline.video",
    "RenderConfig": "karaokify_daemon.pipeline.render_config",
}


def __getattr__(name: str) -> Any:
    """Import on first use (PEP 562): `karaokify-daemon --help` must not pay for the pipeline."""
    if name == "__version__":
        return version("karaokify-daemon")
    if name in _EXPORTS:
        return getattr(importlib.import_module(_EXPORTS[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
