"""The sections of the configuration on highlights and on the language model."""

import re
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from karaokify_daemon.config.base import Section, picture_size

ReelSeconds = Annotated[float, Field(ge=3, le=36000)]


class Highlights(Section):
    """Which highlight reels are made of a recording, and what is told of it in words."""

    seconds: Literal["off"] | ReelSeconds | tuple[ReelSeconds, ...] = "off"
    count: Annotated[int, Field(ge=1, le=20)] = 1
    only: bool = False
    size: str | None = None
    clip_titles: bool = True
    remove_disfluencies: bool = False
    summary: bool | Literal["auto"] = "auto"

    @field_validator("seconds", mode="before")
    @classmethod
    def _lengths(cls, value: object) -> object:
        """Refuse what is none of the three, in one sentence rather than in three."""
        lengths = value if isinstance(value, list | tuple) else [value]
        known = all(
            isinstance(one, int | float) and type(one) is not bool and 3 <= one <= 36000
            for one in lengths
        )
        if value != "off" and not (known and 0 < len(set(lengths)) == len(lengths)):
            raise ValueError(
                'is neither "off" nor a number of seconds from 3 to 36000, nor a list of '
                "different ones"
            )
        return value

    @field_validator("size")
    @classmethod
    def _even(cls, value: str | None) -> str | None:
        return None if value is None else picture_size(value)

    @field_validator("only")
    @classmethod
    def _something(cls, value: bool, found: ValidationInfo) -> bool:  # noqa: FBT001 - pydantic's
        if value and found.data.get("seconds") == "off":  # it is absent where it is wrong itself
            raise ValueError("leaves nothing to render where seconds is off")
        return value

    @field_validator("summary", mode="before")
    @classmethod
    def _known(cls, value: object) -> object:
        if value != "auto" and not isinstance(value, bool):
            raise ValueError('is neither true nor false nor "auto"')
        return value

    @property
    def lengths(self) -> tuple[float, ...]:
        """How long reels are to be, in seconds; none where there is to be no reel."""
        if self.seconds == "off":
            return ()
        return self.seconds if isinstance(self.seconds, tuple) else (self.seconds,)

    @property
    def tells(self) -> bool:
        """Whether there is a title, a summary and chapters."""
        return bool(self.lengths) if self.summary == "auto" else self.summary


class Llm(Section):
    """Which language model chooses highlights, and what it may cost; keys are not kept here."""

    model: str = ""
    api_base: str | None = None
    required: bool = False
    timeout_seconds: Annotated[float, Field(gt=0, le=86400)] = 120.0
    retries: Annotated[int, Field(ge=0, le=20)] = 3
    window_tokens: Annotated[int, Field(ge=500, le=1_000_000)] = 12_000
    tokens_per_job: Annotated[int, Field(ge=0)] = 500_000
    tokens_per_day: Annotated[int, Field(ge=0)] = 5_000_000
    dollars_per_job: Annotated[float, Field(ge=0)] = 1.0
    dollars_per_day: Annotated[float, Field(ge=0)] = 10.0

    @field_validator("api_base")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"https?://[^\s/?#@]+[^\s?#@]*", value):
            raise ValueError("is not an address such as http://127.0.0.1:11434/v1 (without a key)")
        return value
