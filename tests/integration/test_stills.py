"""The poster, the contact sheet and the cover of a video, and its chapters, as others read them."""

import importlib
import json
import subprocess
from fractions import Fraction

import numpy as np
import pytest

from karaokify_daemon import RenderConfig, VideoGenerator
from karaokify_daemon.adapters.cover import write_cover
from karaokify_daemon.adapters.ffmpeg import Ffmpeg, probe
from karaokify_daemon.config import Limits, Video
from karaokify_daemon.pipeline.stills import write_stills
from tests.support.media import convert, picture, silence

imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")

VIDEO = Video(size="320x180", waveform="none", encoder_preset="ultrafast")


@pytest.fixture(params=["system", "imageio"])
def tools(request):
    binary = "ffmpeg" if request.param == "system" else imageio_ffmpeg.get_ffmpeg_exe()
    return Ffmpeg(Limits(ffmpeg=binary))


def made(path, graph, seconds):
    command = ["ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", graph, "-t", str(seconds)]
    sound = ["-f", "lavfi", "-t", str(seconds), "-i", "sine", "-shortest"]
    options = ["-pix_fmt", "yuv420p", "-movflags", "+faststart"]
    subprocess.run([*command[:-2], *sound, "-t", str(seconds), *options, str(path)], check=True)
    return path


def pixels(path, width, height):
    command = ["ffmpeg", "-v", "error", "-i", f"file:{path}", "-vf", f"scale={width}:{height}"]
    raw = subprocess.run(
        [*command, "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], capture_output=True, check=True
    ).stdout
    return np.frombuffer(raw, np.uint8).reshape(height, width, 3)


def told(path, *what):
    command = ["ffprobe", "-v", "error", "-of", "json", *what, f"file:{path}"]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def test_the_poster_is_of_the_part_that_shows_something_and_the_sheet_of_all(tmp_path, tools):
    black, shown = "color=black:s=320x180:r=25:d=9", "testsrc2=s=320x180:r=25:d=9"
    path = made(tmp_path / "a%02d.mp4", f"{black}[a];{shown}[b];[a][b]concat", 18)
    poster, contact = path.with_name("poster.jpg"), path.with_name("contact.jpg")
    write_stills(
        tools,
        path,
        VIDEO,
        [],
        duration_ms=18_000,
        rate=Fraction(25),
        poster=poster,
        contact=contact,
    )
    assert pixels(tmp_path / "poster.jpg", 32, 18).std() > 40
    sheet = pixels(tmp_path / "contact.jpg", 1280, 545).astype(int)
    rows = [part.mean() for part in np.array_split(sheet, 3)]
    assert rows[0] < 20 and rows[2] > 60, "the first third is black, the last is not"
    names = {item.name for item in tmp_path.iterdir()}
    assert names == {"a%02d.mp4", "poster.jpg", "contact.jpg"}


def test_a_cover_changes_nothing_else_of_a_video(tmp_path, tools):
    path = made(tmp_path / "a.mp4", "testsrc2=s=320x180:r=25", 2)
    hashes = ["-map", "0:v:0", "-map", "0:a", "-c", "copy", "-f", "streamhash", "-"]
    command = ["ffmpeg", "-v", "error", "-i", str(path), *hashes]
    before = subprocess.run(command, capture_output=True, check=True).stdout
    picture(tmp_path / "cover.jpg")
    write_cover(path, tmp_path / "cover.jpg")
    assert subprocess.run(command, capture_output=True, check=True).stdout == before
    covers = [s for s in told(path, "-show_streams")["streams"] if s["disposition"]["attached_pic"]]
    assert [(s["codec_name"], s["width"]) for s in covers] == [("mjpeg", 640)]
    raw = path.read_bytes()
    assert raw.index(b"moov") < raw.index(b"mdat"), "it still starts at once"
    assert probe(tools, path).video.ordinal == 0


def test_a_cover_for_what_is_no_video_is_an_error_of_the_system(tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"no video")
    picture(tmp_path / "cover.jpg")
    with pytest.raises(OSError, match="MP4"):
        write_cover(tmp_path / "a.mp4", tmp_path / "cover.jpg")


def test_chapters_of_a_recording_are_chapters_of_its_video(tmp_path, tools):
    silence(tmp_path / "a.wav", 3.0)
    chapters = tmp_path / "chapters.txt"
    parts = [(0, 1000, r"Welcome \= all"), (1000, 2000, ""), (2000, 3000, "שלום")]
    text = "".join(
        f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={a}\nEND={b}\ntitle={title}\n" for a, b, title in parts
    )
    chapters.write_text(";FFMETADATA1\n" + text)
    options = ["-i", str(chapters), "-map_chapters", "1", "-map", "0:a", "-f", "matroska"]
    media = convert(tmp_path / "a.wav", tmp_path / "a.mka", *options)
    output = tmp_path / "out.mp4"
    config = RenderConfig(media=media, output=output, video=VIDEO, limits=tools.limits)
    said = {"segments": [{"words": [{"text": "Hello", "start": 0.5, "end": 0.9}]}]}
    VideoGenerator(config).generate(said)
    found = told(output, "-show_chapters")["chapters"]
    shown = [(round(float(c["start_time"]), 2), c["tags"]["title"]) for c in found]
    assert shown == [(0.0, "Welcome = all"), (1.0, "Chapter 2"), (2.0, "שלום")]
    tags = told(output, "-show_format")["format"]["tags"]
    assert tags["title"] == "a", "of the video, not of a chapter"
    kinds = [s["codec_type"] for s in told(output, "-show_streams")["streams"]]
    assert kinds[:3] == ["video", "audio", "subtitle"]


@pytest.mark.parametrize("rate", [1, 5, 12, 24])
def test_a_video_of_any_rate_has_all_its_stills(tmp_path, tools, rate):
    path = made(tmp_path / "slow.mp4", f"testsrc2=s=320x180:r={rate}:d=20", 20)
    poster, contact = path.with_name("poster.jpg"), path.with_name("contact.jpg")
    write_stills(
        tools,
        path,
        VIDEO,
        [],
        duration_ms=20_000,
        rate=Fraction(rate),
        poster=poster,
        contact=contact,
    )
    assert pixels(poster, 320, 180).std() > 20
    whole = pixels(contact, *size_of(contact))
    assert whole[-20:, -200:].std() > 20  # the last of them, too


def size_of(path):
    [stream] = told(path, "-show_entries", "stream=width,height")["streams"]
    return stream["width"], stream["height"]


def test_stills_of_a_long_video_are_the_same_taken_a_few_at_once(tmp_path, tools, monkeypatch):
    module = importlib.import_module("karaokify_daemon.adapters.ffmpeg.stills")
    path, times = made(tmp_path / "a.mp4", "testsrc2=s=320x180:r=25", 8), [0, 2000, 4000, 7900]
    for name, most in (("whole", 10**9), ("some", 16_000), ("one", 1)):
        monkeypatch.setattr(module, "_MOST_MS", most)
        (tmp_path / name).mkdir()
        found = module.stills(tools, path, times, tmp_path / name)
        assert [pixels(still, 320, 180).tobytes() for still in found] == [
            pixels(still, 320, 180).tobytes() for still in sorted((tmp_path / "whole").iterdir())
        ]
        assert len(found) == len(times)
