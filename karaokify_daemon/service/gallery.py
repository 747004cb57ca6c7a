"""What every style looks like: a short video of each, and one picture of all."""

import math
import tempfile
import wave
from collections.abc import Iterator
from pathlib import Path

from karaokify_daemon.adapters import ffmpeg
from karaokify_daemon.config import Config
from karaokify_daemon.pipeline.render_config import RenderConfig
from karaokify_daemon.pipeline.styles import find_style, list_styles
from karaokify_daemon.pipeline.video import VideoGenerator

_SAID = "Drop a recording into a folder, and get a karaoke video out of another."
_WORD_MS = (150, 60)  # of each word, and of each of its letters
_PAUSE_MS = 450
_SHEET = "styles.png"
_SHEET_WIDTH, _TILE_PIXELS = 1920, 640 * 360


def lines(config: Config) -> Iterator[str]:
    """Yield each style's name and what it does."""
    own = config.video.styles
    for name, path in list_styles(own):
        mark = " (your own)" if own and path.parent == own else ""
        yield f"{name:<14} {find_style(name, own).description}{mark}"


def preview(config: Config, out: Path) -> Iterator[Path]:
    """Write NAME.mp4 for each style into a folder, then a picture of all; yield their paths.

    Size, frame rate and the like are those of the configuration. Raises KaraokifyError.
    """
    out.mkdir(parents=True, exist_ok=True)
    transcript, duration_ms = _spoken()
    names = [name for name, _ in list_styles(config.video.styles)]
    with tempfile.TemporaryDirectory(prefix="karaokify-") as folder:
        work = Path(folder)
        _silence(work / "silence.wav", duration_ms)
        tools, shown = ffmpeg.Ffmpeg(config.limits), list[Path]()
        for name in names:
            options = {"style": name, "title": name, "waveform": "none"}
            video = config.video.model_copy(update=options)
            output = out / f"{name}.mp4"
            made = RenderConfig(
                media=work / "silence.wav",
                output=output,
                video=video,
                limits=config.limits,
                duration_ms=duration_ms,
            )
            VideoGenerator(made).generate(transcript)
            (work / name).mkdir()
            shown += ffmpeg.stills(tools, output, [duration_ms * 2 // 5], work / name)
            yield output
        yield _sheet(config, shown, out / _SHEET)


def _spoken() -> tuple[dict[str, object], int]:
    """Return a transcript with times as one might say it, and how long it takes (ms)."""
    words, now = [], 700
    for text in _SAID.split():
        each, letter = _WORD_MS
        end = now + each + letter * len(text)
        words.append({"text": text, "start": now / 1000, "end": end / 1000})
        now = end + (_PAUSE_MS if text.endswith(",") else 0)
    return {"language": "en", "segments": [{"words": words}]}, now + 900


def _silence(path: Path, duration_ms: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16_000, 0, "NONE", ""))
        file.writeframes(bytes(2 * 16 * duration_ms))


def _sheet(config: Config, pictures: list[Path], out: Path) -> Path:
    video = config.video
    width = round(math.sqrt(_TILE_PIXELS * video.width / video.height))
    height = round(width * video.height / video.width)
    rows = math.ceil(len(pictures) / max(1, round(_SHEET_WIDTH / width)))
    columns = math.ceil(len(pictures) / rows)
    tools = ffmpeg.Ffmpeg(config.limits)
    ffmpeg.sheet(tools, pictures, out, columns=columns, width=width, height=height)
    return out
