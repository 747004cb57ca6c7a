"""Rendering, posters and the check of the result, with FFmpeg at both ends of the range."""

import errno
import json
import os
import subprocess
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from karaokify_daemon import RenderConfig, VideoGenerator
from karaokify_daemon.adapters.ffmpeg import Ffmpeg, probe, sheet, stills, verify
from karaokify_daemon.config import Limits, Video
from karaokify_daemon.errors import (
    CancelledError,
    ConfigError,
    FfmpegError,
    MachineError,
    SidecarError,
    VerifyError,
)
from tests.support.media import clip, convert, picture, speech

WIDTH, HEIGHT = 320, 180
SAID = {"segments": [{"words": [{"text": "Hello", "start": 0.1, "end": 0.6}]}]}


@pytest.fixture(params=["system", "imageio"])
def limits(request):
    binary = "ffmpeg" if request.param == "system" else imageio_ffmpeg.get_ffmpeg_exe()
    return Limits(ffmpeg=binary)


def config(media, limits, **options):
    video = Video(size=f"{WIDTH}x{HEIGHT}", waveform="none", encoder_preset="ultrafast")
    given = {"output": Path(media).with_name("out.mp4"), "video": video, "title": ""} | options
    return RenderConfig(media=media, limits=limits, **given)


def frames(path):
    command = ["ffmpeg", "-v", "error", "-i", f"file:{path}", "-f", "rawvideo"]
    raw = subprocess.run([*command, "-pix_fmt", "rgb24", "-"], capture_output=True, check=True)
    return np.frombuffer(raw.stdout, np.uint8).reshape(-1, HEIGHT, WIDTH, 3).astype(int)


def told(path, *entries):
    command = ["ffprobe", "-v", "error", *entries, "-of", "json", f"file:{path}"]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def test_a_turned_video_is_shown_upright(tmp_path, limits):
    speech(tmp_path / "a.wav", "Hello world.")
    upper = "color=c=red:s=160x90:r=25:d=1,drawbox=c=blue:y=45:h=45:t=fill"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", upper, "-i", str(tmp_path / "a.wav")]
    subprocess.run([*command, "-pix_fmt", "yuv420p", str(tmp_path / "v.mp4")], check=True)
    # 5.1 cannot write the rotation
    turn = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-display_rotation", "90"]
    command = [*turn, "-i", str(tmp_path / "v.mp4"), "-c", "copy", str(tmp_path / "t.mp4")]
    subprocess.run(command, check=True)
    boxed = Video(size=f"{WIDTH}x{HEIGHT}", waveform="none", fit="letterbox")
    VideoGenerator(config(tmp_path / "t.mp4", limits, video=boxed)).generate({"segments": []})
    row = frames(tmp_path / "out.mp4")[5][HEIGHT // 3]
    red = np.flatnonzero((row[:, 0] > 120) & (row[:, 2] < 80))
    blue = np.flatnonzero((row[:, 2] > 120) & (row[:, 0] < 80))
    assert red[-1] < blue[0], "turned left, what was above is at the left"
    assert blue[-1] - red[0] + 1 == pytest.approx(HEIGHT * 9 / 16, abs=4), "and is not distorted"


def test_a_background_video_longer_than_the_sound_is_cut(tmp_path, limits):
    speech(tmp_path / "a.wav", "Hello.")
    background = clip(tmp_path / "b.mp4", None, seconds=6)
    made = config(tmp_path / "a.wav", limits, background=background)
    VideoGenerator(made).generate(SAID)
    seconds = float(told(tmp_path / "a.wav", "-show_format")["format"]["duration"])
    assert len(frames(tmp_path / "out.mp4")) == pytest.approx(seconds * 25, abs=1)


def test_an_images_name_is_never_a_pattern(tmp_path, limits):
    speech(tmp_path / "a.wav", "Hello.")
    picture(tmp_path / "x.png", "color=c=red:s=64x64")
    (tmp_path / "x.png").rename(tmp_path / "b%03d*.png")
    picture(tmp_path / "b001.png", "color=c=lime:s=64x64")
    video = Video(size=f"{WIDTH}x{HEIGHT}", waveform="none", fit="crop")
    background = tmp_path / "b%03d*.png"
    made = config(tmp_path / "a.wav", limits, background=background, video=video)
    VideoGenerator(made).generate({"segments": []})
    middle = frames(tmp_path / "out.mp4")[2][HEIGHT // 2 - 20]
    assert (middle[:, 0] > 150).all() and (middle[:, 1] < 60).all()


@pytest.mark.parametrize(
    "stem", [b"-i", b"a\nb", b'it\'s "50%": [x];,\\', b"%03d", b"caf\xe9", "🎤 שלום".encode()]
)
def test_any_name_is_only_a_name(tmp_path, limits, stem):
    folder = tmp_path / os.fsdecode(stem)
    folder.mkdir()
    speech(tmp_path / "a.wav", "Hello.")
    media = folder / f"{folder.name}.wav"
    (tmp_path / "a.wav").rename(media)
    output = folder / f"{folder.name}.mp4"
    VideoGenerator(config(media, limits, output=output, title=None)).generate(SAID)
    shots = stills(Ffmpeg(limits), output, [0, 300], folder)
    sheet(Ffmpeg(limits), shots, folder / f"{folder.name}.jpg", columns=2, width=64, height=36)
    names = {media.name, output.name, f"{folder.name}.jpg", *(shot.name for shot in shots)}
    assert {path.name for path in folder.iterdir()} == names, "and no work files are left"
    for jpeg in (*shots, folder / f"{folder.name}.jpg"):
        assert jpeg.read_bytes().startswith(b"\xff\xd8\xff")
    assert len(shots) == 2


def test_a_video_starts_at_once_and_tells_nothing_of_its_source(tmp_path, limits):
    speech(tmp_path / "a.wav", "Hello.")
    tags = ["-metadata", "title=secret", "-metadata", "comment=secret", "-c:a", "flac"]
    media = convert(tmp_path / "a.wav", tmp_path / "a.flac", *tags)
    VideoGenerator(config(media, limits)).generate(SAID)
    raw = (tmp_path / "out.mp4").read_bytes()
    assert b"secret" not in raw and raw.index(b"moov") < raw.index(b"mdat")
    video, audio, _ = sorted(
        told(tmp_path / "out.mp4", "-show_streams")["streams"], key=lambda s: s["index"]
    )
    assert (video["codec_name"], video["pix_fmt"]) == ("h264", "yuv420p")
    assert audio["codec_name"] == "aac"


def test_other_sound_replaces_the_medias(tmp_path, limits):
    speech(tmp_path / "a.wav", "Hello.")
    silent = clip(tmp_path / "v.mp4", None, seconds=3)
    VideoGenerator(config(silent, limits, audio=tmp_path / "a.wav")).generate(SAID)
    info = probe(Ffmpeg(limits), tmp_path / "out.mp4")
    assert info.audio is not None and info.duration_ms == pytest.approx(3000, abs=34)


def test_progress_rises_to_the_end(tmp_path, limits):
    speech(tmp_path / "a.wav", "Hello world.")
    heard = []
    VideoGenerator(config(tmp_path / "a.wav", limits), on_progress=heard.append).generate(SAID)
    assert heard == sorted(heard) and 0.9 < heard[-1] <= 1


def test_what_is_cancelled_leaves_nothing(tmp_path, limits):
    speech(tmp_path / "a.wav", "Hello.")
    made = config(tmp_path / "a.wav", limits, duration_ms=3_600_000)
    heard = []
    generator = VideoGenerator(made, on_progress=heard.append, cancelled=lambda: bool(heard))
    with pytest.raises(CancelledError):
        generator.generate(SAID)
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]


@pytest.mark.parametrize("name", ["b.png", "b.mp4"])
def test_a_background_without_a_picture_is_refused_by_its_own_name(tmp_path, limits, name):
    speech(tmp_path / "a.wav", "Hello.")
    (tmp_path / "b.png").write_bytes(picture(tmp_path / "p.png").read_bytes()[:60])
    convert(tmp_path / "a.wav", tmp_path / "b.mp4")  # sound only
    made = config(tmp_path / "a.wav", limits, background=tmp_path / name, duration_ms=500)
    with pytest.raises(SidecarError, match="the background") as caught:
        VideoGenerator(made).generate(SAID)
    assert caught.value.file == name


@pytest.mark.parametrize("role", ["media", "background", "audio"])
def test_an_input_is_never_overwritten(tmp_path, limits, role):
    speech(tmp_path / "a.wav", "Hello.")
    given = convert(tmp_path / "a.wav", tmp_path / "b.wav")
    (tmp_path / "link.mp4").symlink_to(given)
    options = {"media": tmp_path / "a.wav", role: given, "output": tmp_path / "link.mp4"}
    before = given.read_bytes()
    with pytest.raises(ConfigError, match="both what is read and what is written"):
        VideoGenerator(config(options.pop("media"), limits, **options)).generate(SAID)
    assert given.read_bytes() == before


def test_fonts_are_copied_where_links_cannot_be_made(tmp_path, limits, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EPERM, "Operation not permitted")  # as SMB and FAT do

    monkeypatch.setattr(Path, "symlink_to", refuse)
    speech(tmp_path / "a.wav", "Hello.")
    VideoGenerator(config(tmp_path / "a.wav", limits, duration_ms=500)).generate(SAID)
    assert (tmp_path / "out.mp4").stat().st_size > 0


def test_a_failed_render_tells_why_and_leaves_the_output_that_was_there(tmp_path, limits):
    speech(tmp_path / "a.wav", "Hello.")
    (tmp_path / "out.mp4").write_bytes(b"before")
    silent = clip(tmp_path / "v.mp4", None, seconds=1)
    made = config(tmp_path / "a.wav", limits, audio=silent, duration_ms=500)
    with pytest.raises(FfmpegError) as caught:
        VideoGenerator(made).generate(SAID)
    assert "matches no streams" in caught.value.details["stderr"]
    assert (tmp_path / "out.mp4").read_bytes() == b"before"
    assert not list(tmp_path.glob(".render-*"))


def test_a_result_that_is_not_what_was_asked_for_is_refused(tmp_path, limits):
    speech(tmp_path / "a.wav", "Hello.")
    VideoGenerator(config(tmp_path / "a.wav", limits, duration_ms=1000)).generate(SAID)
    tools = Ffmpeg(limits)
    verify(tools, tmp_path / "out.mp4", duration_ms=1000, rate=Fraction(30))
    with pytest.raises(VerifyError, match="1100 ms"):
        verify(tools, tmp_path / "out.mp4", duration_ms=1100, rate=Fraction(30))
    with pytest.raises(VerifyError, match="no sound"):
        verify(
            tools, clip(tmp_path / "v.mp4", None, seconds=1), duration_ms=1000, rate=Fraction(25)
        )
    (tmp_path / "cut.mp4").write_bytes((tmp_path / "out.mp4").read_bytes()[:500])
    with pytest.raises(VerifyError, match="read back"):
        verify(tools, tmp_path / "cut.mp4", duration_ms=1000, rate=Fraction(30))


def test_a_missing_ffmpeg_is_told_with_what_to_install(tmp_path):
    speech(tmp_path / "a.wav", "Hello.")
    gone = Limits(ffmpeg="no-such-ffmpeg")
    with pytest.raises(MachineError, match="apt-get install ffmpeg"):
        VideoGenerator(config(tmp_path / "a.wav", gone, duration_ms=500)).generate(SAID)
