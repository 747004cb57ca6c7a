"""Pictures for the documentation: captions in every script, and every waveform, on a sheet each."""

import sys
import tempfile
from pathlib import Path

from karaokify_daemon import RenderConfig, VideoGenerator
from karaokify_daemon.adapters.ffmpeg import Ffmpeg, sheet, stills
from karaokify_daemon.config import Limits, Video
from tests.support.media import speech

# What is said in each language; Han characters are those of the font in tests/support/fonts.
SCRIPTS = {
    "en": "Drop a recording into a folder",
    "el": "Καλημέρα σε όλους, καλώς ήρθατε",
    "ru": "Привет всем, добро пожаловать",
    "ar": "مرحبا بكم في برنامج كاريوكي الجديد",
    "he": "שלום לכולם וברוכים הבאים",
    "hi": "हिन्दी में आपका स्वागत है",
    "th": "ยินดี ต้อนรับ ทุกคน วันนี้",
    "zh": "大 家 好。",
    "ja": "カ ラ オケ。",
    "ko": "안녕하세요 여러분 오늘은",
}
STYLES = ("pill", "sweep")
WAVEFORMS = ("line", "bars", "mirror-bars", "ring", "progress")
SPOKEN = "Drop a recording into a folder, and pick up a karaoke video."
EACH_S, LEAD_S = 0.4, 0.4
WIDTH, HEIGHT, STRIP = 640, 360, 180
CJK = Path(__file__).parents[1] / "tests" / "support" / "fonts"


def still(
    work: Path, name: str, media: Path, said: dict[str, object], at: float, **options: object
) -> Path:
    """Render a video and return one of its frames."""
    given = {
        "size": f"{WIDTH}x{HEIGHT}",
        "title": name,
        "background_color": "#22304F",
        "background_gradient": "#0C0F16",
    }
    folder = work / name
    folder.mkdir()
    output = folder / "video.mp4"
    video = Video.model_validate(given | options)
    config = RenderConfig(media=media, output=output, video=video, fonts=CJK)
    VideoGenerator(config).generate(said)
    return stills(Ffmpeg(Limits()), output, [round(at * 1000)], folder)[0]


def scripts(work: Path, media: Path) -> list[Path]:
    """Return a frame of each script, in two styles."""
    shots = []
    for style in STYLES:
        for language, text in SCRIPTS.items():
            words = [
                {"text": word, "start": LEAD_S + i * EACH_S, "end": LEAD_S + (i + 1) * EACH_S}
                for i, word in enumerate(text.split())
            ]
            said = {"language": language, "segments": [{"words": words}]}
            at, name = LEAD_S + 1.4 * EACH_S, f"{language} ({style})"
            strip = {"size": f"{WIDTH}x{STRIP}", "font_size": 22, "title": ""}
            shots.append(still(work, name, media, said, at, style=style, waveform="none", **strip))
    return shots


def waveforms(work: Path, media: Path, said: dict[str, object]) -> list[Path]:
    """Return a frame of each waveform, in the middle of what is said."""
    return [still(work, name, media, said, 2.4, style="word", waveform=name) for name in WAVEFORMS]


def main(out: Path) -> None:
    """Write the sheets into a folder."""
    with tempfile.TemporaryDirectory(prefix="gallery-") as folder:
        work = Path(folder)
        media = work / "talk.wav"
        words = speech(media, SPOKEN)
        said = {
            "segments": [
                {"words": [{"text": w.text, "start": w.start, "end": w.end} for w in words]}
            ]
        }
        shown = {
            "scripts": (scripts(work, media), 5, STRIP),
            "waveforms": (waveforms(work, media, said), 3, HEIGHT),
        }
        for name, (pictures, columns, height) in shown.items():
            size = {"width": 1260 // columns, "height": 1260 // columns * height // WIDTH}
            sheet(Ffmpeg(Limits()), pictures, out / f"{name}.jpg", columns=columns, **size)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
