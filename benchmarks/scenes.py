"""What the benchmarks of rendering render: a recording, its transcript and its background.

Nothing has flat colours or stands quite still, as nothing does that a camera took; the sound
swells as syllables do.
"""

import subprocess
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from karaokify_daemon.adapters.shipped import shipped
from karaokify_daemon.config import Limits, Video
from karaokify_daemon.pipeline.render_config import RenderConfig
from karaokify_daemon.pipeline.video import VideoGenerator

FFMPEG = ["ffmpeg", "-nostdin", "-v", "error", "-y"]
RATE = 30
H264 = "-c:v libx264 -preset veryfast -crf 20 -pix_fmt yuv420p -r 30 -g 150".split()
ENCODER = [*H264, *"-c:a aac -b:a 160k -movflags +faststart".split()]
_RAW = ["-an", "-c:v", "rawvideo", "-f", "matroska"]
_WORDS = "Drop a recording into a folder and get a karaoke video out of another one".split()
_WORD_MS, _PITCH_MS = 320, 400
_SENTENCE = 8  # words


class Scene:
    """A recording of some seconds over a background, which is a still or moves."""

    def __init__(self, folder: Path, size: str, seconds: int) -> None:
        """Make the still and the sound."""
        self.folder, self.size, self.seconds = folder, size, seconds
        self.still, self.sound = folder / "still.png", folder / "sound.wav"
        self.output, self.script = folder / "out.mp4", folder / "script.ass"
        self._picture(self.still, size)
        hum = f"anoisesrc=a=0.05:c=pink:seed=7:d={seconds},tremolo=f=4:d=0.9"
        run([*FFMPEG, "-f", "lavfi", "-i", hum, "-ac", "1", str(self.sound)])

    @cached_property
    def moving(self) -> Path:
        """A background that moves as a hand-held camera does, as long as the recording."""
        width, height = map(int, self.size.split("x"))
        large, path = self.folder / "large.png", self.folder / "moving.mp4"
        self._picture(large, f"{width + width // 4}x{height + height // 4}")
        swing = "(iw-ow)/2*(1+sin(t*0.7)):(ih-oh)/2*(1+cos(t*0.9))"
        graph = ["-vf", f"crop={width}:{height}:{swing}", "-t", str(self.seconds)]
        source = ["-loop", "1", "-framerate", str(RATE), "-i", str(large)]
        run([*FFMPEG, *source, *graph, *H264, str(path)])
        return path

    def generator(
        self, background: Path | None = None, *, is_measured: bool = True, **options: Any
    ) -> VideoGenerator:
        """Return what renders it, over the still if nothing else is said.

        What is not measured yet is decoded first, for its length and its loudness; that is levelled
        then and measured again in the video.
        """
        return VideoGenerator(
            RenderConfig(
                media=self.sound,
                output=self.output,
                video=Video.model_validate({"size": self.size} | options),
                limits=Limits(nice=0),
                background=background or self.still,
                duration_ms=self.seconds * 1000 if is_measured else None,
                title="A title",
            )
        )

    def said(self) -> dict[str, Any]:
        """Return the transcript: a word every 0.4 s, in sentences."""
        count = (self.seconds * 1000 - 1000) // _PITCH_MS
        words = [
            {
                "text": _WORDS[i % len(_WORDS)] + "." * (i % _SENTENCE == _SENTENCE - 1),
                "start": (500 + i * _PITCH_MS) / 1000,
                "end": (500 + i * _PITCH_MS + _WORD_MS) / 1000,
            }
            for i in range(count)
        ]
        sentences = [words[i : i + _SENTENCE] for i in range(0, count, _SENTENCE)]
        return {"language": "en", "segments": [{"words": sentence} for sentence in sentences]}

    def raw(self, background: Path | None = None, **options: Any) -> Path:
        """Return the very frames of a render, uncompressed."""
        path = self.folder / "frames.mkv"
        lossless = {"crf": 0, "encoder_preset": "ultrafast"}
        self.generator(background, **options | lossless).generate(self.said())
        run([*FFMPEG, "-i", str(self.output), *_RAW, str(path)])
        return path

    def encode(self, source: Sequence[str], *filters: str) -> None:
        """Encode a source with the sound, by the settings of the service."""
        sound = ["-i", str(self.sound), "-map", "0:v", "-map", "1:a"]
        length = ["-t", str(self.seconds)]
        run([*FFMPEG, *source, *sound, *filters, *ENCODER, *length, str(self.output)])

    def typed(self, background: Path | None = None) -> None:
        """Encode as one would type it: a background and the script, by `-vf ass`."""
        source = self.source(background)
        self.encode(source, "-vf", f"scale={self.size.replace('x', ':')},{self.ass}")

    def source(self, background: Path | None = None) -> list[str]:
        """Return FFmpeg's arguments that read a background."""
        if background is not None:
            return ["-i", str(background)]
        return ["-loop", "1", "-framerate", str(RATE), "-i", str(self.still)]

    @property
    def ass(self) -> str:
        """The filter that shows the script."""
        return f"ass={self.script}:fontsdir={shipped('fonts')}"

    def _picture(self, path: Path, size: str) -> None:
        source = f"gradients=s={size}:n=5:seed=7,format=yuv444p,noise=alls=10"
        once = ["-frames:v", "1", "-pix_fmt", "rgb24"]
        run([*FFMPEG, "-f", "lavfi", "-i", source, *once, str(path)])


def run(command: Sequence[str]) -> None:
    """Run a command. Raises CalledProcessError."""
    subprocess.run(command, check=True)
