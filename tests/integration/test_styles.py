"""The command `styles`, and styles that are not there."""

import json

import pytest

from tests.support.frames import frames
from tests.support.media import speech, transcript
from tests.support.service import Tree, run_cli


def test_styles_are_listed_those_of_the_users_own_are_marked(tmp_path):
    (tmp_path / "mine.toml").write_text('description = "Mine."\nmode = "color"\n')
    done = run_cli("styles", "--set", f"video.styles={tmp_path}")
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and len(lines) >= 11
    assert "mine           Mine. (your own)" in lines


def test_a_preview_has_a_video_of_each_and_a_picture_of_all(tmp_path):
    names = [line.split()[0] for line in run_cli("styles").stdout.splitlines()]
    sizes = ("--set", "video.size=160x90", "--set", "video.fps=5")
    done = run_cli("styles", "--preview", tmp_path / "out", *sizes)
    assert done.returncode == 0, done.stderr
    made = {path.name: path.stat().st_size for path in (tmp_path / "out").iterdir()}
    assert set(made) == {"styles.png", *(f"{name}.mp4" for name in names)}
    assert all(made.values())
    (sheet,) = frames(tmp_path / "out" / "styles.png", 3 * 640 + 4 * 8, 4 * 360 + 5 * 8)
    assert (sheet > 200).any(), "titles, at least, are white"


@pytest.mark.parametrize("where", ["video", "presets.shorts"])
def test_a_service_whose_style_is_unknown_does_not_start(tmp_path, where):
    tree = Tree(tmp_path / "tree", **{f"{where}.style".replace(".", "__"): "swep"})
    done = run_cli(*tree.arguments(), "--once")
    assert done.returncode == 2 and "did you mean 'sweep'" in done.stderr


def test_a_job_whose_style_is_unknown_fails_with_those_that_there_are(tmp_path):
    tree = Tree(tmp_path / "tree")
    transcript(tree.inbox / "talk.json", speech(tree.inbox / "talk.wav", "Hello."))
    (tree.inbox / "talk.toml").write_text('style = "swep"')
    assert tree.once()[0] == 1
    reason = json.loads((tree.failed / "talk.wav.error.json").read_text())
    assert reason["code"] == "bad_sidecar" and "did you mean 'sweep'" in reason["problem"]


def test_a_style_that_was_changed_makes_another_bundle(tmp_path):
    tree = Tree(tmp_path / "tree", video__style="mine", video__styles=str(tmp_path))
    for color in ("#FF0000", "#00FF00"):
        style = f'description = "Mine."\nmode = "color"\nhighlight = "{color}"\n'
        (tmp_path / "mine.toml").write_text(style)
        transcript(tree.inbox / "talk.json", speech(tree.inbox / "talk.wav", "Hello."))
        assert tree.once()[0] == 0
    assert tree.names("outbox") == ["talk", "talk-2"]


def test_a_style_that_is_gone_costs_time_and_no_recording(tmp_path):
    tree = Tree(tmp_path / "tree", video__style="mine", video__styles=str(tmp_path))
    (tmp_path / "mine.toml").write_text('description = "Mine."\nmode = "color"\n')
    with tree.start() as service:
        service.wait_for("inbox.watched")
        (tmp_path / "mine.toml").rename(tmp_path / "away")
        transcript(tree.inbox / "talk.json", speech(tree.inbox / "talk.wav", "Hello."))
        assert service.wait_for("job.retry")["code"] == "machine"
        (tmp_path / "away").rename(tmp_path / "mine.toml")
        service.wait_for("job.done")
