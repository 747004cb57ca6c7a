"""Waveforms on the frames of finished videos: in time, even, flat in silence, in their place."""

import imageio_ffmpeg
import numpy as np
import pytest
from scipy.io import wavfile

from karaokify_daemon import RenderConfig, VideoGenerator
from karaokify_daemon.adapters.ffmpeg import height_with_margin
from karaokify_daemon.config import Limits, Video
from tests.support.frames import frames

WIDTH, HEIGHT, FPS = 640, 360, 30
KINDS = ("line", "bars", "mirror-bars", "ring", "progress")


@pytest.fixture(params=["system", "imageio"])
def limits(request):
    binary = "ffmpeg" if request.param == "system" else imageio_ffmpeg.get_ffmpeg_exe()
    return Limits(ffmpeg=binary)


def noise(path, level, begin=1.0, seconds=2.0):
    """Write silence with half a second of noise from a time on."""
    wave = np.zeros(int(16_000 * seconds))
    loud = slice(int(begin * 16_000), int((begin + 0.5) * 16_000))
    wave[loud] = np.random.default_rng(7).normal(0, level, loud.stop - loud.start)
    wavfile.write(path, 16_000, (np.clip(wave, -1, 1) * 32767).astype(np.int16))
    return path


def render(media, limits, kind, *, brighter=110, **options):
    """Return where, in each frame, the waveform is: it is red on black, and there is no text."""
    given = {"size": f"{WIDTH}x{HEIGHT}", "fps": FPS, "encoder_preset": "ultrafast", "crf": 8}
    colors = {"waveform_color": "#FF0000", "background_color": "#000000"}
    video = Video(waveform=kind, **given | colors | options)
    output = media.with_name("out.mp4")
    config = RenderConfig(media=media, output=output, video=video, limits=limits, title="")
    words = [{"text": ".", "start": 1.98, "end": 1.99}]
    VideoGenerator(config).generate({"segments": [{"words": words}]})
    shots = frames(output, video.width, video.height)[: int(1.6 * FPS)]
    return shots[..., 0] > brighter


@pytest.mark.parametrize("kind", ["line", "bars", "mirror-bars", "ring"])
def test_it_moves_with_the_sound(tmp_path, limits, kind):
    shots = render(noise(tmp_path / "a.wav", 0.1), limits, kind)
    if kind == "line":  # its middle is now, the rest is what was
        shots = shots[:, :, WIDTH // 2 - 8 : WIDTH // 2 + 8]
    lit = shots.sum((1, 2))
    first = np.flatnonzero(lit > lit[5] * 1.3)[0]
    assert abs(first / FPS - 1.0) <= 0.05
    assert lit[int(1.3 * FPS)] > lit[5] * 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_quiet_recording_fills_as_much_as_a_loud_one(tmp_path, kind):
    loud, quiet = (
        render(noise(tmp_path / "a.wav", level), Limits(), kind, size="320x180")[
            int(1.3 * FPS)
        ].sum()
        for level in (0.2, 0.004)
    )
    assert quiet == pytest.approx(loud, rel=0.15)


def test_silence_is_a_thin_line_across_the_middle(tmp_path):
    lit = render(noise(tmp_path / "a.wav", 0.0), Limits(), "line")[10]
    rows, columns = lit.any(1).nonzero()[0], lit.any(0).nonzero()[0]
    assert 1 <= len(rows) <= 5 and np.ptp(rows) == len(rows) - 1
    assert np.ptp(columns) == len(columns) - 1, "no gaps"
    assert len(columns) > 0.5 * WIDTH
    assert columns[0] + columns[-1] == pytest.approx(WIDTH - 1, abs=2), "centred"


@pytest.mark.parametrize("kind", ["mirror-bars", "progress"])
def test_in_silence_there_are_even_dots(tmp_path, kind):
    options = {"waveform_color": "#FFFFFF"} if kind == "progress" else {}
    lit = render(noise(tmp_path / "a.wav", 0.0), Limits(), kind, **options)[10]
    rows, columns = lit.any(1).nonzero()[0], lit.any(0)
    assert len(rows) <= 5, "as high as wide"
    edges = np.flatnonzero(np.diff(columns.astype(int)))
    widths, gaps = edges[1::2] - edges[::2], edges[2::2] - edges[1:-1:2]
    assert len(widths) > 20
    assert np.ptp(widths) <= 1 and np.ptp(gaps) <= 1
    assert edges[0] + edges[-1] == pytest.approx(WIDTH - 2, abs=2), "centred"


@pytest.mark.parametrize(
    ("kind", "size"),
    [*((kind, "640x360") for kind in KINDS), ("bars", "360x640"), ("ring", "360x640")],
)
def test_it_stays_in_its_place(tmp_path, kind, size):
    width, height = map(int, size.split("x"))
    lit = render(noise(tmp_path / "a.wav", 0.3), Limits(), kind, size=size)
    y, x = lit.any(0).nonzero()
    assert x.min() >= 0.05 * width and x.max() <= 0.95 * width
    assert x.min() + x.max() == pytest.approx(width - 1, abs=4), "in the middle"
    bottom = 0.78 if height > width else 0.96
    assert y.max() <= bottom * height and y.min() > (0.1 if kind == "ring" else 0.6) * height
    assert y.max() - y.min() > 0.08 * min(width, height), "it uses its height"


def test_the_envelope_is_bright_up_to_now(tmp_path, limits):
    media = noise(tmp_path / "a.wav", 0.2, begin=0.0)
    shots = render(media, limits, "progress", brighter=215)  # than what is to come
    places = [shot.any(0).nonzero()[0] for shot in shots[[15, 30, 45]]]
    ends = [place.max() for place in places]
    wide = ends[1] - ends[0]
    assert ends[2] - ends[1] == pytest.approx(wide, abs=12), "at an even pace"
    whole = int(640 * 0.76)
    assert wide == pytest.approx(whole / 4, abs=16), "through the whole in two seconds"


def test_captions_stand_above_it(tmp_path):
    media = noise(tmp_path / "a.wav", 0.3, begin=0.0)
    video = Video(
        size=f"{WIDTH}x{HEIGHT}", waveform_color="#FF0000", text_color="#00FF00",
        highlight_color="#00FF00", background_color="#000000", encoder_preset="ultrafast",
    )  # fmt: skip
    output = tmp_path / "out.mp4"
    config = RenderConfig(media=media, output=output, video=video, title="")
    words = [{"text": word, "start": 0.1, "end": 0.9} for word in "jumping over the foxes".split()]
    VideoGenerator(config).generate({"segments": [{"words": words}]})
    shot = frames(output, WIDTH, HEIGHT)[int(0.4 * FPS)].astype(int)
    green = (shot[..., 1] - shot[..., 0] > 80).any(1).nonzero()[0]
    red = (shot[..., 0] - shot[..., 1] > 80).any(1).nonzero()[0]
    assert len(green) and len(red) and green.max() < red.min()


@pytest.mark.parametrize(("position", "low", "high"), [("top", 0.05, 0.45), ("middle", 0.4, 0.6)])
def test_it_lies_where_it_is_asked_for_and_captions_at_the_bottom_get_its_room(
    tmp_path, position, low, high
):
    media = noise(tmp_path / "a.wav", 0.3)
    lit = render(media, Limits(), "mirror-bars", waveform_position=position)
    y = lit.any(0).any(1).nonzero()[0]
    assert low * HEIGHT < y.min() and y.max() < high * HEIGHT
    below = height_with_margin(Video(size="640x360", waveform_position=position))
    assert below == Video(size="640x360").margins.bottom
