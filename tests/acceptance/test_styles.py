"""Every style, on its own frames: each word is highlighted when it is said."""

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


def render(media, style):
    """Return the frames of a video in which what is said is red and the rest blue."""
    video = Video(
        size=f"{WIDTH}x{HEIGHT}",
        fps=FPS,
        style=style,
        waveform="none",
        crf=4,
        encoder_preset="ultrafast",
        text_color="#0000FF",
        highlight_color="#FF0000",
        background_color="#000000",
        outline_color="#000000",
    )
    config = RenderConfig(media=media, output=media.with_name("out.mp4"), video=video, title="")
    said = [{"text": word, "start": a, "end": b} for word, (a, b) in WORDS.items()]
    VideoGenerator(config).generate({"segments": [{"words": said}]})
    return frames(config.output, WIDTH, HEIGHT)


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
