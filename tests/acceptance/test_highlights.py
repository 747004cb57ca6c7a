"""Highlight reels by the real service: what is in the bundle, and whether it is what it says."""

import json
import re
import shutil
import subprocess
from itertools import pairwise

import numpy as np
import pytest
from scipy.io import wavfile
from scipy.signal import correlate

from tests.support.media import clip, convert, transcript
from tests.support.service import events
from tests.support.voice import spoken
from tools.speech import SAMPLE_RATE, SpokenWord

pytestmark = pytest.mark.torch

TALK = (
    "Coral reefs are the largest structures that any animal has ever built.",
    "So anyway it was a long day and we were all a bit tired by then.",
    "A reef needs warm, clear and shallow water.",
    "The algae feed the coral with sugar from sunlight.",
    "Let me see whether the microphone is still on.",
    "When the ocean gets too warm, the corals expel their algae!",
    "Does a bleached reef recover?",
    "It does if the water cools down within a few weeks.",
    "And then the phone rang again.",
    "In 1998 a sixth of all reefs died in a single summer.",
    "We plant young corals that grow on ropes.",
    "In the end only a cooler ocean will save the coral reefs.",
)
TIMED = re.compile(r"<(\d\d):(\d\d):([\d.]+)>([^<\n]*[^<\s][^<\n]*)")


@pytest.fixture(scope="module")
def talk(tmp_path_factory):
    """A spoken talk as WAV, and when each of its words is heard."""
    folder = tmp_path_factory.mktemp("talk")
    gap = np.zeros(SAMPLE_RATE * 3 // 5, np.float32)
    parts, words = [gap], []
    for audio, said in spoken(TALK):
        words += [word.shifted(sum(map(len, parts)) / SAMPLE_RATE) for word in said]
        parts += [audio * (0.6 / np.abs(audio).max()), gap]
    whole = np.concatenate(parts)
    # Noise that is nowhere alike tells places apart to the sample.
    whole += np.random.default_rng(7).normal(0, 0.01, len(whole)).astype(np.float32)
    wavfile.write(folder / "talk.wav", SAMPLE_RATE, (whole * 32767).astype(np.int16))
    return folder / "talk.wav", words


def drop(tree, talk, name="talk"):
    media, words = talk
    shutil.copyfile(media, tree.inbox / f"{name}.wav")
    transcript(tree.inbox / f"{name}.json", words)


def bundle_of(tree, **options):
    tree.settings |= {f"highlights.{key}": value for key, value in options.items()}
    status, log = tree.once()
    assert status == 0, log
    [folder] = tree.outbox.glob("[!.]*")
    return folder, json.loads((folder / "manifest.json").read_text())


def seconds(path):
    command = ["ffprobe", "-v", "error", "-show_streams", "-of", "json", f"file:{path}"]
    told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    streams = (s for s in told["streams"] if not s["disposition"]["attached_pic"])
    return {s["codec_type"]: float(s["duration"]) for s in streams}


def heard(path):
    command = ["ffmpeg", "-v", "error", "-i", f"file:{path}", "-f", "s16le", "-ac", "1"]
    raw = subprocess.run([*command, "-ar", str(SAMPLE_RATE), "-"], capture_output=True, check=True)
    return np.frombuffer(raw.stdout, "<i2").astype(float)


def lag(reel, at, source, source_at, length=0.25):
    """Return by how many seconds what is heard in a reel is off its place in the recording."""
    piece = reel[round(at * SAMPLE_RATE) :][: round(length * SAMPLE_RATE)]
    begin = max(0, round((source_at - 0.25) * SAMPLE_RATE))
    around = source[begin : begin + len(piece) + SAMPLE_RATE // 2]
    match = np.argmax(correlate(around, piece, "valid"))
    return (begin + match) / SAMPLE_RATE - source_at


def check_reel(folder, stem, asked, words, source):
    """Check a reel against its JSON; return the numbers of its sentences."""
    told = json.loads((folder / f"{stem}.json").read_text())
    found = seconds(folder / f"{stem}.mp4")
    assert 0.9 * asked <= told["seconds"] <= asked
    assert abs(found["video"] - told["seconds"]) <= 1 / 30
    assert abs(found["video"] - found["audio"]) <= 1024 / 48_000
    reel = heard(folder / f"{stem}.mp4")
    for one, other in pairwise(told["clips"]):
        assert one["source_end"] <= other["source_start"]
        assert one["output_end"] >= other["output_start"]
    for part in told["clips"]:
        middle = (part["output_start"] + part["output_end"]) / 2
        place = part["source_start"] + middle - part["output_start"]
        assert abs(lag(reel, middle, source, place)) <= 0.02
        assert 0 <= part["score"] <= 1 and part["chosen_by"] == "extractive"
        first = next(w for w in words if w.start >= part["source_start"])
        assert part["text"].startswith(first.text) and first.text[0].isupper()
    return [i for part in told["clips"] for i in part["sentences"]]


def test_a_reel_beside_the_full_video(tree, talk):
    media, words = talk
    drop(tree, talk)
    folder, manifest = bundle_of(tree, seconds="12")
    names = {p.name for p in folder.iterdir()}
    assert {
        "talk.mp4", "talk.json", "talk.srt", "talk.highlights.mp4", "talk.highlights.json",
        "talk.highlights.srt", "talk.highlights.vtt", "talk.highlights.jpg", "poster.jpg",
    } <= names  # fmt: skip
    _, pcm = wavfile.read(media)
    check_reel(folder, "talk.highlights", 12, words, pcm.astype(float))
    [told] = manifest["highlights"]["reels"]
    assert told["ending"] == ".highlights.mp4" and told["asked_seconds"] == 12
    assert manifest["highlights"]["chosen_by"] == "extractive"


def test_a_reel_of_a_video_of_few_frames_has_all_its_words(tree, talk):
    drop(tree, talk)
    tree.settings |= {"video.fps": "1", "video.size": "320x180", "publish.exports": '["vtt"]'}
    folder, manifest = bundle_of(tree, seconds="12", only="true")
    told = json.loads((folder / "talk.highlights.json").read_text())
    said = " ".join(TALK[i] for part in told["clips"] for i in part["sentences"])
    timed = [text for *_, text in TIMED.findall(_vtt(folder))]
    assert " ".join(" ".join(timed).split()) == said
    assert any("24 frames a second" in line for line in manifest["warnings"])
    rate = ["ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries"]
    rate += ["stream=avg_frame_rate", "-of", "csv=p=0", str(folder / "talk.highlights.mp4")]
    assert subprocess.run(rate, capture_output=True, check=True).stdout.strip(b",\n") == b"24/1"


def test_each_caption_of_a_reel_is_in_time_with_the_recording(tree, talk):
    media, words = talk
    drop(tree, talk)
    folder, _ = bundle_of(tree, seconds="15")
    _, pcm = wavfile.read(media)
    reel, source = heard(folder / "talk.highlights.mp4"), pcm.astype(float)
    told = json.loads((folder / "talk.highlights.json").read_text())
    timed = TIMED.findall(_vtt(folder))
    assert len(timed) > 15
    inside = [w for c in told["clips"] for w in words
              if c["source_start"] <= w.start and w.end <= c["source_end"]]  # fmt: skip
    texts = [text.strip() for *_, text in timed]
    for hours, minutes, rest, text in timed:
        assert text.strip() in {w.text for w in inside}
        at = int(hours) * 3600 + int(minutes) * 60 + float(rest)
        places = [w.start for w in inside if w.text == text.strip()]
        assert min(abs(lag(reel, at, source, place)) for place in places) <= 0.02, text
    assert len(texts) <= len(inside)


def _vtt(folder):
    return (folder / "talk.highlights.vtt").read_text()


def test_several_upright_reels_instead_of_the_full_video(tree, talk):
    media, words = talk
    drop(tree, talk)
    folder, manifest = bundle_of(tree, seconds="8", count="3", only="true", size="180x320")
    names = {p.name for p in folder.iterdir()}
    assert "talk.mp4" not in names and "talk.srt" not in names and "talk.json" in names
    assert {"poster.jpg", "contact.jpg", "summary.md"} <= names
    _, pcm = wavfile.read(media)
    seen = []
    for n in (1, 2, 3):
        seen += check_reel(folder, f"talk.short-{n}", 8, words, pcm.astype(float))
        told = subprocess.run(
            ["ffprobe", "-v", "error", "-show_entries", "stream=width,height", "-of", "csv=p=0",
             str(folder / f"talk.short-{n}.mp4")], capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert "180,320" in told.stdout
    assert len(seen) == len(set(seen))
    assert [r["ending"] for r in manifest["highlights"]["reels"]] == [
        f".short-{n}.mp4" for n in (1, 2, 3)
    ]


def test_where_there_is_less_than_asked_for_the_manifest_says_so(tree, talk):
    drop(tree, talk)
    folder, manifest = bundle_of(tree, seconds="[15, 25]", count="4")
    endings = [r["ending"] for r in manifest["highlights"]["reels"]]
    assert 2 <= len(endings) < 8 and endings[0] == ".short-1.mp4"
    assert any("there is matter for" in line for line in manifest["warnings"])
    assert sorted(p.name for p in folder.glob("*.short-?.mp4")) == [f"talk{e}" for e in endings]


def test_a_recording_in_which_nothing_is_said_has_its_full_video_even_so(tree, tmp_path):
    clip(tree.inbox / "waves.mp4", convert_noise(tmp_path), 3)
    transcript(tree.inbox / "waves.json", [SpokenWord("x", 90, 91)])
    folder, manifest = bundle_of(tree, seconds="5", only="true")
    assert (folder / "waves.mp4").exists() and manifest["highlights"]["reels"] == []
    assert any("nothing is said" in line for line in manifest["warnings"])


def convert_noise(folder):
    rate = SAMPLE_RATE
    noise = np.random.default_rng(1).normal(0, 0.05, 3 * rate)
    wavfile.write(folder / "noise.wav", rate, (noise * 32767).astype(np.int16))
    return folder / "noise.wav"


def test_a_reel_of_a_video_fades_between_its_pictures(tree, talk, tmp_path):
    media, words = talk
    film = clip(tmp_path / "film.mkv", media, float(words[-1].end) + 0.5)
    convert(film, tree.inbox / "talk.mp4", "-c", "copy")
    transcript(tree.inbox / "talk.json", words)
    folder, _ = bundle_of(tree, seconds="12", only="true")
    _, pcm = wavfile.read(media)
    check_reel(folder, "talk.highlights", 12, words, pcm.astype(float))


def test_an_interrupted_job_goes_on_with_the_same_reels(tree, talk):
    drop(tree, talk)
    tree.settings |= {"highlights.seconds": "10", "video.size": "1280x720"}
    with tree.start() as service:
        service.wait_for("stage.finished", stage="caption")
        hidden = next(tree.outbox.glob(".building-*/talk.highlights.json"), None)
        before = hidden.read_text() if hidden else ""
        service.stop()
    status, log = tree.once()
    assert status == 0 and events(log, "job.done")
    assert before and (tree.outbox / "talk" / "talk.highlights.json").read_text() == before


def test_links_of_a_summary_follow_a_bundle_that_gets_a_number(tree, talk):
    (tree.outbox / "talk").mkdir()
    (tree.outbox / "talk" / "mine.txt").write_text("here before")
    drop(tree, talk)
    tree.settings |= {"highlights.summary": "true"}
    assert tree.once()[0] == 0
    text = (tree.outbox / "talk-2" / "summary.md").read_text()
    assert "](talk-2.mp4#t=" in text and "talk.mp4" not in text
