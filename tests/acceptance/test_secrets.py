"""What the environment holds in confidence is nowhere in what a run leaves, says or starts."""

import subprocess
from pathlib import Path

import psutil
import pytest

from tests.support.media import speech, transcript

pytestmark = pytest.mark.torch

SECRET = "sk-0123456789-do-not-tell"
NAMES = ("OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY", "HF_TOKEN", "SMTP_PASSWORD")


def test_secrets_are_in_no_file_log_title_or_child(tree, monkeypatch):
    for name in NAMES:
        monkeypatch.setenv(name, SECRET)
    monkeypatch.setenv("KARAOKIFY_NOTIFY_URLS", f"json://user:{SECRET}@127.0.0.1:1/{SECRET}")
    tree.settings |= {"video.size": "1280x720", "log.level": "debug"}
    words = speech(tree.folder / "talk.wav", " ".join(["Hello world."] * 8))
    transcript(tree.inbox / "talk.json", words)
    (tree.inbox / "bad.mp3").write_text("This is no recording.")
    speech(tree.inbox / "heard.wav", "Hello world.")  # by the worker
    (tree.folder / "talk.wav").rename(tree.inbox / "talk.wav")
    with tree.start() as service:
        service.wait_for("stage.finished", stage="caption", file="talk.wav")
        titles, environments = _of_children(service.process.pid)
        for name in ("talk.wav", "heard.wav"):
            service.wait_for("job.done", file=name)
        service.wait_for("job.failed", file="bad.mp3")
    assert environments, "FFmpeg was to be seen at work"
    assert SECRET not in str(titles) + str(environments) + str(service.log)
    files = [path for path in tree.folder.rglob("*") if path.is_file()]
    assert {"journal.sqlite3", "manifest.json", "bad.mp3.error.json"} <= {p.name for p in files}
    assert [path for path in files if SECRET.encode() in path.read_bytes()] == []


def _of_children(pid: int) -> tuple[list[list[str]], list[bytes]]:
    """Return the titles of a service and its children, and the environments of FFmpeg's."""
    titles, environments = [], []
    while not environments:
        for child in psutil.Process(pid).children(recursive=True):
            try:
                titles.append(child.cmdline())
                if child.name() == "ffmpeg":
                    environments.append(Path(f"/proc/{child.pid}/environ").read_bytes())
            except (psutil.NoSuchProcess, OSError):
                continue
    return [*titles, psutil.Process(pid).cmdline()], environments


def test_private_folders_and_files_are_private_and_bundles_as_configured(tree):
    tree.settings["publish.mode"] = "0640"
    words = speech(tree.inbox / "talk.wav", "Hello world.")
    transcript(tree.inbox / "talk.json", words)
    subprocess.run(["chmod", "0755", tree.state, tree.cache], check=True)
    assert tree.once()[0] == 0
    for folder in (tree.state, tree.cache):
        open_to_others = [p for p in folder.rglob("*") if p.stat().st_mode & 0o077]
        reachable = [p for p in open_to_others if not _is_shut_off(p, folder)]
        assert reachable == [], folder
    bundle = tree.outbox / "talk"
    modes = {oct(path.stat().st_mode & 0o777) for path in bundle.iterdir()}
    assert (modes, oct(bundle.stat().st_mode & 0o777)) == ({"0o640"}, "0o750")


def _is_shut_off(path: Path, top: Path) -> bool:
    parents = [p for p in path.parents if p == top or top in p.parents]
    return any(not p.stat().st_mode & 0o077 for p in parents)
