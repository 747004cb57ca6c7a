"""What a caption looks like in one picture, and where its rows stand."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from karaokify_daemon.domain.ass.text import between_marks, centiseconds, typeset
from karaokify_daemon.domain.bidi import has_rtl, is_rtl, visual
from karaokify_daemon.domain.captions import Caption, Row
from karaokify_daemon.domain.text_width import AVERAGE_EM
from karaokify_daemon.domain.transcript import Word
from karaokify_daemon.domain.typeface import Guessed, Typeface

_PITCH = 1.32  # from row to row, in em
_LEAST_SCALE = 0.3
_HELD_MS = 400  # a word stays active through a pause this long
_FADE_MS = 120
_TITLE, _UPRIGHT_TITLE = 0.0432, 1.33  # of the picture's shorter side; times so much at most
_CORNERS = {"left": 4, "center": 5, "right": 6}  # of ASS


@dataclass(frozen=True, kw_only=True)
class Look:
    """How captions look: the picture's size, the font's size in em pixels, colours as #RRGGBB.

    `outline`, `shadow`, `glow`, `radius` and `padding` are in pixels, opacities from 0 to 1;
    `bottom`, `top` and `side` are the pixels left free below the captions, above the title, and
    at the left and right. `typeface` is the font's, `title_typeface` that of the title.
    """

    width: int
    height: int
    size: float
    bottom: int
    top: int
    side: float
    mode: str = "sweep"
    bold: bool = True
    uppercase: bool = False
    color: str = "#FFFFFF"
    highlight: str = "#FFC83D"
    outline_color: str = "#0B0D12"
    outline: float = 0.0
    shadow: float = 0.0
    glow: float = 0.0
    glow_color: str = "#FF2BD6"
    box_color: str = "#000000"
    box_opacity: float = 0.8
    radius: float = 0.0
    padding: float = 0.0
    band: bool = False
    accent: bool = False
    progress: bool = False
    anchor: str = "bottom"
    align: str = "center"
    rows: int = 2
    row_chars: int = 42
    typeface: Typeface = field(default_factory=Guessed)
    title_typeface: Typeface = field(default_factory=Guessed)

    @property
    def room(self) -> float:
        """How wide a row may be, in pixels."""
        return self.width - 2 * self.side

    @property
    def title_size(self) -> float:
        """The size of a title in a row at the top, in pixels: larger where there is more height."""
        taller = min(_UPRIGHT_TITLE, max(1.0, math.sqrt(self.height / self.width)))
        return min(self.width, self.height) * _TITLE * taller

    @property
    def max_chars(self) -> int:
        """How many average characters a row holds."""
        fitting = self.room / (self.size * AVERAGE_EM)
        return max(4, min(self.row_chars, int(fitting)))

    @property
    def pitch(self) -> float:
        """How far it is from row to row, in pixels."""
        return self.size * _PITCH

    def shown(self, text: str) -> str:
        """Return a text as it is shown."""
        return text.upper() if self.uppercase else text

    def em_width(self, text: str) -> float:
        """Return the width of a text, as it is shown, in em."""
        return self.typeface.width(self.shown(text))


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A row at its place: `x`, `y` are its middle, or that of its left or right end.

    `rtl`: its words stand from right to left.
    """

    row: Row
    x: float
    y: float
    joiner: str
    look: Look
    align: str = "center"
    rtl: bool = False

    @property
    def scale(self) -> float:
        """How large it is shown, of the size."""
        return max(self.row.scale, _LEAST_SCALE)

    @property
    def tags(self) -> str:
        """The tags that put it there."""
        percent = int(self.scale * 100)
        scaled = f"\\fscx{percent}\\fscy{percent}" if percent != 100 else ""
        return f"\\an{_CORNERS[self.align]}\\pos({self.x:.0f},{self.y:.0f}){scaled}"

    @property
    def texts(self) -> list[str]:
        """The words as they are shown; what does not fit even as small letters is cut off."""
        texts = [self.look.shown(word.text) for word in self.row.words]
        if self.row.scale >= _LEAST_SCALE:
            return texts
        share = self.row.scale / _LEAST_SCALE
        return [text[: int(len(text) * share)].rstrip() + "…" for text in texts]

    @property
    def width(self) -> float:
        """Its width in pixels."""
        return sum(self._widths) + self._width_of(self.joiner) * (len(self._widths) - 1)

    @property
    def left(self) -> float:
        """Where it begins, in pixels."""
        return self.x - {"left": 0.0, "center": 0.5, "right": 1.0}[self.align] * self.width

    @cached_property
    def order(self) -> list[tuple[int, bool]]:
        """The words' numbers from left to right, each with whether it reads to the left."""
        if not self.has_rtl:
            return [(i, False) for i in range(len(self.texts))]
        return visual(self.texts, rtl=self.rtl)

    @cached_property
    def has_rtl(self) -> bool:
        """Whether anything in it is read from right to left."""
        return self.rtl or has_rtl("".join(self.texts))

    def words(self, prefix: Callable[[int], str]) -> str:
        """Return the row's text, each word, by its number, behind some tags."""
        parts = []
        for place, (i, to_left) in enumerate(self.order):
            tags = prefix(i)
            space = self.space if place else ""
            text = self.typeset(i, to_left=to_left)
            parts.append(f"{space}{{{tags}}}{text}" if tags else space + text)
        return "".join(parts)

    @property
    def space(self) -> str:
        """What stands between two words."""
        return between_marks(self.joiner) if self.has_rtl else self.joiner

    def typeset(self, i: int, *, to_left: bool = False) -> str:
        """Return a word's text, with tags where it needs another font."""
        return typeset(self.texts[i], self.look.typeface, self.look.size, to_left=to_left)

    def spans(self) -> list[tuple[float, float]]:
        """Return where each word's middle is, and how wide it is, in pixels."""
        widths, space = self._widths, self._width_of(self.joiner)
        found = [(0.0, 0.0)] * len(widths)
        x = self.left
        for i, _ in self.order:
            found[i] = (x + widths[i] / 2, widths[i])
            x += widths[i] + space
        return found

    @cached_property
    def _widths(self) -> list[float]:
        return [self._width_of(text) for text in self.texts]

    def _width_of(self, text: str) -> float:
        return self.look.typeface.width(text) * self.look.size * self.scale


def place(caption: Caption, look: Look, *, y: float | None = None) -> list[Placed]:
    """Return a caption's rows at their places; `y` is the middle of all, else by the anchor."""
    count, pitch = len(caption.rows), look.pitch
    if y is None:
        below = look.height - look.bottom - count * pitch / 2
        above = look.height * 0.2 + count * pitch / 2
        y = {"bottom": below, "middle": look.height / 2, "top": above}[look.anchor]
    rtl = is_rtl("".join(word.text for word in caption.words))
    align = "right" if rtl and look.align == "left" else look.align
    x = {"left": look.side, "center": look.width / 2, "right": look.width - look.side}[align]
    first = y - (count - 1) / 2 * pitch
    return [
        Placed(
            row=row,
            x=x,
            y=first + i * pitch,
            joiner=caption.joiner,
            look=look,
            align=align,
            rtl=rtl,
        )
        for i, row in enumerate(caption.rows)
    ]


def base(caption: Caption) -> int:
    """Return the time from which tags of the caption's events count, in milliseconds."""
    return centiseconds(caption.start) * 10


def active(words: Sequence[Word]) -> list[tuple[int, int]]:
    """Return from when to when each word is the one that is said: through short pauses, too."""
    found = []
    for word, following in zip(words, [*words[1:], None], strict=True):
        held = following is not None and following.start - word.end <= _HELD_MS
        end = following.start if held and following is not None else word.end
        found.append((word.start, max(end, word.start + 1)))
    return found


def rows_active(
    caption: Caption, look: Look, *, y: float | None = None
) -> Iterator[tuple[Placed, list[tuple[int, int]]]]:
    """Yield a caption's rows, each with when its words are said."""
    times = iter(active(caption.words))
    for placed in place(caption, look, y=y):
        yield placed, [next(times) for _ in placed.row.words]


def fades(captions: Sequence[Caption]) -> list[str]:
    """Return each caption's tag that fades it in, none where another stood there before."""
    tags, before = [], 0
    for caption in captions:
        early = caption.words[0].start - caption.start >= _FADE_MS
        tags.append(f"\\fad({_FADE_MS},0)" if early and caption.start > before else "")
        before = caption.end
    return tags
