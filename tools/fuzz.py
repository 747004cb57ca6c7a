"""Coverage-guided fuzzing (libFuzzer, by Atheris) of everything that reads what a stranger wrote.

    python -m tools.fuzz transcript -max_total_time=600

The first argument names the target, the others are libFuzzer's. What a target may do with any bytes
is to refuse them with the error that names the file; all else ends the run, with that input.
"""

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["karaokify_daemon"]):
    from karaokify_daemon.config import Config, load
    from karaokify_daemon.domain.job import Job, Sidecars
    from karaokify_daemon.domain.placing import placed
    from karaokify_daemon.domain.transcript import Transcript
    from karaokify_daemon.errors import ConfigError, SidecarError
    from karaokify_daemon.pipeline.sidecars import (
        effective_config,
        read_lines,
        read_song,
        read_transcript,
    )

_WORDS = (
    b'{"text": "a b", "language": "en", "segments": [{"id": 0, "start": 0, "end": 1.5, '
    b'"text": "a b", "words": [{"text": "a", "start": 0, "end": 0.5, "confidence": 1},'
    b' {"text": "b", "start": 0.5, "end": 1.5}]}]}'
)
_SRT = b"1\n00:00:01,000 --> 00:00:02,500\n<i>a</i> {\\an8}b\n\n2\n0:03,5 --> 0:04.5\nc\n"
_VTT = (
    b"WEBVTT\n\nNOTE n\n\nx\n00:01.000 --> 00:02.500 align:start\n<v Ann>a <00:01.500>b<00:02.000> "
    b"&lt;c\n"
)
_ASS = (
    b"[Script Info]\n[V4+ Styles]\n[Events]\nFormat: Layer, Start, End, Style, Text\n"
    b"Dialogue: 0,0:00:01.00,0:00:02.50,D,{\\an5\\k10}{\\kf50}a\\N {\\K30}b{\\p1}m 0 0{\\p0}\n"
)
_TTML = (
    b'<tt xmlns="http://www.w3.org/ns/ttml" xmlns:p="http://www.w3.org/ns/ttml#parameter" '
    b'p:frameRate="24"><body begin="1s"><div timeContainer="seq"><p dur="00:00:02:12"><span>'
    b'<set begin="100ms" end="30f"/>a</span> <span begin="1.5s">b</span><br/>c</p></div></body>'
    b"</tt>"
)
_SONG = (
    b"#TITLE:a\n#BPM:312,5\n#GAP:-10.5\n#RELATIVE:YES\nP1\n"
    b": 0 4 5 Hel\n* 4 2 5 lo~\n: 6 2 0 ~ \n- 8 9\n"
    b"F 0 1 0  you\nP2\nR 0 4 0 b\nE\n"
)
_LRC = b"[ti:x]\n[offset:-20]\n[00:00.10][00:01.00]a <00:00.50>b<00:00.90>\n[00:01.40]\n"
_OPTIONS = (
    b'title = "x"\nlanguage = "de"\n[video]\nsize = "640x360"\nfps = 30\n'
    b'[transcribe]\nmodel = "tiny"\n'
)
# What parsers trip over, and mutation hardly finds: a number of too many digits, too deep a nest.
_EXTREMES = (b"1" * 5000, b"x = " + b"1" * 5000, b"[" * 50_000, b"x = " + b"[" * 50_000)


def transcript(path: Path) -> None:
    """A transcript is refused, or is the same after it was written and read again."""
    try:
        read = read_transcript(path)
    except SidecarError:
        return
    assert Transcript.from_dict(read.to_dict()) == read


def _subtitles(ending: str) -> Callable[[Path], None]:
    def subtitles(path: Path) -> None:
        named = path.with_suffix(ending)
        path.replace(named)
        transcript(named)

    return subtitles


def _lines(ending: str) -> Callable[[Path], None]:
    """Known text is refused, or has words, which find a place or do not."""

    def lines(path: Path) -> None:
        named = path.with_suffix(ending)
        path.replace(named)
        try:
            read = read_lines(named)
        except SidecarError:
            return
        found = placed(read, Transcript.from_dict(json.loads(_WORDS)), 2000)
        assert len(found.transcript.words) + found.unplaced == found.words > 0

    return lines


def song(path: Path) -> None:
    """UltraStar is refused, or is the same after it was written and read again."""
    named = path.with_suffix(".txt")
    path.replace(named)
    try:
        read = read_song(named)
    except SidecarError:
        return
    assert read is None or Transcript.from_dict(read.to_dict()) == read


def options(path: Path) -> None:
    """A job's options are refused, or change nothing but what a job may set."""
    job = Job(id="", media=path.with_suffix(".wav"), sidecars=Sidecars(options=path))
    try:
        config = effective_config(Config(), job)
    except SidecarError:
        return
    assert (config.folders, config.limits) == (Config().folders, Config().limits)


def configuration(path: Path) -> None:
    """A configuration is refused or taken."""
    try:
        load(path, env={})
    except ConfigError:
        return


TARGETS: dict[str, tuple[Callable[[Path], None], bytes]] = {
    "transcript": (transcript, _WORDS),
    "srt": (_subtitles(".srt"), _SRT),
    "vtt": (_subtitles(".vtt"), _VTT),
    "ttml": (_subtitles(".ttml"), _TTML),
    "ass": (_subtitles(".ass"), _ASS),
    "lrc": (_lines(".lrc"), _LRC),
    "ultrastar": (song, _SONG),
    "txt": (_lines(".txt"), b"[Chorus]\nb, a\n\nA\n"),
    "options": (options, _OPTIONS),
    "configuration": (configuration, b"[presets.news]\n" + _OPTIONS),
}


def main() -> None:
    """Run one target until libFuzzer's arguments say that it is enough."""
    target, seed = TARGETS[sys.argv[1]]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "input")
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        for n, content in enumerate((seed, *_EXTREMES)):
            (corpus / str(n)).write_bytes(content)

        def one(data: bytes) -> None:
            path.write_bytes(data)
            target(path)

        atheris.Setup(["fuzz", *sys.argv[2:], str(corpus)], one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
