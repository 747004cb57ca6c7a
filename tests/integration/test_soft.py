"""The subtitle track and the metadata inside the video, with FFmpeg at both ends of the range."""

import json
import os
import subprocess

import imageio_ffmpeg
import pytest

from karaokify_daemon import RenderConfig, VideoGenerator
from karaokify_daemon.config import Limits, Video
from tests.support.media import speech

SAID = {
    "language": "de",
    "segments": [{"words": [{"text": "Grüß", "start": 0.2, "end": 0.6}, {"text": "<b>&{\\an8}"}]}],
}
SAID["segments"][0]["words"][1] |= {"start": 0.6, "end": 0.9}


@pytest.fixture(params=["system", "imageio"])
def limits(request):
    binary = "ffmpeg" if request.param == "system" else imageio_ffmpeg.get_ffmpeg_exe()
    return Limits(ffmpeg=binary)


def rendered(folder, limits, said=SAID, **options):
    media = folder / "a.wav"
    speech(media, "Hello world.")
    os.utime(media, (86_400 * 365, 86_400 * 365))
    shown = {"size": "320x180", "waveform": "none", "encoder_preset": "ultrafast"}
    video = Video(**shown | {"title": "A = 'title';\nof two rows"} | options)
    config = RenderConfig(media=media, output=folder / "out.mp4", video=video, limits=limits)
    VideoGenerator(config).generate(said)
    command = ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json"]
    done = subprocess.run([*command, str(config.output)], capture_output=True, check=True)
    return json.loads(done.stdout)


def of_kind(found, kind):
    return [stream for stream in found["streams"] if stream["codec_type"] == kind]


def test_the_captions_are_a_subtitle_track_that_is_off(tmp_path, limits):
    found = rendered(tmp_path, limits)
    (track,) = of_kind(found, "subtitle")
    assert track["codec_name"] == "mov_text" and track["tags"]["language"] == "deu"
    assert track["disposition"]["default"] == 0
    assert all(of_kind(found, kind)[0]["disposition"]["default"] for kind in ("video", "audio"))
    command = ["ffmpeg", "-v", "error", "-i", str(tmp_path / "out.mp4"), "-map", "0:s", "-f", "srt"]
    text = subprocess.run([*command, "-"], capture_output=True, check=True).stdout.decode()
    assert "00:00:00,000 --> 00:00:01," in text and "Grüß" in text


def test_the_video_has_its_title_its_date_and_its_language(tmp_path, limits):
    found = rendered(tmp_path, limits)
    assert found["format"]["tags"]["title"] == "A = 'title'; of two rows"
    assert found["format"]["tags"]["date"] == "1971-01-01"
    assert of_kind(found, "audio")[0]["tags"]["language"] == "deu"


@pytest.mark.parametrize(("said", "wanted"), [(SAID, False), ({"segments": []}, True)])
def test_there_is_no_track_where_none_is_wanted_or_nothing_is_said(tmp_path, said, wanted):
    assert of_kind(rendered(tmp_path, Limits(), said, subtitles=wanted), "subtitle") == []
