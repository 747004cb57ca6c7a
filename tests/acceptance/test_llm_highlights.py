"""A language model that chooses highlights, asked by the real service over real HTTP."""

import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest

from tests.acceptance.test_highlights import bundle_of, drop, seconds, talk
from tests.support.chat import answer, breaks, chat, closes, drips, fails, hangs, says
from tests.support.media import transcript
from tests.support.service import events

__all__ = ["talk"]  # the recording
pytestmark = pytest.mark.torch
KEY = "sk-loopback-0123456789"
GOOD = answer((1, 2), (5, 7), (9, 9), title="Reefs <b>{\\b1}", summary="What reefs are. " * 3)

# What may go wrong, and whether the clips are the model's in the end.
ODD = {
    "fenced": (says("```json\n" + json.dumps(GOOD) + "\n```"), "llm"),
    "overlapping": (says(json.dumps(answer((1, 4), (3, 6), (9, 10)))), "llm"),
    "outside": (says(json.dumps(answer((1, 2), (70, 99)))), "llm"),
    "truncated": (says(json.dumps(GOOD)[:-40]), "extractive"),
    "empty": (says(""), "extractive"),
    "prose": (says("I would rather talk about the weather."), "extractive"),
    "endless": (says("a" * 10_000_000), "extractive"),
}
FAILURES = {
    "refused": (fails(401), "extractive"),
    "busy": (fails(429, Retry_After="3600"), "extractive"),
    "broken": (fails(500), "extractive"),
    "closed": (closes, "extractive"),
    "half": (breaks, "extractive"),
}
LATE = {"hangs": (hangs, "extractive"), "drips": (drips, "extractive")}


@pytest.fixture
def server(tree, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with chat() as server:
        tree.settings |= {
            "llm.model": "openai/test",
            "llm.api_base": server.base,
            "llm.timeout_seconds": "20",
            "llm.retries": "0",
            "highlights.seconds": "14",
        }
        yield server


def everything(tree, log):
    texts = [json.dumps(log)]
    texts += [p.read_text(errors="replace") for p in tree.folder.rglob("*") if p.is_file()]
    return "".join(texts)


def chapters_of(path):
    command = ["ffprobe", "-v", "error", "-show_chapters", "-of", "json", str(path)]
    told = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return [(float(c["start_time"]), c["tags"]["title"]) for c in told["chapters"]]


def test_clips_title_chapters_and_summary_are_those_of_the_model(tree, talk, server):
    server.does(says("Here you are:\n```json\n" + json.dumps(GOOD) + "\n```"))
    drop(tree, talk)
    status, log = tree.once()
    assert status == 0
    folder = tree.outbox / "talk"
    manifest = json.loads((folder / "manifest.json").read_text())
    told = manifest["highlights"]
    assert told["chosen_by"] == "llm" and told["llm"]["requests"] == 1
    assert (told["llm"]["provider"], told["llm"]["prompt_tokens"]) == ("openai", 100)
    assert manifest["title"].startswith("Reefs ") and manifest["suggested_name"] == "a-name"
    assert not set(manifest["title"]) & set("<>{}\\")
    reel = json.loads((folder / "talk.highlights.json").read_text())
    theirs = [clip for clip in reel["clips"] if clip["chosen_by"] == "llm"]
    assert theirs and {clip["title"] for clip in theirs} <= {"Clip 0", "Clip 1", "Clip 2"}
    assert all(clip["sentences"] in ([1, 2], [5, 6, 7], [9]) for clip in theirs)
    assert 0.9 * 14 <= reel["seconds"] <= 14
    titled = [(c["output_start"], c["title"]) for c in reel["clips"] if c["title"]]
    assert len(titled) > 1
    assert chapters_of(folder / "talk.highlights.mp4") == [(0.0, titled[0][1]), *titled[1:]]
    summary = (folder / "summary.md").read_text()
    assert summary.startswith(f"# {manifest['title']}\n") and "What reefs are." in summary
    [asked] = server.requests
    assert "sugar from sunlight" in json.dumps(asked)
    assert "0.6" not in asked["messages"][1]["content"]  # no times
    assert server.keys == [f"Bearer {KEY}"] and KEY not in everything(tree, log)


def test_an_answer_is_asked_for_once_only(tree, talk, server):
    server.does(says(json.dumps(GOOD)))
    drop(tree, talk)
    assert tree.once()[0] == 0
    drop(tree, talk)
    tree.settings["video.title"] = "Another look"
    assert tree.once()[0] == 0
    assert len(server.requests) == 1
    manifest = json.loads((tree.outbox / "talk-2" / "manifest.json").read_text())
    assert manifest["highlights"]["llm"]["cached"] is True


@pytest.mark.parametrize(
    ("cases", "timeout"), [(ODD, 20), (FAILURES, 20), (LATE, 2)], ids=["odd", "failures", "late"]
)
def test_whatever_the_model_answers_each_recording_gets_its_reel(
    tree, talk, server, cases, timeout
):
    """All of them in one service: none spoils the next one."""
    media, words = talk

    def behave(handler, body):
        cases[re.search(r"case-(\w+)", json.dumps(body))[1]][0](handler, body)

    server.does(behave)
    for name in cases:
        shutil.copyfile(media, tree.inbox / f"{name}.wav")
        said = [replace(words[0], text=f"Case-{name}".lower()), *words[1:]]
        transcript(tree.inbox / f"{name}.json", said)
    tree.settings |= {
        "highlights.only": "true",
        "llm.timeout_seconds": str(timeout),
        "video.size": "128x72",
        "video.waveform": "none",
    }
    status, log = tree.once()
    assert status == 0 and tree.names("failed") == []
    for name, (_, chosen_by) in cases.items():
        folder = tree.outbox / name
        told = json.loads((folder / "manifest.json").read_text())["highlights"]
        assert (name, told["chosen_by"]) == (name, chosen_by)
        assert chosen_by == "llm" or "language model" in told["why"]
        reel = json.loads((folder / f"{name}.highlights.json").read_text())
        assert 0.9 * 14 <= reel["seconds"] <= 14
        assert abs(seconds(folder / f"{name}.highlights.mp4")["video"] - reel["seconds"]) <= 1 / 30
    assert len(events(log, "job.done")) == len(cases)


def test_a_wrong_key_is_told_but_not_the_key(tree, talk, server):
    server.does(fails(401, f"wrong key {KEY}"))
    drop(tree, talk)
    folder, manifest = bundle_of(tree)
    assert manifest["highlights"]["chosen_by"] == "extractive"
    why = manifest["highlights"]["why"]
    assert why.count("language model") == 1
    assert any(why in line for line in manifest["warnings"])
    assert manifest["highlights"]["llm"]["requests"] >= 1
    assert (folder / "talk.highlights.mp4").exists() and KEY not in everything(tree, [])


def test_of_an_answer_that_is_wrong_twice_what_is_right_is_used_and_told(tree, talk, server):
    wrong = GOOD | {"chapters": [{"sentence": 99, "title": "Nowhere"}]}
    wrong["clips"] = [*wrong["clips"][:2], {**wrong["clips"][2], "start": 1.5}]
    server.does(says(json.dumps(wrong)))
    drop(tree, talk)
    folder, manifest = bundle_of(tree)
    told = manifest["highlights"]
    assert told["chosen_by"] == "llm" and told["llm"]["requests"] == 2
    assert told["parts"]["clips"] == told["parts"]["title"] == "llm"
    assert "chapters[0].sentence: 99 is not the id" in told["why"]
    assert any(told["why"] in line for line in manifest["warnings"])
    reel = json.loads((folder / "talk.highlights.json").read_text())
    of_model = [clip["sentences"] for clip in reel["clips"] if clip["chosen_by"] == "llm"]
    assert any({1, 2} <= set(ids) for ids in of_model)  # it may take in a sentence beside them


def test_an_answer_without_any_clip_has_said_the_rest(tree, talk, server):
    server.does(says(json.dumps(GOOD | {"clips": []})))
    drop(tree, talk)
    folder, manifest = bundle_of(tree)
    told = manifest["highlights"]
    assert (told["chosen_by"], told["parts"]["title"]) == ("extractive", "llm")
    assert "clips: hold 0 sentences together" in told["why"] and told["llm"]["requests"] == 2
    reel = json.loads((folder / "talk.highlights.json").read_text())
    assert {clip["chosen_by"] for clip in reel["clips"]} == {"extractive"}
    assert "What reefs are." in (folder / "summary.md").read_text()


def test_where_an_answer_is_required_the_job_waits_for_it(tree, talk, server):
    server.does(fails(503), says(json.dumps(GOOD)))
    tree.settings["llm.required"] = "true"
    drop(tree, talk)
    with tree.start() as service:
        assert service.wait_for("job.retry")["code"] == "llm"
        service.wait_for("job.done")
    manifest = json.loads((tree.outbox / "talk" / "manifest.json").read_text())
    assert manifest["highlights"]["chosen_by"] == "llm"
    assert tree.names("failed") == []


def test_a_job_beyond_its_budget_is_done_without_the_model(tree, talk, server):
    tree.settings["llm.tokens_per_job"] = "50"
    drop(tree, talk)
    _, manifest = bundle_of(tree)
    assert "llm.tokens_per_job" in manifest["highlights"]["why"] and server.requests == []


def test_without_a_model_litellm_is_never_loaded(tree, talk):
    drop(tree, talk)
    tree.settings["highlights.seconds"] = "10"
    status, log = tree.once()
    assert status == 0 and events(log, "job.done")
    code = (
        "import sys, karaokify_daemon.service.cli, karaokify_daemon.pipeline.run, "
        "karaokify_daemon.pipeline.digesting; assert 'litellm' not in sys.modules"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
