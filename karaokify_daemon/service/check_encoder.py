"""`check`: which encoder videos will be made by, and why."""

from collections.abc import Iterator

from karaokify_daemon.adapters import ffmpeg
from karaokify_daemon.config import Config, Video
from karaokify_daemon.errors import MachineError
from karaokify_daemon.pipeline.means import within_quota
from karaokify_daemon.pipeline.sidecars import with_preset
from karaokify_daemon.service.finding import Finding

_ADVICE = (
    "docs/resources.md tells what it needs; until it works videos are made by libx264, and with "
    'video.encoder = "libx264" nothing else is tried.'
)


def encoders(config: Config) -> Iterator[Finding]:
    """Try the encoder of the configuration, and what presets ask for instead."""
    tools = ffmpeg.Ffmpeg(within_quota(config.limits))
    yield _tried(tools, config.video, "encoder")
    seen = {_asked(config.video)}
    for preset in config.presets:
        video = with_preset(config, preset).video
        if video.encoder != ffmpeg.LIBX264.name and _asked(video) not in seen:
            seen.add(_asked(video))
            yield _tried(tools, video, f"encoder of {preset}")


def _asked(video: Video) -> tuple[str, str]:
    return video.encoder, video.size


def _tried(tools: ffmpeg.Ffmpeg, video: Video, name: str) -> Finding:
    asked = video.encoder
    try:
        chosen = ffmpeg.choose(tools, video)
    except MachineError as error:
        return Finding(name, "warn", f"{asked} cannot be tried ({error.problem})", error.advice)
    used = chosen.encoder
    if asked == used.name == ffmpeg.LIBX264.name:
        return Finding(name, "ok", f"{used.name}, as configured")
    why = "; ".join(f"{other}: {reason}" for other, reason in chosen.reasons.items())
    text = used.name
    if used.is_hardware:
        text += f" on {used.device}" if used.device else ""
        text += f", which works for {video.size}"
    if asked == "auto":
        return Finding(name, "ok", f"auto: {text}" + (f" ({why})" if why else ""))
    if why:
        return Finding(name, "warn", f"{text}, because of {why}", _ADVICE)
    return Finding(name, "ok", text)
