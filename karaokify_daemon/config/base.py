"""What the sections of the configuration have in common."""

import re

from pydantic import BaseModel, ConfigDict

# Names of sizes, by their shape.
SHAPES = {"16:9": "1920x1080", "9:16": "1080x1920", "1:1": "1080x1080", "4:5": "1080x1350"}


def picture_size(value: str) -> str:
    """Return WIDTHxHEIGHT of a size or of the name of a shape. Raises ValueError."""
    value = SHAPES.get(value, value)
    if not re.fullmatch("[0-9]{2,5}x[0-9]{2,5}", value, re.ASCII):
        shapes = ", ".join(SHAPES)
        raise ValueError(f"is neither a size such as 1280x720 nor one of the shapes {shapes}")
    width, height = (int(side) for side in value.split("x"))
    if width % 2 or height % 2:
        raise ValueError("width and height must be even, as H.264 with yuv420p requires")
    if not (64 <= width <= 7680 and 64 <= height <= 7680):
        raise ValueError("width and height must be from 64 to 7680")
    return value


class Section(BaseModel):
    """A section: unknown keys are refused, and values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)
