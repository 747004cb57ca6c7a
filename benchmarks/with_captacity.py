"""Run captacity on a video with a transcript; for the Python of a virtual environment of its own.

    python with_captacity.py VIDEO TRANSCRIPT OUTPUT

It encodes by our settings, and its letters are as high as ours: both make it faster than its own.
"""

import json
import sys
import types
from collections.abc import Callable
from functools import partial, partialmethod
from pathlib import Path
from typing import Any

# It asks nobody to transcribe here, but imports who would.
for name in ("openai", "openai._types"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["openai._types"].FileTypes = object

import captacity  # noqa: E402
from moviepy.editor import CompositeVideoClip  # noqa: E402
from moviepy.video import VideoClip as clips  # noqa: E402, N813 - it is a module


def main() -> None:
    video, transcript, output = sys.argv[1:]
    segments = json.loads(Path(transcript).read_text())["segments"]
    for segment in segments:
        for word in segment["words"]:
            word["word"] = f" {word.pop('text')}"  # as Whisper writes it
    write = CompositeVideoClip.write_videofile
    settings = {"preset": "veryfast", "ffmpeg_params": ["-crf", "20"], "audio_codec": "aac"}
    CompositeVideoClip.write_videofile = partialmethod(write, **settings)
    clips.subprocess_call = partial(_inlined, clips.subprocess_call)
    captacity.add_captions(video, output, font_size=65, segments=segments)


def _inlined(call: Callable[..., None], command: list[str], **options: Any) -> None:
    """Give ImageMagick its text as an argument: Debian's forbids it to read text from files."""
    call([_text(part) for part in command], **options)


def _text(part: str) -> str:
    if not part.startswith("label:@"):
        return part
    text = Path(part.removeprefix("label:@")).read_text()
    return f"label:{text}" if text.strip() else r"label:\ "


if __name__ == "__main__":
    main()
