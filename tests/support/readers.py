"""What the readers of the pages have before they begin, and what they have in the end."""

import re
import shlex
import shutil
import sqlite3
import sysconfig
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from karaokify_daemon.adapters.files import claims
from karaokify_daemon.domain.names import is_media
from tests.support.docs import ROOT, wait_for
from tests.support.media import clip, convert, speech, transcript
from tests.support.web import free_port

PYTHON = "/usr/bin/python3"  # as pages say
DROP_INS = "/etc/systemd/system/karaokify-daemon.service.d"
OF_MACHINE = "docs/deployment/systemd.md: the machine"  # the part of that page that is for root


def left(shell):
    inbox = shell.karaoke / "inbox"
    return [path for path in inbox.iterdir() if is_media(path)] if inbox.exists() else []


def nothing(_shell):
    """Pages that need nothing else."""


def recordings(shell):
    """Put what pages call talk.mp3, and what belongs to it, where their reader is."""
    folder = shell.checkout
    words = speech(folder / "talk.wav", "Hello world.")
    convert(folder / "talk.wav", folder / "talk.mp3")
    transcript(folder / "words.json.given", words)
    (folder / "talk.toml").write_text('title = "My talk"\n')


def give_words(shell):
    """Let nothing be recognised where a page is about something else."""
    shutil.copy(shell.checkout / "words.json.given", shell.checkout / "talk.json")


def before_sound(shell):
    clip(shell.checkout / "talk.mp4", shell.checkout / "talk.wav", 1)


def before_reading(shell):
    (shell.checkout / "talk.srt").write_text("1\n00:00:01,000 --> 00:00:01,300\nHello.\n")


def before_commands(shell):
    give_words(shell)
    shutil.copy(shell.checkout / "talk.mp3", shell.karaoke / "inbox")
    shutil.move(shell.checkout / "talk.json", shell.karaoke / "inbox")


def before_unlock(shell):
    """Let another machine, which is gone, have claimed a recording."""
    media = shell.karaoke / "inbox" / "talk.mp3"
    shutil.copy(shell.checkout / "talk.mp3", media)
    claims._lock_path(media).write_text("4711\nstudio\n")
    assert claims.holder(media) == "process 4711 on studio"


def before_operations(shell):
    """Let a service run that has done something, with a log file."""
    config = shell.karaoke / "config.toml"
    text = config.read_text().replace('# file = "karaokify-daemon.log"', 'file = "service.log"')
    config.write_text(text)
    assert shell.run("karaokify-daemon install --user --yes").returncode == 0
    give_words(shell)
    for name in ("talk.json", "talk.mp3"):
        shutil.copy(shell.checkout / name, shell.karaoke / "inbox")
    wait_for((shell.karaoke / "outbox" / "talk").exists, "a bundle")
    wait_for(lambda: not left(shell), "an empty inbox")


def before_machine(shell):
    """Do what `make install` would by the network, and have the service small, as a test has it."""
    site = sysconfig.get_path("purelib")
    folder = "/opt/karaokify-daemon"
    program = f"#!{folder}/.venv/bin/python\nimport sys\n"
    program += "from karaokify_daemon.service.cli import main\n"
    program += "if __name__ == '__main__':\n    sys.exit(main())\n"
    small = ("MODEL_SIZE=demo", "GPU_ENABLED=false", "KARAOKIFY_VIDEO__SIZE=320x180")
    drop_in = "[Service]\n" + "".join(f"Environment={one}\n" for one in small)
    for text in (
        f"{PYTHON} -m venv --without-pip {folder}/.venv",
        f"printf '%s\\n' {site} {folder} >$(echo {folder}/.venv/lib/*/site-packages)/all.pth",
        f"cp .venv/.installed {folder}/.venv",
        f"printf %s {shlex.quote(program)} >{folder}/.venv/bin/karaokify-daemon",
        f"chmod 755 {folder}/.venv/bin/karaokify-daemon",
        f"mkdir -p {DROP_INS}",
        f"printf %s {shlex.quote(drop_in)} >{DROP_INS}/own.conf",
    ):
        done = shell.run(text)
        assert done.returncode == 0, done.stdout


def before_notifications(shell):
    """Let somebody be there who takes messages."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    config = shell.karaoke / "config.toml"
    address = f'urls = ["json://127.0.0.1:{server.server_port}/"]'
    config.write_text(re.sub("^urls = .*$", address, config.read_text(), flags=re.MULTILINE))


def before_web(shell):
    """Let a service run that has a page."""
    config = shell.karaoke / "config.toml"
    head, section, rest = config.read_text().partition("[web]\n")
    rest, count = re.subn("^port = 0$", f"port = {free_port()}", rest, count=1, flags=re.MULTILINE)
    assert section and count == 1
    config.write_text(head + section + rest)
    shell.start("karaokify-daemon run --config ~/karaoke/config.toml", "web.ready")


class Taking(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        """Say nothing."""


BEFORE = {
    "docs/notifications.md": before_notifications,
    "docs/web.md": before_web,
    OF_MACHINE: before_machine,
    "docs/sound.md": before_sound,
    "docs/reading.md": before_reading,
    "docs/folders.md": give_words,
    "docs/commands.md": before_commands,
    "docs/deployment/several-machines.md": before_unlock,
    "docs/operations.md": before_operations,
}


def after_readme(shell):
    assert (shell.checkout / "build/demo/outbox/welcome/welcome.mp4").stat().st_size > 10_000
    assert (shell.karaoke / "outbox/talk/talk.mp4").exists()
    assert (shell.karaoke / "archive/talk.mp3").exists()


def after_folders(shell):
    assert (shell.checkout / "talk/talk.mp4").exists()
    assert (shell.karaoke / "inbox/shorts").is_dir()


def after_models(shell):
    assert '"segments"' in (shell.checkout / "talk.json").read_text()


def after_commands(shell):
    assert (shell.checkout / "talk.mp4").exists()
    assert (shell.karaoke / "outbox/talk/talk.mp4").exists()


def after_styles(shell):
    names = {path.stem for path in (ROOT / "styles").glob("*.toml")} | {"styles"}
    assert {path.stem for path in (shell.checkout / "previews").iterdir()} == names


def after_unlock(shell):
    assert claims.holder(shell.karaoke / "inbox" / "talk.mp3") is None


def after_operations(shell):
    copy = sqlite3.connect(shell.home / "journal.backup")
    assert copy.execute("SELECT state FROM jobs").fetchall() == [("done",)]
    log = shell.karaoke / "service.log"
    wait_for(lambda: "journal.rebuilt" in log.read_text(), "a new journal, filled")


def after_machine(shell):
    assert shell.run("test -s /srv/karaokify/outbox/talk/talk.mp4").returncode == 0
    owner = shell.run("stat -c %U:%G /srv/karaokify/outbox/talk/talk.mp4").stdout
    assert owner == "karaokify:karaokify\n"
    assert shell.run("systemctl is-active karaokify-daemon").stdout == "inactive\n"


AFTER = {
    OF_MACHINE: after_machine,
    "README.md": after_readme,
    "docs/folders.md": after_folders,
    "docs/models.md": after_models,
    "docs/commands.md": after_commands,
    "docs/styles.md": after_styles,
    "docs/deployment/several-machines.md": after_unlock,
    "docs/operations.md": after_operations,
}
