"""Recordings as they are, quiet, hot or in six channels, become videos that are equally loud."""

import json
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from tests.support.media import convert
from tests.support.service import events

RATE = 48_000


def music(path, amplitude, clip=None):
    """Write three seconds of a chord in stereo."""
    t = np.arange(3 * RATE) / RATE
    mixed = sum(np.sin(2 * np.pi * f * t) for f in (220, 277, 330)) / 3 * amplitude
    mixed = mixed if clip is None else np.clip(mixed, -clip, clip)
    wavfile.write(path, RATE, np.stack([mixed, mixed], 1).astype(np.float32))
    return path


def meter(path):
    """Return integrated loudness in LUFS and true peak in dBTP."""
    ebur128 = "ebur128=peak=true:dualmono=true:framelog=verbose"
    command = ["ffmpeg", "-nostats", "-hide_banner", "-i", str(path), "-af", ebur128]
    done = subprocess.run([*command, "-f", "null", "-"], capture_output=True, text=True, check=True)
    summary = done.stderr[done.stderr.rindex("Summary:") :]
    return tuple(float(re.search(rf"{key}:\s+(\S+)", summary)[1]) for key in ("I", "Peak"))


def test_every_recording_is_as_loud_as_is_asked_for_and_the_manifest_says_what_was_done(tree):
    tree.settings |= {"video.waveform": "none"}
    with tree.config.open("a") as file:
        file.write("\n[presets.music]\nloudness = -14.0\n")
    (tree.inbox / "music").mkdir()
    music(tree.inbox / "quiet.wav", 0.02)
    music(tree.inbox / "hot.wav", 6.0, clip=1.0)
    music(tree.inbox / "own.wav", 0.03)
    (tree.inbox / "own.toml").write_text("loudness = -20")
    music(tree.inbox / "raw.wav", 0.05)
    (tree.inbox / "raw.toml").write_text('[sound]\nloudness = "off"')
    music(tree.inbox / "music" / "song.wav", 0.04)
    surround = ["-af", "pan=5.1|FL=c0|FR=c1|FC=c0|BL=c0|BR=c1"]
    convert(tree.inbox / "quiet.wav", tree.inbox / "film.flac", *surround)
    words = [{"text": "Hello", "start": 0.1, "end": 0.6, "confidence": 1.0}]
    said = {"language": "en", "segments": [{"start": 0.1, "end": 0.6, "words": words}]}
    for path in [*tree.inbox.glob("*.wav"), *tree.inbox.glob("*.flac"), *tree.inbox.glob("*/*")]:
        path.with_suffix(".json").write_text(json.dumps(said))
    status, log = tree.once()
    assert status == 0, log

    wanted = {"quiet": -16, "hot": -16, "film": -16, "own": -20, "song": -14}
    for stem, target in wanted.items():
        loudness, peak = meter(tree.outbox / stem / f"{stem}.mp4")
        assert loudness == pytest.approx(target, abs=0.5) and peak <= -1.5, stem
        manifest = json.loads((tree.outbox / stem / "manifest.json").read_text())
        sound, before = manifest["sound"], manifest["loudness"]["integrated_lufs"]
        assert sound["target_lufs"] == target and sound["limited_by"] is None
        assert before + sound["gain_db"] == pytest.approx(target, abs=0.1)
        assert sound["published"]["integrated_lufs"] == pytest.approx(loudness, abs=0.11)
        assert sound["channels"] == ("5.1" if stem == "film" else "stereo")
        (line,) = (e for e in events(log, "sound.levelled") if Path(e["file"]).stem == stem)
        assert line["gain_db"] == sound["gain_db"] and line["measured"] == before
    sound = json.loads((tree.outbox / "raw" / "manifest.json").read_text())["sound"]
    assert sound["gain_db"] == 0 and sound["published"] is None
    before, after = meter(tree.archive / "raw.wav"), meter(tree.outbox / "raw" / "raw.mp4")
    assert after == pytest.approx(before, abs=0.3)
