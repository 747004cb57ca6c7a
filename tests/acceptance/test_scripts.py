"""Every script, on its own frames, beside what another shaping engine (Pillow's Raqm) draws."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont, features

from karaokify_daemon import RenderConfig, VideoGenerator
from karaokify_daemon.adapters.shipped import shipped
from karaokify_daemon.config import Video
from tests.support.frames import frames
from tests.support.media import silence

WIDTH, HEIGHT, FPS, EM = 640, 360, 10, 36
CJK = Path(__file__).parents[1] / "support" / "fonts"  # a few characters of Noto Sans CJK
OWN = shipped("fonts")
LATIN = OWN / "OpenSans-Bold.ttf"
EACH_S, LEAD_S = 0.6, 0.3

# Language, font file, words as they are said, and their numbers as they stand from left to right.
SCRIPTS = {
    "Latin": ("de", LATIN, "Größe AVATAR Typ", (0, 1, 2)),
    "Greek": ("el", LATIN, "Καλημέρα σε όλους", (0, 1, 2)),
    "Cyrillic": ("ru", LATIN, "Привет всем вам", (0, 1, 2)),
    "Arabic": ("ar", OWN / "NotoSansArabic-Bold.ttf", "مرحبا بكم هنا", (2, 1, 0)),
    "Hebrew": ("he", OWN / "NotoSansHebrew-Bold.ttf", "שלום לכל עולם", (2, 1, 0)),
    "Devanagari": ("hi", OWN / "NotoSansDevanagari-Bold.ttf", "हिन्दी क्षत्रिय स्त्री", (0, 1, 2)),
    "Thai": ("th", OWN / "NotoSansThai-Bold.ttf", "น้ำ วันนี้ ที่", (0, 1, 2)),
    "Chinese": ("zh", CJK / "NotoSansCJKjp-Bold-subset.otf", "大 家 好。", (0, 1, 2)),
    "Japanese": ("ja", CJK / "NotoSansCJKjp-Bold-subset.otf", "カ ラ オケ。", (0, 1, 2)),
    "Korean": ("ko", CJK / "NotoSansCJKjp-Bold-subset.otf", "안녕하세요 여러분 오늘은", (0, 1, 2)),
}
UNSPACED = {"zh", "ja", "th"}

needs_raqm = pytest.mark.skipif(not features.check("raqm"), reason="Pillow is without Raqm")


@pytest.fixture(scope="module")
def quiet(tmp_path_factory):
    return silence(tmp_path_factory.mktemp("scripts") / "quiet.wav", 4.0)


def render(media, language, texts, style="word", **options):
    """Return the frames of a video in which what is said is red and the rest blue."""
    given = {"size": f"{WIDTH}x{HEIGHT}", "fps": FPS, "crf": 1, "background_color": "#000000"}
    video = Video(
        style=style,
        waveform="none",
        encoder_preset="ultrafast",
        font_size=100 * EM / HEIGHT,
        text_color="#0000FF",
        highlight_color="#FF0000",
        outline_color="#000000",
        **given | options,
    )
    config = RenderConfig(
        media=media, output=media.with_name("out.mp4"), video=video, title="", fonts=CJK
    )
    times = [LEAD_S + i * EACH_S for i in range(len(texts) + 1)]
    said = [
        {"text": text, "start": a, "end": b}
        for text, a, b in zip(texts, times[:-1], times[1:], strict=True)
    ]
    generator = VideoGenerator(config)
    generator.generate({"language": language, "segments": [{"words": said}]})
    assert not generator.warnings
    return frames(config.output, WIDTH, HEIGHT)


def red(shot):
    return (shot[..., 0] > 110) & (shot[..., 2] < 110)


def shot_at(shots, seconds):
    return shots[round(seconds * FPS)]


def drawn_by_raqm(text, path):
    """Return a text's picture, and where its ink begins beside the pen."""
    font = ImageFont.truetype(str(path), EM, layout_engine=ImageFont.Layout.RAQM)
    picture = Image.new("L", (WIDTH, 3 * EM))
    ImageDraw.Draw(picture).text((EM, EM), text, font=font, fill=255)
    ink = np.asarray(picture) > 110
    return cropped(ink), bounds(ink)[0] - EM, font.getlength(text)


def bounds(ink):
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    return columns[0], columns[-1] + 1, rows[0], rows[-1] + 1


def cropped(ink):
    left, right, top, bottom = bounds(ink)
    return ink[top:bottom, left:right]


def likeness(one, other):
    """Return the part of two pictures' ink that they share, at the best of nearby places."""
    high, wide = (max(a, b) + 4 for a, b in zip(one.shape, other.shape, strict=True))
    still = np.zeros((high, wide), bool)
    still[2 : 2 + one.shape[0], 2 : 2 + one.shape[1]] = one
    best = 0.0
    for y in range(min(5, high - other.shape[0] + 1)):
        for x in range(min(5, wide - other.shape[1] + 1)):
            moved = np.zeros_like(still)
            moved[y : y + other.shape[0], x : x + other.shape[1]] = other
            best = max(best, (still & moved).sum() / (still | moved).sum())
    return best


def places(texts, order, path, space):
    """Return where the pen of each word stands, in a row in the middle of the picture."""
    lengths = [drawn_by_raqm(text, path)[2] for text in texts]
    pen = WIDTH / 2 - (sum(lengths) + space * (len(texts) - 1)) / 2
    found = {}
    for i in order:
        found[i] = pen
        pen += lengths[i] + space
    return found


@needs_raqm
@pytest.mark.parametrize("script", SCRIPTS)
def test_words_are_drawn_in_shape_in_place_and_in_order(quiet, script):
    language, path, text, order = SCRIPTS[script]
    texts = text.split()
    shots = render(quiet, language, texts)
    space = 0 if language in UNSPACED else _space()
    pens = places(texts, order, path, space)
    for i, word in enumerate(texts):
        ink = red(shot_at(shots, LEAD_S + (i + 0.5) * EACH_S))
        expected, beside, _ = drawn_by_raqm(word, path)
        assert likeness(cropped(ink), expected) > 0.8, word
        assert abs(bounds(ink)[0] - (pens[i] + beside)) <= 1.5, word


def _space():
    return ImageFont.truetype(str(LATIN), EM).getlength(" ")


@needs_raqm
@pytest.mark.parametrize(
    ("language", "text", "order"),
    [
        ("ar", "نشاهد iPhone 15 Pro اليوم", (4, 1, 2, 3, 0)),
        ("he", "היום 25% הנחה", (2, 1, 0)),
        ("en", "always say שלום עולם now", (0, 1, 3, 2, 4)),
    ],
)
def test_words_of_both_directions_stand_in_the_order_they_are_read_in(quiet, language, text, order):
    texts = text.split()
    shots = render(quiet, language, texts)
    middles = []
    for i in range(len(texts)):
        left, right, *_ = bounds(red(shot_at(shots, LEAD_S + (i + 0.5) * EACH_S)))
        middles.append((left + right) / 2)
    assert sorted(range(len(texts)), key=middles.__getitem__) == list(order)


@pytest.mark.parametrize("style", ["sweep", "teleprompter", "classic"])
def test_a_word_that_is_read_to_the_left_is_filled_from_the_right(quiet, style):
    texts = "שלום Python עולם".split()
    shots = render(quiet, "he", texts, style=style)
    for i, to_left in enumerate([True, False, True]):
        start = LEAD_S + i * EACH_S
        before, half, full = (
            red(shot_at(shots, start + share * EACH_S)) for share in (0, 0.5, 0.84)
        )
        left, right, *_ = bounds(full & ~before)
        half_left, half_right, *_ = bounds(half & ~before)
        assert half_right - half_left < 0.8 * (right - left), texts[i]
        assert abs(half_right - right if to_left else half_left - left) <= 3, texts[i]
    order = [bounds(red(shot_at(shots, LEAD_S + (i + 0.5) * EACH_S)))[0] for i in range(3)]
    assert order == sorted(order, reverse=True), "the row is filled from the right"


@pytest.mark.parametrize("path", [LATIN, *sorted(CJK.glob("*.otf"))], ids=lambda path: path.name)
def test_the_box_of_a_word_is_around_its_letters(quiet, path):
    language, text = ("he", "שלום לכל עולם") if path == LATIN else ("ja", "カ ラ オ")
    texts = text.split()
    plain, boxed = (render(quiet, language, texts, style=style) for style in ("word", "pill"))
    for i in range(len(texts)):
        at = LEAD_S + (i + 0.5) * EACH_S
        left, right, *_ = bounds(red(shot_at(plain, at)))
        box = shot_at(boxed, at).astype(int)
        wide = bounds((box[..., 1] > 40) & (box[..., 2] > 150))
        assert abs((wide[0] + wide[1]) - (left + right)) <= 6
