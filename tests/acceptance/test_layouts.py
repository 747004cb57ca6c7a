"""Pictures of every shape, rate and kind in the finished video: whole, even, upright, in time."""

import subprocess
from fractions import Fraction

import imageio_ffmpeg
import numpy as np
import pytest

from karaokify_daemon import RenderConfig, VideoGenerator
from karaokify_daemon.adapters.ffmpeg import Ffmpeg, probe
from karaokify_daemon.config import Limits, Video
from tests.support.frames import frames
from tests.support.media import picture, silence, speech

WIDTH, HEIGHT = 320, 180


@pytest.fixture(params=["system", "imageio"])
def limits(request):
    binary = "ffmpeg" if request.param == "system" else imageio_ffmpeg.get_ffmpeg_exe()
    return Limits(ffmpeg=binary)


def source(path, graph, *options, seconds=1.0):
    """Write a video of a filter graph, with silence."""
    silence(path.with_suffix(".wav"), seconds)
    command = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", graph]
    command += ["-i", str(path.with_suffix(".wav")), "-pix_fmt", "yuv420p", *options]
    subprocess.run([*command, str(path)], check=True)
    return path


def render(media, limits, *, background=None, size=f"{WIDTH}x{HEIGHT}", **options):
    """Render without any text; return the frames."""
    given = {"waveform": "none", "encoder_preset": "ultrafast", "crf": 8} | options
    output = media.with_name("out.mp4")
    video = Video(size=size, **given)
    config = RenderConfig(
        media=media, output=output, video=video, limits=limits, background=background, title=""
    )
    VideoGenerator(config).generate({"segments": [{"words": [WORD]}]})
    return frames(output, video.width, video.height).astype(int)


# Said so late that it is not on the frames that are looked at.
WORD = {"text": ".", "start": 0.98, "end": 0.99}
MIDDLE = HEIGHT // 2 - 12  # above the shade at the bottom


def mostly(row, channel):
    """Return where in a row of pixels one channel is far above the others."""
    others = [row[:, i] for i in range(3) if i != channel]
    return np.flatnonzero(row[:, channel] - np.maximum(*others) > 60)


def test_a_picture_of_another_shape_stands_whole_over_itself(tmp_path, limits):
    media = source(tmp_path / "v.mp4", "color=lime:s=100x200:r=25:d=1,drawbox=c=red:t=10:h=200")
    shot = render(media, limits)[3][MIDDLE]
    red = np.flatnonzero((shot[:, 0] > 220) & (shot[:, 1] < 40))
    assert red[0] == pytest.approx(WIDTH / 2 - 45, abs=2), "both edges of it are there"
    assert red[-1] == pytest.approx(WIDTH / 2 + 44, abs=2)
    beside = shot[5:100]
    assert 40 < beside.sum(-1).mean() < 0.75 * shot[140:180].sum(-1).mean(), "dark, not black"
    assert np.abs(np.diff(beside, axis=0)).max() < 12, "and without edges"


@pytest.mark.parametrize(("fit", "lime"), [("crop", WIDTH), ("letterbox", HEIGHT)])
def test_a_picture_is_cut_or_boxed_when_asked(tmp_path, limits, fit, lime):
    media = source(tmp_path / "v.mp4", "color=lime:s=200x200:r=25:d=1")
    shot = render(media, limits, fit=fit, background_color="#0000FF")[3][MIDDLE]
    assert len(mostly(shot, 1)) == pytest.approx(lime, abs=2)
    assert len(mostly(shot, 2)) == pytest.approx(WIDTH - lime, abs=2)


def test_an_anamorphic_interlaced_source_comes_out_round_and_without_combs(tmp_path, limits):
    # A bar that runs 8 pixels a field; in 720x576 for 16:9, it is 64/45 as wide as it is coded.
    bar = "color=black:s=720x576:r=50:d=1,geq=lum='if(between(X-N*8-60,0,90),235,16)':cb=128:cr=128"
    coded = ["-flags", "+ilme+ildct", "-x264opts", "tff=1", "-field_order", "tt"]
    media = source(tmp_path / "v.mp4", f"{bar},interlace,setsar=64/45", *coded)
    shots = render(media, limits)
    lit = shots[10, 40 : HEIGHT // 2, :, 1] > 110
    assert lit[5].sum() == pytest.approx(91 * 64 / 45 * WIDTH / 1024, abs=3)
    shifts = np.abs(np.diff(lit.argmax(1)))
    assert shifts.max() <= 1, "each line of a frame shows the same moment"
    assert probe(Ffmpeg(Limits()), tmp_path / "out.mp4").video.rate == 25


@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
def test_high_dynamic_range_is_shown_as_it_was_meant(tmp_path, limits, transfer):
    patches = {"gray": (110, 110, 110), "red": (150, 40, 40), "green": (40, 120, 40)}
    colors = [f"color=0x{r:02x}{g:02x}{b:02x}:s=160x180:d=1:r=25" for r, g, b in patches.values()]
    joined = ";".join(f"{color}[{i}]" for i, color in enumerate(colors))
    wide = (
        f"{joined};[0][1][2]hstack=3,format=gbrpf32le,"
        "zscale=pin=bt709:tin=bt709:min=gbr:t=linear:npl=203:p=bt2020,"
        f"zscale=t={transfer}:m=bt2020nc:p=bt2020:npl=203:r=tv,format=yuv420p10le"
    )
    tags = ["-color_primaries", "bt2020", "-color_trc", transfer, "-colorspace", "bt2020nc"]
    coded = ["-c:v", "libx265", "-x265-params", "log-level=none", "-pix_fmt", "yuv420p10le"]
    media = source(tmp_path / "v.mp4", wide, *coded, *tags)
    shot = render(media, limits, fit="crop")[3][MIDDLE]
    for i, (name, wanted) in enumerate(patches.items()):
        found = shot[60 + 100 * i]
        assert np.abs(found - wanted).max() <= 14, (name, found)


def test_the_frame_rate_is_the_sources(tmp_path, limits):
    for given, wanted in (("24000/1001", "24000/1001"), ("15", "30"), ("100", "50")):
        media = source(tmp_path / f"{wanted[:2]}.mp4", f"testsrc2=s=160x90:r={given}:d=1")
        shots = render(media, limits)
        assert probe(Ffmpeg(Limits()), tmp_path / "out.mp4").video.rate == Fraction(wanted)
        assert len(shots) == pytest.approx(float(Fraction(wanted)), abs=1.1)


def test_a_source_of_variable_rate_stays_in_time(tmp_path, limits):
    """White from 0.8 s on; 50 frames a second before 0.5 s, and 10 after it."""
    graph = (
        "color=black:s=160x90:r=50:d=1,geq=lum='if(gte(T,0.8),235,16)':cb=128:cr=128,"
        "select='lt(t,0.5)+not(mod(n,5))'"
    )
    media = source(tmp_path / "v.mkv", graph, "-vsync", "vfr")
    shots = render(media, limits, fps=30)
    white = np.flatnonzero(shots[:, 30, WIDTH // 2, 1] > 150)
    assert white[0] / 30 == pytest.approx(0.8, abs=1 / 30)


def test_a_photograph_is_shown_the_way_the_camera_was_held(tmp_path, limits):
    silence(tmp_path / "a.wav", 1)
    shot = picture(tmp_path / "p.jpg", "color=red:s=120x80,drawbox=c=blue:y=40:h=40:t=fill")
    raw = shot.read_bytes()
    # EXIF with one entry, Orientation (0x0112) = 6: to be turned right by a quarter
    tiff = b"MM\0*\0\0\0\x08" + b"\0\x01" + b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0" + bytes(4)
    exif = b"Exif\0\0" + tiff
    shot.write_bytes(raw[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2) + exif + raw[2:])
    row = render(tmp_path / "a.wav", limits, background=shot, fit="letterbox")[2][MIDDLE]
    blue, red = mostly(row, 2), mostly(row, 0)
    assert blue[-1] < red[0], "what was below is at the left"
    assert red[-1] - blue[0] + 1 == pytest.approx(HEIGHT * 80 / 120, abs=3)


def test_a_background_is_cut_only_where_little_is_lost(tmp_path, limits):
    silence(tmp_path / "a.wav", 1)
    for size, whole in (("150x100", False), ("100x100", True)):
        framed = picture(tmp_path / "p.png", f"color=lime:s={size},drawbox=c=red:t=8")
        row = render(tmp_path / "a.wav", limits, background=framed)[2][MIDDLE]
        red = np.flatnonzero((row[:, 0] > 200) & (row[:, 1] < 60))
        assert (red[0] > WIDTH / 6) == whole, size


def test_a_zoom_moves_without_jumps(tmp_path, limits):
    silence(tmp_path / "a.wav", 3)
    edge = picture(tmp_path / "p.png", "color=black:s=320x180,drawbox=x=40:c=white:t=fill")
    shots = render(tmp_path / "a.wav", limits, background=edge, zoom=30, fps=10)
    # Where the edge is, between pixels: how many are dark, and how far the first grey one is.
    places = (255 - shots[:, MIDDLE, :80, 1]).sum(1) / 255
    steps = np.diff(places[:28])
    assert places[0] - places[27] > 1.5 and steps.max() < 0.1 and steps.min() > -0.5


def test_a_gradient_goes_from_corner_to_corner_without_bands(tmp_path, limits):
    silence(tmp_path / "a.wav", 1)
    options = {"background_color": "#102040", "background_gradient": "#302020"}
    shot = render(tmp_path / "a.wav", limits, **options)[2]
    assert np.abs(shot[2, 2] - (0x10, 0x20, 0x40)).max() <= 4
    assert np.abs(shot[-3, -3] - (0x30, 0x20, 0x20)).max() <= 4
    assert len(np.unique(shot[MIDDLE, :, 2])) > 10


@pytest.mark.parametrize("title_as", ["header", "card", "lower-third"])
def test_a_vertical_video_leaves_the_platforms_their_places(tmp_path, limits, title_as):
    speech(tmp_path / "a.wav", "Hello world.")
    size = (270, 480)
    video = Video(
        size="270x480",
        fps=4,
        encoder_preset="ultrafast",
        background_color="#000000",
        title_as=title_as,
        byline="A line below the title that is quite long",
        logo=picture(tmp_path / "logo.png", "color=c=white:s=60x30"),
    )
    output = tmp_path / "out.mp4"
    title = "A title that is long enough for a second row, or even for a third"
    config = RenderConfig(
        media=tmp_path / "a.wav", output=output, video=video, limits=limits, title=title
    )
    words = [{"text": w, "start": 0.2, "end": 0.9} for w in ("Long", "words", "everywhere") * 3]
    VideoGenerator(config).generate({"segments": [{"words": words}]})
    seen = (frames(output, *size).max(0).max(-1) > 60).nonzero()
    assert seen[0].min() >= 0.12 * 480 and seen[0].max() <= 0.78 * 480 + 2
    left = 0.08 if title_as == "lower-third" else 0.11  # it slides in
    assert seen[1].min() >= left * 270 and seen[1].max() <= 0.89 * 270
    assert seen[0].max() - seen[0].min() > 0.4 * 480, "there is a title, and there are captions"


@pytest.mark.parametrize("corner", ["top-left", "bottom-right"])
def test_a_logo_stands_in_its_corner_throughout(tmp_path, limits, corner):
    silence(tmp_path / "a.wav", 1)
    graph = "color=c=red:s=50x50,format=rgba,pad=100:50:color=black@0"
    logo = picture(tmp_path / "logo.png", graph)
    shots = render(tmp_path / "a.wav", limits, logo=logo, logo_position=corner, logo_size=20)
    for shot in shots[[0, 15]]:
        y, x = (shot[..., 0] > 150).nonzero()
        assert x.max() - x.min() + 1 == pytest.approx(36, abs=3), "half of it is transparent"
        assert (x.max() < WIDTH / 2, y.max() < HEIGHT / 2) == ("left" in corner, "top" in corner)
