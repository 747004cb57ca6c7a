"""The command line. Each command imports what it needs, when it needs it: help must be instant."""

import argparse
import importlib
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from karaokify_daemon.errors import ConfigError, KaraokifyError

_PROGRAM = "karaokify-daemon"
_CONFIG_HELP = "config.toml, as `init` writes it"
_COMMANDS = "karaokify_daemon.service.commands"
_OPERATIONS = "karaokify_daemon.service.operations"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return its exit status: 0 fine, 1 failed, 2 wrongly called or configured."""
    arguments = _parser().parse_args(_hyphens(sys.argv[1:] if argv is None else argv))
    _print_any_name()
    try:
        command = getattr(importlib.import_module(arguments.module), arguments.command)
        return int(command(arguments))
    except KaraokifyError as error:
        print("\n  ".join([f"{_PROGRAM}: {error}", *error.cause]), file=sys.stderr)
        return 2 if isinstance(error, ConfigError) else 1
    except KeyboardInterrupt:
        print(f"{_PROGRAM}: stopped.", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stdout = None  # or Python complains while it exits
        return 1
    except OSError as error:  # a full disk, a path that is no folder
        where = f"{error.filename}: " if error.filename is not None else ""
        print(f"{_PROGRAM}: {where}{error.strerror or error}.", file=sys.stderr)
        return 1


def _print_any_name() -> None:
    """Let names that are not UTF-8 out: as they are to programs, readable to people."""
    for stream, errors in ((sys.stdout, "surrogateescape"), (sys.stderr, "backslashreplace")):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)


def _hyphens(argv: Sequence[str]) -> list[str]:
    """Let `--audio_path` mean `--audio-path`; values, and what follows `--`, are left alone.

    >>> _hyphens(["x", "--audio_path=a_b", "--", "--c_d"])
    ['x', '--audio-path=a_b', '--', '--c_d']
    """
    end = argv.index("--") if "--" in argv else len(argv)
    return [_hyphened(argument) for argument in argv[:end]] + list(argv[end:])


def _hyphened(argument: str) -> str:
    if not argument.startswith("--"):
        return argument
    flag, equals, value = argument.partition("=")
    return flag.replace("_", "-") + equals + value


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> None:
        from karaokify_daemon import __version__  # noqa: PLC0415 - reads the metadata

        print(f"{_PROGRAM} {__version__}")
        parser.exit()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=_PROGRAM,
        description="Drop a recording into a folder, get a karaoke-captioned video out of another.",
        epilog="`karaokify-daemon COMMAND --help` tells more. Documentation: README.md and docs/.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for add in (_init, _run, _process, _transcribe, _render, _check, _styles, _lint):
        add(commands)
    for add in (_retry, _hold, _release, _unlock):
        add(commands)
    for add in (_status, _health, _web, _logs, _notify, _install, _uninstall):
        add(commands)
    return parser


def _add(commands: Any, name: str, text: str, module: str = _COMMANDS) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text[0].upper() + text[1:] + ".", allow_abbrev=False
    )
    parser.set_defaults(module=module, command=name)
    return parser


def _add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.KEY=VALUE",
        dest="settings",
        help="override one key of the configuration; may be repeated",
    )


def _init(commands: Any) -> None:
    parser = _add(commands, "init", "write a ready-to-run tree of folders and a configuration")
    parser.add_argument("folder", type=Path, metavar="DIR", help="where to; it may exist")


def _run(commands: Any) -> None:
    parser = _add(commands, "run", "run the service")
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help=_CONFIG_HELP)
    parser.add_argument(
        "--once",
        action="store_true",
        help="process what is in the inbox, then exit: 0 all done, 1 some failed",
    )
    _add_settings(parser)


def _process(commands: Any) -> None:
    parser = _add(commands, "process", "make the bundle of each file, in the foreground")
    parser.add_argument(
        "files",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="a recording; its sidecars lie beside it",
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help=_CONFIG_HELP)
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="where bundles go; default: the outbox of --config, or here",
    )
    parser.add_argument("--title", help="the title at the top of the picture")
    _add_settings(parser)


def _transcribe(commands: Any) -> None:
    parser = _add(commands, "transcribe", "write the transcript of a recording as JSON")
    parser.add_argument(
        "--audio-path", type=Path, required=True, metavar="FILE", help="audio, or video with sound"
    )
    parser.add_argument("--model-size", metavar="MODEL", help="a Whisper size, a .pt file, or demo")
    parser.add_argument("--cache", action="store_true", help="use and keep results in the cache")
    parser.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    parser.add_argument("--config", type=Path, metavar="FILE", help=_CONFIG_HELP)
    _add_settings(parser)


def _render(commands: Any) -> None:
    parser = _add(commands, "render", "render a captioned video from a transcript")
    parser.add_argument(
        "--video-input", type=Path, required=True, metavar="FILE", help="video, or audio"
    )
    parser.add_argument(
        "--transcript", type=Path, required=True, metavar="FILE", help="JSON with word times"
    )
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="an .mp4 file")
    parser.add_argument(
        "--audio", type=Path, metavar="FILE", help="sound that replaces the input's"
    )
    parser.add_argument("--background", type=Path, metavar="FILE", help="an image or a video")
    parser.add_argument("--title", help="the title at the top of the picture")
    parser.add_argument("--config", type=Path, metavar="FILE", help=_CONFIG_HELP)
    _add_settings(parser)


def _styles(commands: Any) -> None:
    parser = _add(commands, "styles", "list the styles, or show what they look like")
    parser.add_argument(
        "--preview",
        type=Path,
        metavar="DIR",
        help="write a short video of each style there, and a picture of all, styles.png",
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help=_CONFIG_HELP)
    _add_settings(parser)


def _lint(commands: Any) -> None:
    parser = _add(commands, "lint", "tell how well captions can be read; 1 means: not well")
    parser.add_argument(
        "files",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="a transcript (.json), of which captions are made as configured; or subtitles",
    )
    parser.add_argument("--all", action="store_true", help="also what fast speech leaves no choice")
    parser.add_argument("--config", type=Path, metavar="FILE", help=_CONFIG_HELP)
    _add_settings(parser)


def _status(commands: Any) -> None:
    parser = _add(
        commands, "status", "tell what the service does, whether it runs or not", _OPERATIONS
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--watch", action="store_true", help="go on, until Control-C")
    how.add_argument("--json", action="store_true", help="for programs")
    _add_config(parser)


def _health(commands: Any) -> None:
    parser = _add(
        commands, "health", "tell in one line whether the service works: 0 yes, 1 no", _OPERATIONS
    )
    _add_config(parser)


def _web(commands: Any) -> None:
    _add_config(_add(commands, "web", "tell the address of the web page, for you", _OPERATIONS))


def _logs(commands: Any) -> None:
    parser = _add(
        commands, "logs", "show the log, of log.file or of systemd's journal, readably", _OPERATIONS
    )
    parser.add_argument("-f", "--follow", action="store_true", help="go on, until Control-C")
    parser.add_argument("-n", "--lines", type=int, default=200, help="the last N (200)")
    parser.add_argument("--job", metavar="NAME", help="of one recording: its file name, or job_id")
    parser.add_argument("--file", type=Path, help="a log file, instead of that of --config")
    parser.add_argument("--user", action="store_true", help="of your own service")
    parser.add_argument("--config", type=Path, metavar="FILE", help=_CONFIG_HELP)
    _add_settings(parser)


def _notify(commands: Any) -> None:
    _add_config(
        _add(commands, "notify", "send a test message to each url of [notify]", _OPERATIONS)
    )


def _install(commands: Any) -> None:
    parser = _add(
        commands,
        "install",
        "have systemd run the service; what it does is shown first",
        _OPERATIONS,
    )
    _add_scope(parser)
    parser.add_argument("--config", type=Path, metavar="FILE", help="made where it is not there")
    parser.add_argument(
        "--cpu-only", action="store_true", help="no graphics card: devices are closed to it"
    )


def _uninstall(commands: Any) -> None:
    _add_scope(
        _add(
            commands, "uninstall", "undo `install`; recordings and configuration stay", _OPERATIONS
        )
    )


def _add_scope(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--user", action="store_true", help="for yourself, without privileges")
    parser.add_argument("--yes", action="store_true", help="do not ask")


def _retry(commands: Any) -> None:
    parser = _add(commands, "retry", "move failed recordings back, or end their wait")
    _add_names(parser, nargs="*")
    parser.add_argument("--all", action="store_true", help="all that failed or wait for a retry")


def _hold(commands: Any) -> None:
    _add_names(_add(commands, "hold", "keep recordings in the inbox from being begun"))


def _release(commands: Any) -> None:
    _add_names(_add(commands, "release", "let held recordings go on"))


def _unlock(commands: Any) -> None:
    parser = _add(commands, "unlock", "remove the claim of a process that is dead, on another host")
    _add_names(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask whether it is dead")


def _add_names(parser: argparse.ArgumentParser, nargs: str = "+") -> None:
    parser.add_argument(
        "names",
        nargs=nargs,
        metavar="NAME",
        help="a recording's file name, in a preset's folder as PRESET/NAME",
    )
    _add_config(parser)


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help=_CONFIG_HELP)
    _add_settings(parser)


def _check(commands: Any) -> None:
    parser = _add(commands, "check", "check that the service could run, and what to do if not")
    parser.add_argument("--config", type=Path, metavar="FILE", help=_CONFIG_HELP)
    _add_settings(parser)
