"""What the parsers of all commands have in common."""

import argparse
from pathlib import Path
from typing import Any

CONFIG_HELP = "config.toml, as `init` writes it"


def add_command(
    commands: Any, name: str, text: str, module: str = "karaokify_daemon.service.commands"
) -> argparse.ArgumentParser:
    """Return the parser of a command, which is the function of that name in the module."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=text[0].upper() + text[1:] + ".", allow_abbrev=False
    )
    parser.set_defaults(module=module, command=name)
    return parser


def add_settings(parser: argparse.ArgumentParser) -> None:
    """Add what overrides keys of the configuration."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.KEY=VALUE",
        dest="settings",
        help="override one key of the configuration; may be repeated",
    )


def add_config(parser: argparse.ArgumentParser) -> None:
    """Add a configuration that must be named, and what overrides its keys."""
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help=CONFIG_HELP)
    add_settings(parser)
