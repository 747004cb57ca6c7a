"""Every style, on its own frames: each word is highlighted when it is said."""

import subprocess

import numpy as np
import pytest

from karaokify_daemon import RenderConfig, VideoGenerator
from karaokify_daemon.config import Video
from karaokify_daemon.pipeline.styles import list_styles
from tests.support.frames import frames
from tests.support.media import silence

WIDTH, HEIGHT, FPS = 640, 360, 30
STYLES = [name for name, _ in list_styles()]
WORDS = {"Moon": (0.50, 1.11), "brings": (1.11, 1.72), "warm": (1.72, 2.33), "rain": (2.33, 3.0)}
FRAME = 1 / FPS


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    return silence(tmp_path_factory.mktemp("styles") / "quiet.wav", 3.5)


def render(media, style, **options):
    """Return the frames of a video in which what is said is red and the rest blue."""
    given = {"size": f"{WIDTH}x{HEIGHT}", "fps": FPS, "crf": 4, "background_color": "#000000"}
    video = Video(
        style=style,
        waveform="none",
        encoder_preset="ultrafast",
        text_color="#0000FF",
        highlight_color="#FF0000",
        outline_color="#000000",
        **given | options,
    )
    config = RenderConfig(media=media, output=media.with_name("out.mp4"), video=video, title="")
    said = [{"text": word, "start": a, "end": b} for word, (a, b) in WORDS.items()]
    VideoGenerator(config).generate({"segments": [{"words": said}]})
    return frames(config.output, video.width, video.height)


def count_frames(path):
    command = ["ffprobe", "-v", "error", "-count_packets", "-select_streams", "v"]
    command += ["-show_entries", "stream=nb_read_packets", "-of", "csv=p=0", str(path)]
    return int(subprocess.check_output(command, text=True))


def red(shots):
    shots = shots[:, int(HEIGHT * 0.25) :].astype(int)
    return (shots[..., 0] > 130) & (shots[..., 2] < 110)


@pytest.mark.parametrize("style", [style for style in STYLES if style != "punch"])
def test_each_word_is_highlighted_within_a_frame_of_its_time(quiet, style):
    lit = red(render(quiet, style))
    lit[..., : int(WIDTH * 0.056)] = False  # the bar of a lower third
    seen = np.zeros_like(lit[0])  # what was red before the word came
    for word, (start, end) in WORDS.items():
        its_own = lit[round(end * FPS) - 2] & ~seen
        first = np.flatnonzero(lit[:, its_own].any(1))[0]
        assert abs(first * FRAME - start) <= FRAME + 0.005, (word, first * FRAME, start)
        seen = lit[: round(end * FPS)].any(0)


def test_each_word_comes_alone_within_a_frame_of_its_time(quiet):
    lit = red(render(quiet, "punch"))
    changed = (lit[1:] != lit[:-1]).mean((1, 2)) > 0.002
    # Each word grows for three frames, and then stands still until the next one comes.
    came = [n + 1 for n in np.flatnonzero(changed) if not changed[max(0, n - 4) : n].any()]
    assert len(came) >= len(WORDS)
    for (word, (start, _)), first in zip(WORDS.items(), came, strict=False):
        assert abs(first * FRAME - start) <= FRAME + 0.005, (word, first * FRAME, start)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("size", ["640x360", "360x640", "360x360"])
def test_nothing_touches_the_edges(quiet, style, size):
    width, height = map(int, size.split("x"))
    video = Video(
        size=size, style=style, encoder_preset="ultrafast", background_color="#000000", fps=5
    )
    words = "The extraordinarily long-winded committee deliberated interminably".split()
    said = [{"text": w, "start": 0.4 * i, "end": 0.4 * i + 0.4} for i, w in enumerate(words)]
    config = RenderConfig(
        media=quiet, output=quiet.with_name("edges.mp4"), video=video, title="A title " * 12
    )
    VideoGenerator(config).generate({"segments": [{"words": said}]})
    bright = (frames(config.output, width, height) > 60).any(-1).any(0)
    rows, columns = np.flatnonzero(bright.any(1)), np.flatnonzero(bright.any(0))
    assert columns[0] >= width * 0.02 and columns[-1] < width * 0.98
    assert rows[0] >= height * 0.01 and rows[-1] < height * 0.99


# One of each mode; the others differ in looks.
@pytest.mark.parametrize("style", [s for s in STYLES if s not in ("band", "lower-third", "sweep")])
def test_a_variable_rate_shows_the_same_at_every_moment(quiet, style):
    options = {"size": "320x180", "crf": 0}  # lossless
    constant = render(quiet, style, **options)
    written = count_frames(quiet.with_name("out.mp4"))
    assert np.array_equal(render(quiet, style, fps="variable", **options), constant)
    still = style in ("word", "pill")
    assert count_frames(quiet.with_name("out.mp4")) < written * (0.25 if still else 1.01)


def test_a_variable_rate_of_a_picture_that_moves_at_times(quiet, tmp_path):
    """A video that stands for its second half: what repeats is left out, the end is not."""
    media = tmp_path / "v.mp4"
    graph = "testsrc2=s=320x180:r=30:d=1.5,tpad=stop=45:stop_mode=clone"
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", graph, "-i", str(quiet)]
    coded = ["-c:v", "libx264", "-qp", "0", "-pix_fmt", "yuv420p", "-t", "3"]
    subprocess.run([*command, *coded, str(media)], check=True)
    options = {"size": "320x180", "crf": 0}
    constant = render(media, "word", **options).astype(int)
    written = count_frames(tmp_path / "out.mp4")
    variable = render(media, "word", fps="variable", **options)
    assert len(variable) == len(constant) and np.abs(variable - constant).max() <= 2
    assert count_frames(tmp_path / "out.mp4") < written * 0.7
