"""What a reel costs, out of a short recording and out of a long one, by the real service.

The long one is the short one many times over, without being encoded again. Of both, a reel of a
minute is made, and nothing else. What counts is the stage that renders; decoding for recognition
reads the whole recording once, reel or not. A program in FFmpeg's place notes each of its calls.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import tomli_w

SHORT_S, TIMES, REEL_S = 600, 18, 60
_KINDS = {
    "MP3": ("talk.mp3", ["-f", "lavfi", "-i", "anoisesrc=a=0.05:d={s}:r=44100", "-b:a", "64k"]),
    "MP4 with video": (
        "talk.mp4",
        ["-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d={s}", "-f", "lavfi", "-i",
         "anoisesrc=a=0.05:d={s}:r=44100", "-c:v", "libx264", "-preset", "ultrafast", "-g", "250",
         "-c:a", "aac", "-b:a", "64k"],
    ),
}  # fmt: skip
_WRAPPER = """#!/bin/sh
printf '%s\\n' "$*" | tr '\\n' ' ' >> {log}
echo >> {log}
exec ffmpeg "$@"
"""


def cost(rounds: int) -> None:
    """Run the service on recordings of both lengths, in turn; print the quickest render of each."""
    print(f"A reel of {REEL_S} s out of {SHORT_S // 60} min and of {SHORT_S * TIMES // 3600} h")
    print(f"{'':16}{'render s':>10}{'':>9}{'ratio':>7}  FFmpeg processes of the longer one")
    with tempfile.TemporaryDirectory(prefix="bench-highlights-") as name:
        for kind, (file, arguments) in _KINDS.items():
            folder = Path(name, kind.split()[0])
            folder.mkdir()
            short, long = folder / f"short-{file}", folder / f"long-{file}"
            _ffmpeg(*(part.format(s=SHORT_S) for part in arguments), short)
            _ffmpeg("-stream_loop", TIMES - 1, "-i", short, "-c", "copy", long)
            both = (short, SHORT_S), (long, SHORT_S * TIMES)
            seconds: list[list[float]] = [[], []]
            calls: list[str] = []
            for n in range(rounds):
                for own, (media, length) in zip(seconds, both, strict=True):
                    spent, calls = made(folder / f"{media.stem}-{n}", media, length)
                    own.append(spent)
            first, second = map(min, seconds)
            print(f"{kind:16}{first:10.2f}{second:9.2f}{second / first:7.2f}  {told(calls, long)}")


def made(tree: Path, media: Path, seconds: int) -> tuple[float, list[str]]:
    """Run the service on a recording; return the seconds of its render, and FFmpeg's calls."""
    (tree / "inbox").mkdir(parents=True)
    target = tree / "inbox" / media.name
    media.rename(target)  # the service refuses what has a second name elsewhere
    target.with_suffix(".json").write_text(json.dumps(_said(seconds)))
    wrapper, log = tree / "ffmpeg.sh", tree / "calls.txt"
    wrapper.write_text(_WRAPPER.format(log=log))
    wrapper.chmod(0o755)
    options = {
        "intake": {"settle_seconds": 0.1},
        "transcribe": {"model": "demo"},
        "video": {"size": "1280x720"},
        "highlights": {"seconds": REEL_S, "only": True},
        "limits": {"ffmpeg": str(wrapper)},
    }
    (tree / "config.toml").write_text(tomli_w.dumps(options))
    command = [sys.executable, "-m", "karaokify_daemon", "run", "--once", "--config"]
    subprocess.run([*command, tree / "config.toml"], check=True, stdout=subprocess.DEVNULL)
    [manifest_path] = (tree / "outbox").glob("[!.]*/manifest.json")
    manifest = json.loads(manifest_path.read_text())
    (tree / "archive" / media.name).rename(media)
    return manifest["timings_seconds"]["render"], log.read_text().splitlines()


def told(calls: list[str], media: Path) -> str:
    """Return how many FFmpeg processes there were, and for what."""
    work = [call for call in calls if "-version" not in call]
    encodes = sum("libx264" in call for call in work)
    whole = sum(media.name in call and "libx264" not in call for call in work)
    return f"{whole} decode, {encodes} encode, {len(work) - whole - encodes} on the finished reel"


def _said(seconds: int) -> dict[str, object]:
    """Return a transcript of sentences of about six seconds."""
    segments = []
    for start in range(1, seconds - 8, 8):
        words = f"This is what was said after {start} seconds, more or less.".split()
        spans = ((word, start + 0.5 * i) for i, word in enumerate(words))
        segments.append(
            {"words": [{"text": word, "start": at, "end": at + 0.4} for word, at in spans]}
        )
    return {"language": "en", "segments": segments}


def _ffmpeg(*arguments: object) -> None:
    command = ["ffmpeg", "-nostdin", "-v", "error", *map(str, arguments)]
    subprocess.run(command, check=True)
