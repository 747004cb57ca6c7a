"""A video is rendered by the encoder that is configured, and if that fails, by libx264."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from karaokify_daemon.adapters import ffmpeg
from karaokify_daemon.errors import FfmpegError, VerifyError


@dataclass(frozen=True, kw_only=True)
class Encoded:
    """What has encoded a video, and a warning where something else was to."""

    encoder: str = ffmpeg.LIBX264.name
    warning: str | None = None


def rendered(
    tools: ffmpeg.Ffmpeg,
    plan: ffmpeg.RenderPlan,
    *,
    on_progress: Callable[[float], None] | None,
    cancelled: Callable[[], bool],
) -> Encoded:
    """Render a plan. Raises what Ffmpeg.run raises with libx264."""

    def render(encoder: ffmpeg.Encoder) -> None:
        own = replace(plan, encoder=encoder)
        ffmpeg.render(tools, own, on_progress=on_progress, cancelled=cancelled)

    asked = plan.video.encoder
    chosen = ffmpeg.choose(tools, plan.video, cancelled=cancelled)
    warning = None
    if asked in chosen.reasons:  # with "auto", what does not work was not asked for
        warning = _told(asked, "does not work here", chosen.reasons[asked], log=chosen.is_news)
    encoder = chosen.encoder
    if not encoder.is_hardware:
        render(encoder)
        return Encoded(warning=warning)
    try:
        render(encoder)
        # What a driver has written is looked at now, while another encoder can still do it.
        ffmpeg.verify(tools, plan.output, duration_ms=plan.duration_ms, rate=plan.rate)
        return Encoded(encoder=encoder.name)
    except (FfmpegError, VerifyError) as error:
        reason = ffmpeg.reason_of(error)
    warning = _told(encoder.name, "failed", reason, log=True)
    render(ffmpeg.LIBX264)  # what is wrong with the recording itself is raised here
    ffmpeg.distrust(tools, plan.video, encoder, reason)
    return Encoded(warning=warning)


def _told(encoder: str, what: str, reason: str, *, log: bool) -> str:
    if log:
        structlog.get_logger().warning("encoder.fallback", encoder=encoder, reason=reason)
    return f"{encoder} {what} ({reason}); the video was encoded by {ffmpeg.LIBX264.name}"
