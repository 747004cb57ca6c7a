"""The command line. Each command imports what it needs, when it needs it: help must be instant."""

import argparse
import importlib
import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from karaokify_daemon.errors import ConfigError, KaraokifyError
from karaokify_daemon.service import cli_operations
from karaokify_daemon.service.arguments import CONFIG_HELP, add_command, add_settings

_PROGRAM = "karaokify-daemon"


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
    cli_operations.add_to(commands)
    return parser


def _init(commands: Any) -> None:
    parser = add_command(
        commands, "init", "write a ready-to-run tree of folders and a configuration"
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="where to; it may exist")


def _run(commands: Any) -> None:
    parser = add_command(commands, "run", "run the service")
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help=CONFIG_HELP)
    parser.add_argument(
        "--once",
        action="store_true",
        help="process what is in the inbox, then exit: 0 all done, 1 some failed",
    )
    add_settings(parser)


def _process(commands: Any) -> None:
    parser = add_command(commands, "process", "make the bundle of each file, in the foreground")
    parser.add_argument(
        "files",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="a recording; its sidecars lie beside it",
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help=CONFIG_HELP)
    parser.add_argument(
        "--output",
        type=Path,
        metavar="DIR",
        help="where bundles go; default: the outbox of --config, or here",
    )
    parser.add_argument("--title", help="the title at the top of the picture")
    add_settings(parser)


def _transcribe(commands: Any) -> None:
    parser = add_command(commands, "transcribe", "write the transcript of a recording as JSON")
    parser.add_argument(
        "--audio-path", type=Path, required=True, metavar="FILE", help="audio, or video with sound"
    )
    parser.add_argument("--model-size", metavar="MODEL", help="a Whisper size, a .pt file, or demo")
    parser.add_argument("--cache", action="store_true", help="use and keep results in the cache")
    parser.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    parser.add_argument("--config", type=Path, metavar="FILE", help=CONFIG_HELP)
    add_settings(parser)


def _render(commands: Any) -> None:
    parser = add_command(commands, "render", "render a captioned video from a transcript")
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
    parser.add_argument("--config", type=Path, metavar="FILE", help=CONFIG_HELP)
    add_settings(parser)


def _styles(commands: Any) -> None:
    parser = add_command(commands, "styles", "list the styles, or show what they look like")
    parser.add_argument(
        "--preview",
        type=Path,
        metavar="DIR",
        help="write a short video of each style there, and a picture of all, styles.png",
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help=CONFIG_HELP)
    add_settings(parser)


def _lint(commands: Any) -> None:
    parser = add_command(commands, "lint", "tell how well captions can be read; 1 means: not well")
    parser.add_argument(
        "files",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="a transcript (.json), of which captions are made as configured; or subtitles",
    )
    parser.add_argument("--all", action="store_true", help="also what fast speech leaves no choice")
    parser.add_argument("--config", type=Path, metavar="FILE", help=CONFIG_HELP)
    add_settings(parser)


def _check(commands: Any) -> None:
    parser = add_command(
        commands, "check", "check that the service could run, and what to do if not"
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help=CONFIG_HELP)
    add_settings(parser)
