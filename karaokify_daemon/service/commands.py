"""What each command does; `cli` names them. Heavy imports stay inside the commands."""

import argparse
import contextlib
import faulthandler
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from karaokify_daemon.adapters.files.durable import reported
from karaokify_daemon.adapters.files.identity import refuse_overwrite
from karaokify_daemon.config import Config, Folders, load
from karaokify_daemon.domain.names import printable
from karaokify_daemon.errors import ConfigError, KaraokifyError
from karaokify_daemon.service.operations import agreed

if TYPE_CHECKING:
    from karaokify_daemon.service.manual import Manual

_UNLOCK_ADVICE = "Add --yes if that process is dead."

# ruff: noqa: PLC0415 - a command pays for what it uses only: torch alone takes seconds


def init(arguments: argparse.Namespace) -> int:
    """`karaokify-daemon init DIR`."""
    from karaokify_daemon.service import init as module

    path = module.init(arguments.folder)
    print(f"Wrote {path}.\nNext: karaokify-daemon check --config {path}")
    return 0


def run(arguments: argparse.Namespace) -> int:
    """`karaokify-daemon run --config C [--once]`."""
    from karaokify_daemon.service import logs
    from karaokify_daemon.service.daemon import Daemon

    def read() -> Config:
        return load(arguments.config, settings=arguments.settings)

    faulthandler.enable()  # what the watchdog of systemd ends (SIGABRT) tells where it was
    config = read()
    logs.configure(config.log)
    return Daemon(config, once=arguments.once, reread=read).run()


def process(arguments: argparse.Namespace) -> int:
    """`karaokify-daemon process FILE...`."""
    from karaokify_daemon.service.foreground import process_files

    config = _config(arguments)
    if arguments.output is not None or arguments.config is None:
        output = (arguments.output or Path()).absolute()
        folders = config.folders.model_copy(update={"outbox": output})
        config = config.model_copy(update={"folders": folders})
    outbox = config.folders.outbox
    with reported("the folder for bundles cannot be made", outbox):
        outbox.mkdir(exist_ok=True)
    return process_files(arguments.files, config)


def transcribe(arguments: argparse.Namespace) -> int:
    """`karaokify-daemon transcribe --audio_path A`."""
    from karaokify_daemon.pipeline.transcriber import Transcriber

    config = _config(arguments)
    output = arguments.output and _writable(arguments.output, arguments.audio_path)
    model = arguments.model_size or config.transcribe.model
    transcriber = Transcriber(model, config=config, use_cache=arguments.cache)
    with contextlib.redirect_stdout(sys.stderr):  # the engine prints there
        result = transcriber.transcribe(arguments.audio_path)
    text = json.dumps(result, ensure_ascii=False, indent=2) + "\n"
    if output is None:
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8")
    return 0


def render(arguments: argparse.Namespace) -> int:
    """`karaokify-daemon render --video_input V --transcript T --output O`."""
    from karaokify_daemon.pipeline.render_config import RenderConfig
    from karaokify_daemon.pipeline.sidecars import read_transcript
    from karaokify_daemon.pipeline.video import VideoGenerator

    config = _config(arguments)
    if arguments.output.suffix.lower() not in (".mp4", ".m4v"):
        raise ConfigError(
            "is not named like an MP4", file=str(arguments.output), advice="End it with .mp4."
        )
    generator = VideoGenerator(
        RenderConfig(
            media=arguments.video_input,
            output=_writable(arguments.output, arguments.transcript),
            video=config.video,
            sound=config.sound,
            limits=config.limits,
            audio=arguments.audio,
            background=arguments.background,
        )
    )
    print(generator.generate(read_transcript(arguments.transcript)))
    for warning in generator.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    return 0


def check(arguments: argparse.Namespace) -> int:
    """`karaokify-daemon check --config C`."""
    from karaokify_daemon.service import check as module

    findings = module.check(arguments.config, settings=arguments.settings)
    print(module.render(findings))
    return 1 if any(finding.status == "fail" for finding in findings) else 0


def styles(arguments: argparse.Namespace) -> int:
    """`karaokify-daemon styles [--preview DIR]`."""
    from karaokify_daemon.service import gallery

    config = _config(arguments)
    if arguments.preview is None:
        print("\n".join(gallery.lines(config)))
        return 0
    for path in gallery.preview(config, arguments.preview):
        print(path)
    return 0


def lint(arguments: argparse.Namespace) -> int:
    """`karaokify-daemon lint FILE...`."""
    from karaokify_daemon.service import linting

    config, status = _config(arguments), 0
    for path in arguments.files:
        try:
            for finding, line in linting.findings(config, path):
                status = max(status, int(not finding.forced))
                if arguments.all or not finding.forced:
                    print(line)
        except KaraokifyError as error:
            print(f"karaokify-daemon: {error}", file=sys.stderr)
            status = 2
    return status


def retry(arguments: argparse.Namespace) -> int:
    """`karaokify-daemon retry NAME...|--all`."""
    if bool(arguments.names) == arguments.all:
        raise ConfigError("give names, or --all", advice="See `karaokify-daemon retry --help`.")
    manual = _manual(arguments)
    names = list(manual.to_retry()) if arguments.all else arguments.names
    if not names:
        print("Nothing failed, and nothing waits for a retry.")
    return _each(names, manual.retry)


def hold(arguments: argparse.Namespace) -> int:
    """`karaokify-daemon hold NAME...`."""
    return _each(arguments.names, _manual(arguments).hold)


def release(arguments: argparse.Namespace) -> int:
    """`karaokify-daemon release NAME...`."""
    return _each(arguments.names, _manual(arguments).release)


def unlock(arguments: argparse.Namespace) -> int:
    """`karaokify-daemon unlock NAME...`."""
    manual = _manual(arguments)

    def one(name: str) -> str:
        holder = manual.holder(name)
        print(f"{printable(name)}: claimed by {holder}")
        manual.refuse_alive(name)
        if not arguments.yes and not agreed("Is that process dead? Type yes to unlock: "):
            raise ConfigError("is left as it was", file=printable(name), advice=_UNLOCK_ADVICE)
        return manual.unlock(name)

    return _each(arguments.names, one)


def _manual(arguments: argparse.Namespace) -> "Manual":
    from karaokify_daemon.service.manual import Manual

    return Manual(load(arguments.config, settings=arguments.settings))


def _each(names: list[str], act: Callable[[str], str]) -> int:
    """Do it to each; a failure is told and does not keep the others from it."""
    failed = False
    for name in names:
        try:
            print(f"{printable(name)} {act(name)}.")
        except KaraokifyError as error:
            failed = True
            print(error, file=sys.stderr)
    return int(failed)


def _config(arguments: argparse.Namespace) -> Config:
    """Return the configuration; without a file, one that keeps its cache in the user's."""
    config = load(arguments.config, settings=_settings(arguments))
    if arguments.config is not None:
        return config
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "karaokify-daemon"
    chosen = config.folders.cache != Folders().under(Path().absolute()).cache
    cache = config.folders.cache if chosen else home
    return config.model_copy(update={"folders": config.folders.model_copy(update={"cache": cache})})


def _settings(arguments: argparse.Namespace) -> list[str]:
    title = getattr(arguments, "title", None)
    given = [] if title is None else [f"video.title={json.dumps(title, ensure_ascii=False)}"]
    return [*arguments.settings, *given]


def _writable(path: Path, source: Path) -> Path:
    """Return where to write, unless it cannot be, or is what was given. Raises ConfigError."""
    if not path.absolute().parent.is_dir():
        raise ConfigError(
            "its folder does not exist", file=str(path), advice="Create the folder first."
        )
    if path.is_dir():
        raise ConfigError("is a folder", file=str(path), advice="Give the name of a file.")
    refuse_overwrite(path, source)
    return path
