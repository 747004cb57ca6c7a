"""One job in a tree of its own, run with a fault; and what must be true of it afterwards."""

import hashlib
import json
import signal
import subprocess
from pathlib import Path

from tests.support.service import COMMAND, Tree

# What changes something on a disk, and neither FFmpeg nor its libraries do: a kill of theirs is
# another fault. strace counts each of them by itself.
CALLS = (
    "rename linkat symlink unlink unlinkat rmdir mkdir chmod fchmod utimensat "
    "flock fsync fdatasync ftruncate pwrite64"
).split()
BUNDLE = (
    "contact.jpg manifest.json poster.jpg talk.ass talk.json talk.lrc talk.mp4 talk.srt talk.ttml "
    "talk.txt talk.ultrastar.txt talk.vtt"
).split()
OF_REELS = (
    "summary.md talk.highlights.jpg talk.highlights.json talk.highlights.mp4 talk.highlights.srt "
    "talk.highlights.vtt"
).split()
PATIENCE_S = 120


class Attempt:
    """One tree, one job in it, one kill."""

    def __init__(
        self, folder: Path, recording: Path, *, recognise: bool = False, reels: bool = False
    ) -> None:
        self.tree = Tree(folder)
        self.trace, self.output = folder / "trace", ""
        self.tree.settings |= {"video.size": "64x64", "intake.settle_seconds": "0"}
        self.bundle = sorted(BUNDLE + OF_REELS * reels)
        if reels:
            self.tree.settings["highlights.seconds"] = "3"
        self.files = {
            path.name: path.read_bytes()
            for path in recording.iterdir()
            if not (recognise and path.suffix == ".json")
        }

    def drop(self) -> None:
        """Put the recording into the inbox of a service that has run before.

        So what a first start does, such as the unpacking of the model, is no point of the job.
        """
        assert self.run() == 0
        self.put()

    def put(self) -> None:
        """Put the recording into the inbox, its media last."""
        for name, content in self.files.items():
            (self.tree.inbox / name).write_bytes(content)

    def run(self, *before: str) -> int:
        """Run the service once, behind a command such as strace; return how it ended."""
        command = [*before, *COMMAND, *self.tree.arguments(), "--once"]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
        self.output = done.stdout + done.stderr
        return done.returncode

    @property
    def begun(self) -> bool:
        """Tell whether the job was begun in the last run."""
        return '"job.claimed"' in self.output

    def traced(self, call: str, what: str) -> list[str]:
        """Return the command that makes something happen at one of CALLS; `trace` tells of it."""
        of = ["-e", f"trace={call}", "-e", f"inject={call}:{what}"]
        return ["strace", "-f", "-qqq", "-o", str(self.trace), *of]

    def killed_after(self, seconds: float) -> bool:
        """Run it and kill it after some time; tell whether it still ran then."""
        command = [*COMMAND, *self.tree.arguments(), "--once"]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
        return process.returncode == -signal.SIGKILL

    def nothing_half_made(self) -> None:
        """Whatever can be seen at this moment is whole, and the recording is not lost."""
        for bundle in self.tree.names("outbox"):
            self.is_whole(self.tree.outbox / bundle)
        for name, content in self.files.items():
            places = [self.tree.folder / folder / name for folder in ("inbox", "archive")]
            contents = [path.read_bytes() for path in places if path.exists()]
            assert contents and set(contents) == {content}, name
        assert self.tree.names("failed") == []

    def is_done(self) -> None:
        """One bundle, the sources in the archive, nothing left over."""
        assert self.tree.names("outbox") == ["talk"]
        self.is_whole(self.tree.outbox / "talk")
        assert self.tree.names("inbox") == [] == self.tree.names("failed")
        assert self.tree.names("archive") == sorted(self.files)
        for name, content in self.files.items():
            assert (self.tree.archive / name).read_bytes() == content
        for folder in ("inbox", "outbox", "archive", "failed"):
            assert self.tree.hidden(folder) == [], folder
        assert list((self.tree.cache / "work").iterdir()) == []

    def is_whole(self, bundle: Path) -> None:
        assert sorted(path.name for path in bundle.iterdir()) == self.bundle
        manifest = json.loads((bundle / "manifest.json").read_text())
        assert manifest["source"]["sha256"] == _sha256(self.files["talk.wav"])
        command = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0"]
        told = subprocess.check_output([*command, str(bundle / "talk.mp4")], text=True)
        assert abs(float(told) - manifest["duration_seconds"]) < 0.05


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
