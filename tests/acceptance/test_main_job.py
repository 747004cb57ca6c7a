"""Drop a recording into the inbox of the real service, find the bundle in its outbox."""

import json
import re
import subprocess
from pathlib import Path

import pysubs2
import pytest

from tests.support.media import SENTENCE, clip, convert, picture, speech, transcript
from tests.support.service import Service, Tree, events

pytestmark = pytest.mark.torch

BUNDLE = [
    "contact.jpg",
    "manifest.json",
    "poster.jpg",
    "talk.ass",
    "talk.json",
    "talk.lrc",
    "talk.mp4",
    "talk.srt",
    "talk.ttml",
    "talk.txt",
    "talk.ultrastar.txt",
    "talk.vtt",
]


def probe(path):
    command = ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", str(path)]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def drop(tree: Tree, name: str, text: str = SENTENCE):
    """Speak into a file beside the inbox, then move it in whole."""
    waiting = tree.folder / name
    words = speech(waiting, text)
    waiting.rename(tree.inbox / name)
    return words


def test_a_recording_becomes_a_bundle_and_moves_to_the_archive(tree):
    with tree.start() as service:
        service.wait_for("service.started")
        drop(tree, "talk.wav")
        done = service.wait_for("job.done")
        assert tree.names("outbox") == ["talk"]
        assert sorted(p.name for p in (tree.outbox / "talk").iterdir()) == BUNDLE
        assert tree.names("archive") == ["talk.wav"]
        assert tree.names("inbox") == [] and tree.names("failed") == []
        assert (
            done["words"] == len(SENTENCE.split()) and done["file"] == "talk.wav" and done["job_id"]
        )

        drop(tree, "again.wav", "Hello world. Welcome to our story.")
        service.wait_for("job.done", file="again.wav")
        assert len(events(service.log, "worker.started")) == 1, "the model stays resident"
    assert tree.hidden("inbox") == [] and tree.hidden("outbox") == []


def test_a_bundle_holds_what_was_said_in_every_form(tree):
    drop(tree, "talk.wav")
    status, log = tree.once()
    assert status == 0
    folder = tree.outbox / "talk"
    said = json.loads((folder / "talk.json").read_text())
    assert said["text"] == SENTENCE
    assert said["segments"][0]["words"][0].keys() >= {"text", "start", "end", "confidence"}
    for name in ("talk.srt", "talk.vtt", "talk.ass", "talk.ttml"):
        lines = (event.plaintext for event in pysubs2.load(str(folder / name)))
        text = re.sub(r"<[^>]*>", "", " ".join(lines))  # WebVTT has a time before each word
        assert SENTENCE in " ".join(text.split()), name
    assert (folder / "talk.txt").read_text() == SENTENCE + "\n"
    assert "#MP3:talk.mp4" in (folder / "talk.ultrastar.txt").read_text()
    assert "[ti:talk]" in (folder / "talk.lrc").read_text()
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["source"]["name"] == "talk.wav" and manifest["warnings"] == []
    assert manifest["timings_seconds"].keys() >= {"decode", "transcribe", "render"}
    assert manifest["model"]["model"] == "demo"
    shown = [
        stream
        for stream in probe(folder / "talk.mp4")["streams"]
        if not stream["disposition"]["attached_pic"]
    ]
    streams = {stream["codec_type"]: stream for stream in shown}
    assert streams["video"]["codec_name"] == "h264" and streams["video"]["pix_fmt"] == "yuv420p"
    assert streams["audio"]["codec_name"] == "aac"
    (line,) = events(log, "job.done")
    assert line["stages"].keys() == set(manifest["timings_seconds"]) | {"publish"}


def test_what_is_published_gives_the_same_words_again(tree):
    words = speech(tree.inbox / "talk.wav")
    transcript(tree.inbox / "talk.json", words)
    recording = (tree.inbox / "talk.wav").read_bytes()
    assert tree.once()[0] == 0
    first = tree.outbox / "talk"
    # A published name that is taken gets a number, and so do those that a file refers to.
    again = {"vtt": ("ours", 0), "ttml": ("theirs", 0), "ultrastar.txt": ("talk", 0.006)}
    for ending, (name, _) in again.items():
        (tree.inbox / f"{name}.wav").write_bytes(recording)
        (tree.inbox / f"{name}.{ending}").write_bytes((first / f"talk.{ending}").read_bytes())
    status, log = tree.once()
    assert status == 0 and not events(log, "worker.started"), log
    said = json.loads((first / "talk.json").read_text())
    for ending, (name, tolerance) in again.items():
        stem = "talk-2" if name == "talk" else name
        same = json.loads((tree.outbox / stem / f"{stem}.json").read_text())
        assert same["text"] == said["text"] == SENTENCE, ending
        for one, other in zip(words_of(said), words_of(same), strict=True):
            assert abs(one["start"] - other["start"]) <= tolerance, ending
    song = tree.outbox / "talk-2" / "talk-2.ultrastar.txt"
    assert "#MP3:talk-2.mp4\n" in song.read_text()


def words_of(said):
    """Return the words of a transcript as it is published."""
    return [word for segment in said["segments"] for word in segment["words"]]


def test_sidecars_give_picture_words_and_options(tree):
    words = speech(tree.inbox / "talk.wav")
    transcript(tree.inbox / "talk.json", words)
    picture(tree.inbox / "talk.png")
    (tree.inbox / "talk.toml").write_text('title = "A title {x} \\\\N"\nsize = "160x284"\n')
    status, log = tree.once()
    assert status == 0, log
    manifest = json.loads((tree.outbox / "talk" / "manifest.json").read_text())
    assert manifest["model"] == {"model": "sidecar"} and not events(log, "worker.started")
    assert manifest["options"]["video"]["size"] == "160x284"
    assert manifest["sidecars"].keys() == {"background", "transcript", "options"}
    assert tree.names("archive") == ["talk.json", "talk.png", "talk.toml", "talk.wav"]
    video = probe(tree.outbox / "talk" / "talk.mp4")["streams"][0]
    assert (video["width"], video["height"]) == (160, 284)


def test_a_preset_folder_applies_its_preset(tree):
    with tree.config.open("a") as file:
        file.write('\n[presets.tall]\nsize = "90x160"\ntitle = ""\n')
    (tree.inbox / "tall").mkdir()
    words = speech(tree.inbox / "tall" / "talk.wav")
    transcript(tree.inbox / "tall" / "talk.json", words)
    status, log = tree.once()
    assert status == 0, log
    assert json.loads((tree.outbox / "talk" / "manifest.json").read_text())["preset"] == "tall"
    assert probe(tree.outbox / "talk" / "talk.mp4")["streams"][0]["width"] == 90


def test_every_kind_of_input_becomes_a_bundle(tree):
    words = speech(tree.folder / "talk.wav", "Hello world.")
    kinds = "wav mp3 flac m4a aac ogg opus mp4 mov mkv webm".split()
    for kind in kinds:
        target = tree.inbox / f"in-{kind}.{kind}"
        if kind in ("mp4", "mov", "mkv", "webm"):
            clip(target, tree.folder / "talk.wav", seconds=2)
        else:
            convert(tree.folder / "talk.wav", target)
        transcript(target.with_suffix(".json"), words)
    status, log = tree.once()
    assert status == 0, [line for line in log if line["event"] == "job.failed"]
    assert tree.names("outbox") == sorted(f"in-{kind}" for kind in kinds)


def test_two_sources_of_one_stem_never_overwrite_each_other(tree):
    words = speech(tree.inbox / "talk.wav", "Hello world.")
    convert(tree.inbox / "talk.wav", tree.inbox / "talk.flac")
    transcript(tree.inbox / "talk.json", words)
    status, log = tree.once()
    assert status == 0, log
    assert tree.names("outbox") == ["talk", "talk-2"]
    assert (tree.outbox / "talk-2" / "talk-2.mp4").exists()
    # Done at the same moment, both take their common sidecar along, the second as talk-2.
    kinds = [Path(name).suffix for name in tree.names("archive")]
    assert sorted(set(kinds)) == [".flac", ".json", ".wav"] and kinds.count(".wav") == 1
    assert tree.names("inbox") == []


def test_the_same_content_with_the_same_options_is_published_once(tree):
    drop(tree, "talk.wav", "Hello world.")
    assert tree.once()[0] == 0
    (tree.archive / "talk.wav").rename(tree.inbox / "talk.wav")
    status, log = tree.once()
    assert status == 0
    assert events(log, "job.done")[0]["published"] is False
    assert tree.names("outbox") == ["talk"] and tree.names("inbox") == []


def test_a_renamed_recording_is_not_recognised_again(tree):
    drop(tree, "talk.wav", "Hello world.")
    assert tree.once()[0] == 0
    convert(tree.archive / "talk.wav", tree.inbox / "other.flac")
    status, log = tree.once()
    assert status == 0
    assert events(log, "job.done")[0]["cache_hit"] and not events(log, "worker.started")


@pytest.mark.parametrize("after", ["delete", "keep"])
def test_sources_are_deleted_or_kept_as_configured(tree, after):
    words = speech(tree.inbox / "talk.wav", "Hello world.")
    transcript(tree.inbox / "talk.json", words)
    tree.settings["intake.after_success"] = after
    assert tree.once()[0] == 0
    assert tree.names("archive") == []
    assert tree.names("inbox") == ([] if after == "delete" else ["talk.json", "talk.wav"])
    status, log = tree.once()
    assert status == 0 and not events(log, "job.claimed")


def test_sigterm_in_the_middle_leaves_the_source_and_the_next_start_finishes(tree):
    text = " ".join(["The quick brown fox jumps over the lazy dog."] * 6)
    with tree.start() as service:
        service.wait_for("service.started")
        drop(tree, "talk.wav", text)
        service.wait_for("worker.started")
        assert service.stop() == 0
    assert tree.names("inbox") == ["talk.wav"] and tree.names("outbox") == []
    assert tree.hidden("inbox") == [] and tree.hidden("outbox") == []
    assert tree.once()[0] == 0
    assert tree.names("outbox") == ["talk"]


def test_two_services_share_one_inbox_and_do_nothing_twice(tree):
    words = speech(tree.folder / "talk.wav", "Hello world.")
    names = [f"talk{i:02}" for i in range(12)]
    for name in names:
        transcript(tree.inbox / f"{name}.json", words)
        convert(tree.folder / "talk.wav", tree.inbox / f"{name}.wav", "-metadata", f"title={name}")
    arguments = [*tree.arguments(), "--once"]
    with Service(arguments) as one, Service(arguments) as two:
        log = one.to_the_end() + two.to_the_end()
    done = events(log, "job.done")
    assert sorted(line["file"] for line in done) == [f"{name}.wav" for name in names]
    assert all(line["published"] for line in done)
    assert tree.names("outbox") == names and tree.names("inbox") == []
    assert tree.hidden("inbox") == [] and tree.hidden("outbox") == []


def test_a_recording_of_one_frame_has_a_poster(tree):
    transcript(tree.inbox / "talk.json", speech(tree.inbox / "talk.wav", "Hello."))
    tree.settings["video.fps"] = "1"
    assert tree.once()[0] == 0
    assert (tree.outbox / "talk" / "poster.jpg").stat().st_size > 500
