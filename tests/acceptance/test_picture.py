"""What the finished MP4 shows and sounds like, measured on its own frames and samples."""

import json
import subprocess

import numpy as np
import pytest
from scipy.signal import correlate

from karaokify_daemon import RenderConfig, VideoGenerator
from karaokify_daemon.config import Limits, Video
from tests.support.media import clip, convert, picture, speech, transcript
from tools.speech import SAMPLE_RATE

imageio_ffmpeg = pytest.importorskip("imageio_ffmpeg")

WIDTH, HEIGHT = 640, 360
HIGHLIGHT = np.array([255, 200, 61])  # #FFC83D, the default
SECONDS = 3.0


@pytest.fixture(params=["system", "imageio"])
def limits(request):
    """FFmpeg as Debian has it, and the newer one that the imageio-ffmpeg wheel carries."""
    binary = "ffmpeg" if request.param == "system" else imageio_ffmpeg.get_ffmpeg_exe()
    return Limits(ffmpeg=binary)


def render(media, said, limits, *, title="", **options):
    video = Video(size=f"{WIDTH}x{HEIGHT}", encoder_preset="ultrafast", **{"crf": 12} | options)
    output = media.with_name("out.mp4")
    config = RenderConfig(media=media, output=output, video=video, limits=limits, title=title)
    VideoGenerator(config).generate(said)
    return output


def frames(path):
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    raw = subprocess.run(command, capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, HEIGHT, WIDTH, 3)


def highlighted(picture):
    return (np.abs(picture.astype(int) - HIGHLIGHT) < 55).all(-1)


def word_columns(columns, count):
    """Split the columns of a swept row into words: at its widest gaps."""
    lit = np.flatnonzero(columns)
    gaps = np.diff(lit)
    cuts = np.sort(np.argsort(gaps)[-(count - 1) :]) if count > 1 else []
    starts = [lit[0], *(lit[i + 1] for i in cuts)]
    ends = [*(lit[i] for i in cuts), lit[-1]]
    return list(zip(starts, ends, strict=True))


@pytest.mark.parametrize("fps", [30, 60])
def test_the_highlight_reaches_each_word_within_40_ms_of_its_time(tmp_path, limits, fps):
    speech(tmp_path / "talk.wav", "Hello world. Hello world. Hello world.")
    times = {"Moon": (0.31, 0.62), "brings": (0.62, 1.07), "warm": (1.44, 1.71), "rain": (1.9, 2.3)}
    words = [{"text": word, "start": a, "end": b} for word, (a, b) in times.items()]
    path = render(tmp_path / "talk.wav", {"segments": [{"words": words}]}, limits, fps=fps)
    seen = highlighted(frames(path)[:, int(HEIGHT * 0.55) :])  # below the title
    swept = seen[int(2.35 * fps)].any(0)
    assert swept.any(), "the row is swept whole at its end"
    for (word, (start, end)), (left, right) in zip(
        times.items(), word_columns(swept, len(times)), strict=True
    ):
        lit = seen[:, :, left : right + 1].any(1)  # frames by columns
        first = np.flatnonzero(lit.any(1))[0]
        reached = (first - 0.5) / fps  # between the frame before and this one
        assert abs(reached - start) <= 0.040, (word, reached, start)
        assert abs(first / fps - start) <= 0.040, (word, first / fps, start)
        full = np.flatnonzero(lit[:, -1])[0]
        assert abs((full - 0.5) / fps - end) <= 0.040 + 1 / fps, (word, full / fps, end)


def test_captions_are_centred_and_inside_the_picture(tmp_path, limits):
    words = speech(tmp_path / "talk.wav", "The moon is bright and a warm wind sings over the sea.")
    said = json.loads(transcript(tmp_path / "t.json", words).read_text())
    shots = frames(render(tmp_path / "talk.wav", said, limits, waveform="none"))
    seen = highlighted(shots[-3]) | (shots[-3] > 235).all(-1)
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    assert rows[0] > HEIGHT / 2 and rows[-1] < HEIGHT - 10
    assert abs((columns[0] + columns[-1]) / 2 - WIDTH / 2) < 4
    assert columns[0] > WIDTH * 0.03


def test_text_can_neither_inject_tags_nor_break_the_render(tmp_path, limits):
    speech(tmp_path / "talk.wav", "Hello world.")
    hostile = r"{\p1}m 0 0 l 640 0 640 360 0 360{\p0} \N \h {\an8\fs99\1c&H0000FF&}red ' : , ; [x]"
    words = [{"text": hostile, "start": 0.1, "end": 1.0}]
    path = render(tmp_path / "talk.wav", {"segments": [{"words": words}]}, limits, title=hostile)
    shots = frames(path).astype(int)
    red = (shots[..., 0] > 180) & (shots[..., 1] < 80) & (shots[..., 2] < 80)
    assert not red.any(), "a colour tag took effect"
    bright = (shots > 200).all(-1).mean((1, 2))
    assert bright.max() < 0.2, "a drawing covers the picture"
    assert (shots[5, : HEIGHT // 3] > 200).all(-1).any(), "the title is shown"


@pytest.mark.parametrize(
    "text", ["שלום עולם", "🎤🎶", "W" * 300, "\u202eevil", "a\u0000b\nc", "漢字" * 30]
)
def test_any_text_renders(tmp_path, text):
    speech(tmp_path / "talk.wav", "Hello world.")
    words = [{"text": text, "start": 0.1, "end": 1.0}]
    path = render(tmp_path / "talk.wav", {"segments": [{"words": words}]}, Limits(), title=text)
    assert len(frames(path)) > 10


def sources(folder):
    wav = folder / "talk.wav"
    speech(wav, "The quick brown fox jumps over the lazy dog.")
    yield wav
    yield convert(wav, folder / "talk.mp3")
    yield convert(wav, folder / "talk.m4a")
    yield convert(wav, folder / "talk.opus")
    yield clip(folder / "talk.mp4", wav, seconds=SECONDS)
    late = ["-itsoffset", "0.7", "-i", str(wav), "-c:v", "copy", "-c:a", "flac"]
    command = ["ffmpeg", "-v", "error", "-i", str(folder / "talk.mp4"), *late, "-map", "0:v"]
    subprocess.run([*command, "-map", "1:a", str(folder / "late.mkv")], check=True)
    yield folder / "late.mkv"
    broadcast = ["-c", "copy", "-output_ts_offset", "10"]  # as if recording began at 10 s
    yield convert(folder / "talk.mp4", folder / "broadcast.mkv", *broadcast)
    yield convert(folder / "talk.mp4", folder / "broadcast.mp4", *broadcast)


def samples(path):
    """Return the sound on the file's timeline, 16 kHz mono."""
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:a:0"]
    command += ["-af", "aresample=async=1:first_pts=0", "-ac", "1", "-ar", str(SAMPLE_RATE)]
    raw = subprocess.run([*command, "-f", "f32le", "-"], capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.float32)


def durations(path):
    command = ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", str(path)]
    told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return {s["codec_type"]: float(s.get("duration", 0)) for s in told["streams"]}


def test_sound_is_in_sync_and_everything_as_long_as_the_source(tmp_path, limits):
    for source in sources(tmp_path):
        path = render(source, {"segments": []}, limits, crf=40)
        heard, original = samples(path), samples(source)
        lag = np.argmax(correlate(heard, original, "full")) - (len(original) - 1)
        assert abs(lag) / SAMPLE_RATE <= 0.020, (source.name, lag / SAMPLE_RATE)
        # What is heard, not what an MP3's header says: that counts the encoder's padding too.
        expected = max(len(original) / SAMPLE_RATE, durations(source).get("video", 0))
        streams = durations(path)
        for kind in ("video", "audio"):
            assert abs(streams[kind] - expected) <= 1 / 30 + 0.001, (source.name, kind, streams)


@pytest.mark.parametrize("moving", [False, True])
def test_a_background_fills_the_picture(tmp_path, limits, moving):
    speech(tmp_path / "talk.wav", "Hello world.")
    red = "color=c=red:s=100x300:r=10:d=0.5"
    background = tmp_path / ("b.mp4" if moving else "b.png")
    if moving:
        command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", red, "-pix_fmt", "yuv420p"]
        subprocess.run([*command, str(background)], check=True)
    else:
        picture(background, red)
    config = RenderConfig(
        media=tmp_path / "talk.wav",
        output=tmp_path / "out.mp4",
        video=Video(
            size=f"{WIDTH}x{HEIGHT}", waveform="none", encoder_preset="ultrafast", fit="crop"
        ),
        limits=limits,
        background=background,
        title="",
    )
    VideoGenerator(config).generate({"segments": [{"words": []}]})
    for shot in frames(tmp_path / "out.mp4")[[2, -2]].astype(int):
        middle = shot[HEIGHT // 3 : HEIGHT // 2]
        assert (middle[..., 0] > 150).mean() > 0.99 and (middle[..., 1] < 60).mean() > 0.99


def test_a_video_source_is_fitted_whole_and_not_distorted(tmp_path, limits):
    speech(tmp_path / "talk.wav", "Hello world.")
    source = tmp_path / "square.mp4"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "color=c=lime:s=201x201:r=25:d=1"]
    command += ["-i", str(tmp_path / "talk.wav"), "-pix_fmt", "yuv444p", str(source)]
    subprocess.run(command, check=True)
    path = render(source, {"segments": []}, limits, waveform="none", fit="letterbox")
    shot = frames(path)[10].astype(int)
    green = (shot[HEIGHT // 3] > [-1, 120, -1]).all(-1) & (shot[HEIGHT // 3][:, 0] < 90)
    lit = np.flatnonzero(green)
    assert abs((lit[-1] - lit[0] + 1) - HEIGHT) <= 4, "as wide as high"
    assert abs((lit[0] + lit[-1]) / 2 - WIDTH / 2) < 3
