"""Run lyrichroma over a still with a transcript; for the Python of an environment of its own.

    python with_lyrichroma.py SOUND STILL TRANSCRIPT OUTPUT

It encodes by our settings, which makes it faster than its own, and in Full HD; it knows no rate but
24 frames a second.
"""

import json
import sys
from functools import partialmethod
from pathlib import Path

from lyrichroma.renderer import SubtitleRenderer
from lyrichroma.types import SimpleSegment
from moviepy.video.compositing.CompositeVideoClip import CompositeVideoClip


def main() -> None:
    sound, still, transcript, output = sys.argv[1:]
    found = [_segment(given) for given in json.loads(Path(transcript).read_text())["segments"]]
    write = CompositeVideoClip.write_videofile
    settings = {"preset": "veryfast", "ffmpeg_params": ["-crf", "20"], "logger": None}
    CompositeVideoClip.write_videofile = partialmethod(write, **settings)
    renderer = SubtitleRenderer(width=1920, height=1080, font_size=65)
    renderer.generate_video(sound, found, output, bg_type="image", bg_value=still)


def _segment(given: dict) -> SimpleSegment:
    words = [
        {"start": w["start"], "end": w["end"], "word": f" {w['text']}", "probability": 1.0}
        for w in given["words"]
    ]
    return SimpleSegment.from_dict(
        {
            "start": words[0]["start"],
            "end": words[-1]["end"],
            "text": "".join(word["word"] for word in words),
            "words": words,
        }
    )


if __name__ == "__main__":
    main()
