"""FFmpeg: probing, decoding, rendering and checking media files.

Every file is a stranger's: opened by an absolute path, as one of a few formats that name no other
files, with limits and a deadline, in a process that never outlives the call.
"""

from karaokify_daemon.adapters.ffmpeg.decode import Decoded, decode
from karaokify_daemon.adapters.ffmpeg.encoders import LIBX264, Encoder
from karaokify_daemon.adapters.ffmpeg.graph import frame_count
from karaokify_daemon.adapters.ffmpeg.logo import logo_width
from karaokify_daemon.adapters.ffmpeg.picture import Background, rate_of
from karaokify_daemon.adapters.ffmpeg.probe import (
    AudioStream,
    MediaInfo,
    VideoStream,
    probe,
    probe_background,
)
from karaokify_daemon.adapters.ffmpeg.render import RenderPlan, render, resound, verify
from karaokify_daemon.adapters.ffmpeg.soft import Extras, switch_off_subtitles
from karaokify_daemon.adapters.ffmpeg.sound import channels_of, measure
from karaokify_daemon.adapters.ffmpeg.stills import sheet, stills
from karaokify_daemon.adapters.ffmpeg.tools import Ffmpeg
from karaokify_daemon.adapters.ffmpeg.trial import Chosen, choose, distrust, reason_of
from karaokify_daemon.adapters.ffmpeg.waveform import HEIGHTS, Wave, height_with_margin

__all__ = [
    "HEIGHTS",
    "LIBX264",
    "AudioStream",
    "Background",
    "Chosen",
    "Decoded",
    "Encoder",
    "Extras",
    "Ffmpeg",
    "MediaInfo",
    "RenderPlan",
    "VideoStream",
    "Wave",
    "channels_of",
    "choose",
    "decode",
    "distrust",
    "frame_count",
    "height_with_margin",
    "logo_width",
    "measure",
    "probe",
    "probe_background",
    "rate_of",
    "reason_of",
    "render",
    "resound",
    "sheet",
    "stills",
    "switch_off_subtitles",
    "verify",
]
