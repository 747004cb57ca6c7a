"""Styles: how captions look, one small TOML file each."""

import tomllib
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from karaokify_daemon.config.wording import clause
from karaokify_daemon.errors import ConfigError, Fault

Colour = Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")]
Waveform = Literal["none", "line", "bars", "mirror-bars", "ring", "progress"]
Percent = Annotated[float, Field(ge=0, le=200)]
Position = Literal["bottom", "middle", "top"]


class Style(BaseModel):
    """One style; sizes are in percent of the font's, but its own, in percent of the picture's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    description: str
    mode: Literal[
        "sweep", "color", "box", "pop", "reveal", "punch", "neon", "teleprompter", "classic"
    ]
    font: Annotated[str, Field(min_length=1, max_length=100)] = "Open Sans"
    bold: bool = True
    uppercase: bool = False
    size: Annotated[float, Field(ge=1, le=40)] = 6.0
    color: Colour = "#FFFFFF"
    highlight: Colour = "#FFC83D"
    outline: Percent = 7.0
    outline_color: Colour = "#0B0D12"
    shadow: Percent = 0.0  # one more layer to blend for each frame, and hardly seen
    glow: Percent = 0.0
    glow_color: Colour = "#FF2BD6"
    box_color: Colour = "#000000"
    box_opacity: Annotated[float, Field(ge=0, le=1)] = 0.8
    radius: Percent = 0.0
    padding: Percent = 0.0
    band: bool = False
    accent: bool = False
    progress: bool = False
    waveform: Waveform = "mirror-bars"
    waveform_color: Colour = "#5B8DEF"
    waveform_position: Position = "bottom"
    anchor: Position = "bottom"
    align: Literal["left", "center"] = "center"
    rows: Annotated[int, Field(ge=1, le=4)] = 2
    row_chars: Annotated[int, Field(ge=4, le=80)] = 42
    words: Annotated[int, Field(ge=1, le=20)] | None = None


def read_style(path: Path) -> Style:
    """Read a style's file. Raises ConfigError with every fault."""
    try:
        return Style.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        faults = [
            Fault(
                key=".".join(map(str, detail["loc"])), value=detail["input"], problem=clause(detail)
            )
            for detail in error.errors()
        ]
        raise ConfigError.of(faults, str(path)) from error
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"is no style ({error})", file=str(path)) from error
