"""Whatever a text holds, the picture shows it as text: it moves, colours and draws nothing."""

import subprocess

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from karaokify_daemon import RenderConfig, VideoGenerator
from karaokify_daemon.config import Video
from tests.support.media import silence

WIDTH, HEIGHT, FPS = 320, 180, 5
AT_ONCE = 6  # texts in one video, a second each
# All text is red; each of these would be seen elsewhere, larger or in another colour.
ACTIVE = [
    r"{\1c&H00FF00&}",
    r"{\c&HFFFFFF&\2c&HFFFFFF&}",
    r"{\an5}",
    r"{\pos(160,90)}",
    r"{\fs200}",
    r"{\p1}m 0 0 l 320 0 320 180 0 180{\p0}",
    r"{\move(160,160,160,20,0,400)}",
    r"\N\N\N\N\N\N",
    "\nDialogue: 0,0:00:00.00,9:00:00.00,Title,,0,0,0,,{\\an5}injected",
    "\r\n[V4+ Styles]\nStyle: Caption,Arial,90,&H00FFFFFF",
    "'[out];drawbox=c=white:t=fill,",
    "%{pts}$(reboot)`reboot`",
]
PARTS = st.one_of(
    st.text(max_size=6), st.sampled_from(ACTIVE), st.sampled_from(r"\{}\N\h&,:;'%[]=")
)
TEXTS = st.lists(PARTS, max_size=5).map("".join)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    return silence(tmp_path_factory.mktemp("any-text") / "quiet.wav", AT_ONCE)


def render(media, texts):
    """Return the frames of a video with each text as a word, and the first as the title."""
    words = [
        {"text": f"Xx{text}", "start": second + 0.1, "end": second + 0.9}
        for second, text in enumerate(texts)
    ]
    red, black = "#FF0000", "#000000"
    video = Video(
        size=f"{WIDTH}x{HEIGHT}",
        fps=FPS,
        waveform="none",
        encoder_preset="ultrafast",
        text_color=red,
        highlight_color=red,
        outline_color=black,
        background_color=black,
    )
    output = media.with_name("out.mp4")
    config = RenderConfig(media=media, output=output, video=video, title=f"Xx{texts[0]}")
    VideoGenerator(config).generate({"segments": [{"words": [word]} for word in words]})
    command = ["ffmpeg", "-v", "error", "-i", str(output), "-f", "rawvideo", "-pix_fmt", "rgb24"]
    raw = subprocess.run([*command, "-"], capture_output=True, check=True).stdout
    return np.frombuffer(raw, np.uint8).reshape(-1, HEIGHT, WIDTH, 3)


@settings(max_examples=25)
@given(st.lists(TEXTS, min_size=AT_ONCE, max_size=AT_ONCE))
def test_any_text_is_shown_as_text(quiet, texts):
    shots = render(quiet, texts)
    assert shots[..., 1:].max() < 120, "no other colour (thin red strokes are grey: 4:2:0)"
    assert (
        shots[:, HEIGHT * 2 // 5 : HEIGHT * 3 // 5].max() < 60
    ), "nothing between title and caption"
    assert (
        (shots[:, : HEIGHT * 2 // 5, :, 0] > 120).any((1, 2)).all()
    ), "the title stands throughout"
    for second in range(AT_ONCE):
        caption = shots[second * FPS + FPS // 2, HEIGHT * 3 // 5 :, :, 0]
        assert (caption > 120).any(), texts[second]
