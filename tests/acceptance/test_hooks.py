"""Commands of a person's that the real service runs when something has happened."""

import json
import sys

from tests.support.media import speech, transcript
from tests.support.service import events

NOTE = "import json, sys; open(sys.argv[1], 'a').write(json.dumps(sys.argv[2:]) + '\\n')"


def drop(tree, name="talk"):
    words = speech(tree.folder / f"{name}.wav")
    transcript(tree.inbox / f"{name}.json", words)
    (tree.folder / f"{name}.wav").rename(tree.inbox / f"{name}.wav")


def hook(tree, *arguments):
    return json.dumps([sys.executable, "-c", NOTE, str(tree.folder / "told"), *arguments])


def told(tree):
    return [json.loads(line) for line in (tree.folder / "told").read_text().splitlines()]


def test_what_is_done_and_what_failed_is_told_to_commands(tree):
    tree.settings["hooks.on_done"] = hook(tree, "done", "{bundle}/{stem}.mp4", "{name}")
    tree.settings["hooks.on_failed"] = hook(tree, "failed", "{failed}", "{code}")
    drop(tree)
    (tree.inbox / "bad.mp3").write_text("no recording")
    status, log = tree.once()
    assert status == 1
    done, failed = sorted(told(tree))
    assert done == ["done", str(tree.outbox / "talk" / "talk.mp4"), "talk.wav"]
    assert failed[:2] == ["failed", str(tree.failed / "bad.mp3")]
    assert sorted(line["hook"] for line in events(log, "hook.finished")) == ["on_done", "on_failed"]


def test_a_command_that_fails_or_hangs_fails_no_job(tree):
    tree.settings["hooks.timeout_seconds"] = "1"
    for i, command in enumerate(('["/nowhere/hook"]', '["sleep", "600"]')):
        tree.settings["hooks.on_done"] = command
        drop(tree, f"talk{i}")
        status, log = tree.once()
        assert status == 0 and events(log, "job.done")
        assert events(log, "hook.failed")[0]["file"] == f"talk{i}.wav"
