"""Known text beside a recording: the user's words, and the times that the model finds."""

import json
import shutil

import pytest

from tests.support.media import SENTENCE, speech
from tests.support.service import events

pytestmark = pytest.mark.torch

SAID = f"{SENTENCE} Hello world. Welcome to our story."


def bundle(tree, name="talk"):
    transcript = json.loads((tree.outbox / name / f"{name}.json").read_text())
    manifest = json.loads((tree.outbox / name / "manifest.json").read_text())
    return transcript, manifest


def words(transcript):
    return [word for segment in transcript["segments"] for word in segment["words"]]


def drop(tree, texts):
    """Speak a recording into the inbox behind its sidecars; return when each word is heard."""
    waiting = tree.folder / "talk.wav"
    truth = speech(waiting, SAID)
    for ending, text in texts.items():
        (tree.inbox / f"talk.{ending}").write_text(text)
    waiting.rename(tree.inbox / "talk.wav")
    return truth


def test_the_users_words_have_the_times_of_what_was_heard(tree):
    text = f"[Intro]\n{SENTENCE}\n\nHELLO, World!\nWelcome to our (hi)story.\n"
    truth = drop(tree, {"txt": text})
    status, log = tree.once()
    assert status == 0, log
    transcript, manifest = bundle(tree)
    found = words(transcript)
    assert [w["text"] for w in found] == text.replace("[Intro]", "").split()
    assert len(transcript["segments"]) == 3 and transcript["lines"]
    errors = [abs(w["start"] - t.start) for w, t in zip(found, truth, strict=True)]
    assert sum(errors) / len(errors) < 0.1 and max(errors) < 0.4
    assert manifest["text"] == {"words": 15, "recognised": 15, "unplaced": 0}
    assert manifest["sidecars"]["text"]["name"] == "talk.txt" and manifest["warnings"] == []
    assert tree.names("archive") == ["talk.txt", "talk.wav"] and tree.names("inbox") == []
    assert "HELLO, World!" in (tree.outbox / "talk" / "talk.srt").read_text().replace("\n", " ")


def test_another_text_of_the_same_recording_is_not_recognised_again(tree):
    drop(tree, {"txt": SAID})
    assert tree.once()[0] == 0
    text = SAID.upper() + "\nAnd a verse that nobody has ever sung in this recording."
    (tree.inbox / "talk.txt").write_text(text)
    shutil.copy(tree.archive / "talk.wav", tree.inbox / "talk.wav")
    status, log = tree.once()
    assert status == 0
    assert [line["cache_hit"] for line in events(log, "job.done")] == [True]
    transcript, manifest = bundle(tree, "talk-2")
    assert words(transcript)[0]["text"] == "THE"
    assert manifest["text"]["unplaced"] == 11
    (warning,) = manifest["warnings"]
    assert "11 of the 26 words of talk.txt" in warning and "line 2" in warning


def test_a_text_of_something_else_fails_with_the_reason(tree):
    drop(tree, {"txt": "colourless green ideas sleep furiously beneath another heaven " * 3})
    status, _ = tree.once()
    assert status == 1 and tree.names("outbox") == []
    error = json.loads((tree.failed / "talk.wav.error.json").read_text())
    assert error["code"] == "bad_sidecar" and error["file"] == "talk.txt"
    assert "hardly the text of this recording" in error["problem"]


def test_lrc_keeps_its_times_and_needs_no_model_where_its_words_have_them(tree):
    tree.settings["transcribe.model"] = "/no/such/model.pt"
    lrc = "[00:00.50]<00:00.50>Every <00:01.00>word <00:01.60>has <00:02.00>one<00:02.40>\n"
    drop(tree, {"lrc": lrc, "txt": "not used"})
    tree.settings["transcribe.model"] = "demo"
    status, log = tree.once()
    assert status == 0 and events(log, "worker.started") == []
    transcript, _ = bundle(tree)
    assert [(w["text"], w["start"]) for w in words(transcript)] == [
        ("Every", 0.5),
        ("word", 1.0),
        ("has", 1.6),
        ("one", 2.0),
    ]


def test_lines_of_lrc_are_when_they_say(tree):
    truth = drop(tree, {})
    (tree.inbox / "talk.wav").rename(tree.folder / "talk.wav")
    middle = truth[9].start - 0.1
    lrc = (
        f"[ti:A song]\n[00:00.00]{SENTENCE}\n[00:{middle:05.2f}]Hello world, welcome to our story\n"
    )
    (tree.inbox / "talk.lrc").write_text(lrc)
    (tree.folder / "talk.wav").rename(tree.inbox / "talk.wav")
    assert tree.once()[0] == 0
    transcript, _ = bundle(tree)
    first, second = transcript["segments"]
    assert first["end"] <= middle + 0.02 and second["start"] >= middle - 0.02
    errors = [abs(w["start"] - t.start) for w, t in zip(words(transcript), truth, strict=True)]
    assert sum(errors) / len(errors) < 0.1


def test_an_edited_transcript_beside_the_recording_is_rendered_without_recognition(tree):
    drop(tree, {})
    assert tree.once()[0] == 0
    transcript, _ = bundle(tree)
    transcript["segments"][0]["words"][0]["text"] = "Edited"
    drop(tree, {"json": json.dumps(transcript)})
    status, log = tree.once()
    assert status == 0 and events(log, "worker.started") == []
    edited, manifest = bundle(tree, "talk-2")
    assert words(edited)[0]["text"] == "Edited" and len(words(edited)) == len(words(transcript))
    assert manifest["model"] == {"model": "sidecar"}


def test_a_published_lrc_comes_back_with_its_words_and_times(tree):
    drop(tree, {})
    assert tree.once()[0] == 0
    before = words(bundle(tree)[0])
    drop(tree, {"lrc": (tree.outbox / "talk" / "talk.lrc").read_text()})
    status, log = tree.once()
    assert status == 0 and events(log, "worker.started") == []
    after = words(bundle(tree, "talk-2")[0])
    assert [w["text"] for w in after] == [w["text"] for w in before]
    assert all(abs(a["start"] - b["start"]) <= 0.011 for a, b in zip(after, before, strict=True))
