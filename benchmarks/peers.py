"""How fast a recording becomes a video, beside the bare encode and other ways and programs.

    python -m benchmarks.peers [--seconds 60] [--size 1920x1080] [--rounds 2] [--without-programs]
        [--check]

Over a still and over a video, with the same sound and transcript, all by the same settings of x264:

- ours: the style and the waveform that are the defaults, from files to a finished file; the sound
  is decoded, levelled, and measured before and after;
- bare encode: the very frames of ours, uncompressed, encoded: nothing that encodes is faster;
- ours, no waveform, for comparison with
- ffmpeg -vf ass: background and script in one command, as one would type it;
- separate passes: waveform video, its overlay over the background, subtitles, each encoded;
- programs from PyPI (see peer_programs.py), which draw their captions their own way, and no
  waveform.

The speed is in seconds of video for each wall second: the best of some rounds in turn, but of
programs, which take minutes, of one. Each result is looked at: its size, its length, both streams.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.peer_programs import PEERS, Peer, UnavailableError, runner
from benchmarks.report import Goal, arguments, report
from benchmarks.scenes import ENCODER, FFMPEG, H264, RATE, Scene, run
from benchmarks.timing import Cost, least, timed

OURS, OURS_BARE, BARE = "ours", "ours, no waveform", "bare encode"
TYPED, PASSES = "ffmpeg -vf ass", "separate passes"
_WAVE = "s=1460x130:mode=cline:scale=sqrt:colors=#5B8DEF"


def main() -> int:
    """Measure and print. Return the exit status."""
    parser = arguments(__doc__)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--without-programs", action="store_true")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    left_out: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="bench-peers-") as folder:
        scene = Scene(Path(folder), options.size, options.seconds)
        for over, background in (("a still", None), ("a video", scene.moving)):
            costs = of_ways(scene, background, options.rounds)
            if not options.without_programs:
                costs |= of_programs(scene, background, left_out)
            rows += told(over, costs, options.seconds)
    title = f"{options.seconds} s of {options.size}, speed in seconds of video for each second"
    is_good = report("peers", title, rows, list(goals(rows)), left_out=left_out)
    for name, reason in left_out.items():
        print(f"left out: {name}: {reason}")
    return 1 if options.check and not is_good else 0


def of_ways(scene: Scene, background: Path | None, rounds: int) -> dict[str, Cost]:
    """Return what ours and the ways of plain FFmpeg cost."""
    whole = scene.generator(background, is_measured=False)
    plain = scene.generator(background, is_measured=False, waveform="none")
    scene.script.write_text(scene.generator(background).ass(scene.said()), encoding="utf-8")
    raw = scene.raw(background)
    tasks: dict[str, Callable[[], object]] = {
        OURS: lambda: whole.generate(scene.said()),
        BARE: lambda: scene.encode(["-i", str(raw)]),
        OURS_BARE: lambda: plain.generate(scene.said()),
        TYPED: lambda: scene.typed(background),
        PASSES: lambda: in_passes(scene, background),
    }
    for task in tasks.values():  # once unmeasured: caches are warm, and what comes out is right
        task()
        check(scene.output, scene.size, scene.seconds)
    costs = least(list(tasks.values()), rounds)
    raw.unlink()
    return dict(zip(tasks, costs, strict=True))


def in_passes(scene: Scene, background: Path | None) -> None:
    """Render as scripts do that do one thing after the other, each with an encode."""
    wave, shown = scene.folder / "wave.mp4", scene.folder / "shown.mp4"
    drawn = ["-filter_complex", f"showwaves={_WAVE}:rate={RATE},format=yuv420p"]
    run([*FFMPEG, "-i", str(scene.sound), *drawn, *H264, str(wave)])
    over = (
        f"[0:v]scale={scene.size.replace('x', ':')}[b];[1:v]colorkey=black:0.1:0.1[w];"
        "[b][w]overlay=(W-w)/2:H-h-50:shortest=1[v]"
    )
    sources = [*scene.source(background), "-i", str(wave), "-i", str(scene.sound)]
    mapped = ["-filter_complex", over, "-map", "[v]", "-map", "2:a", "-t", str(scene.seconds)]
    run([*FFMPEG, *sources, *mapped, *ENCODER, str(shown)])
    said = ["-vf", scene.ass, *H264, "-c:a", "copy", "-movflags", "+faststart"]
    run([*FFMPEG, "-i", str(shown), *said, str(scene.output)])


def of_programs(scene: Scene, background: Path | None, left_out: dict[str, str]) -> dict[str, Cost]:
    """Return what the programs cost that can be had; the others are noted in `left_out`."""
    transcript = scene.folder / "transcript.json"
    transcript.write_text(json.dumps(scene.said()))
    costs = {}
    for peer in PEERS:
        if peer.name in left_out or (background and not peer.over_video):
            continue
        try:
            task = partial(runner(peer), *inputs(scene, background, peer), transcript, scene.output)
            scene.output.unlink(missing_ok=True)
            costs[peer.title] = timed(task)
            check(scene.output, scene.size, scene.seconds)
        except UnavailableError as error:
            left_out[peer.name] = str(error)
    return costs


def inputs(scene: Scene, background: Path | None, peer: Peer) -> list[Path]:
    """Return what a program is given; a video it may need is made before, and not counted."""
    if not peer.over_video:
        return [scene.sound, scene.still]
    video = scene.folder / "recording.mp4"
    scene.encode(scene.source(background))
    scene.output.replace(video)
    return [video]


def check(video: Path, size: str, seconds: int) -> None:
    """Raise RuntimeError where a video is not what was asked for."""
    shown = ["-show_entries", "stream=codec_type,width,height,duration", "-of", "json"]
    command = ["ffprobe", "-v", "error", *shown, str(video)]
    told = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    streams = {stream["codec_type"]: stream for stream in told["streams"]}
    picture, sound = streams.get("video", {}), streams.get("audio", {})
    found = f"{picture.get('width')}x{picture.get('height')}"
    lengths = [float(stream.get("duration", 0)) for stream in (picture, sound)]
    if found != size or any(abs(length - seconds) > 0.2 for length in lengths):
        raise RuntimeError(f"{video.name} is {found}, of {lengths} s")


def told(over: str, costs: Mapping[str, Cost], seconds: int) -> list[dict[str, Any]]:
    """Return the rows of a table, the fastest first."""
    ours = costs[OURS]
    return [
        {
            "over": over,
            "way": way,
            "speed": seconds / cost.wall,
            "wall s": cost.wall,
            "CPU s": cost.cpu,
            "speed / ours": ours.wall / cost.wall,
        }
        for way, cost in sorted(costs.items(), key=lambda item: item[1].wall)
    ]


def goals(rows: Sequence[Mapping[str, Any]]) -> Iterator[Goal]:
    """Yield that ours is faster than what draws as much or less by other means."""
    speeds = {(row["over"], row["way"]): row["speed"] for row in rows}
    for (over, way), speed in speeds.items():
        against = OURS_BARE if way == TYPED else OURS
        if way not in (OURS, OURS_BARE, BARE):
            what = f"{against}, over {over}, times as fast as {way}"
            yield Goal(what=what, found=speeds[over, against] / speed, least=1.0)


if __name__ == "__main__":
    sys.exit(main())
