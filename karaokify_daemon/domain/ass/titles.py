"""The title: at the top throughout, on a card at the start, or in a lower third."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from karaokify_daemon.domain.ass.look import Look
from karaokify_daemon.domain.ass.text import (
    Event,
    rounded_box,
    tag_alpha,
    tag_color,
    typeset_line,
)
from karaokify_daemon.domain.plain import plain

_LEAST = 0.027  # of the picture's shorter side
_ROWS = 2
_LONGEST = 300
_CARD_MS, _CARD_SIZE, _CARD_DIM = 4000, 0.085, 0.62
_LOWER_MS, _LOWER_FROM_MS = 7000, 600
_BYLINE = 0.62  # of the title's size
_SMALLER = 0.96  # a step
_SMALLEST = 0.6  # of its size, before a text is cut
_IN_MS, _OUT_MS = 300, 450


@dataclass(frozen=True, kw_only=True)
class Title:
    """A title and a line below it, shown as a "header", a "card" or a "lower-third".

    `reserved` pixels at both sides of a header belong to something else. A header has no byline. A
    lower third is shown within `times` (milliseconds), or at the start of the video.
    """

    text: str
    byline: str = ""
    kind: str = "header"
    reserved: float = 0.0
    times: tuple[int, int] | None = None


def titled(title: Title, look: Look, duration_ms: int) -> list[Event]:
    """Return a title's events; none where nothing of it would be seen."""
    text, byline = (_seen(part, look) for part in (title.text, title.byline))
    if not text:
        return []
    seen = replace(title, text=text, byline=byline)
    return list(_KINDS[title.kind](seen, look, duration_ms))


def _seen(text: str, look: Look) -> str:
    """Return a text as one line, without words that no font has."""
    words = plain(text[:_LONGEST]).split()
    return " ".join(word for word in words if look.title_typeface.width(word))


def _header(title: Title, look: Look, duration_ms: int) -> Iterator[Event]:
    """Yield the title at the top, throughout, as large as it fits into two rows."""
    room = look.room - 2 * title.reserved
    short = min(look.width, look.height)
    size = _fitting(title.text, look, look.title_size / short, room)
    rows = _wrapped(title.text, room / size, look)
    percent = round(100 * size / look.title_size)
    tags = f"{{\\fscx{percent}\\fscy{percent}}}"
    shown = tags + "\\N".join(_set(row, look) for row in rows)
    yield Event(start=0, end=duration_ms, text=shown, style="Title", layer=2)


def _card(title: Title, look: Look, duration_ms: int) -> Iterator[Event]:
    """Yield a large title in the middle of a darkened picture, for the first seconds."""
    end = min(_CARD_MS, duration_ms)
    fade = f"\\fad({_IN_MS},{_OUT_MS})"
    whole = rounded_box(look.width, look.height, 0)
    dark = f"\\1c&H000000&\\1a{tag_alpha(_CARD_DIM)}"
    yield _drawn(whole, (look.width / 2, look.height / 2), f"{dark}\\fad(0,{_OUT_MS})", (0, end))
    size = _fitting(title.text, look, _CARD_SIZE, look.room)
    rows = _wrapped(title.text, look.room / size, look)
    pitch, small = size * 1.2, _shrunk(title.byline, size * _BYLINE, look.room, look)
    bar = max(3.0, size * 0.09)
    y = look.height * 0.42 - pitch * (len(rows) - 1) / 2
    for row in rows:
        yield _line(row, size, look, (look.width / 2, y), f"\\b1{fade}", (0, end))
        y += pitch
    y += bar - pitch * 0.25
    accent = rounded_box(look.room * 0.14, bar, bar / 2)
    shown = f"\\1c{tag_color(look.highlight)}\\1a&H00&{fade}"
    yield _drawn(accent, (look.width / 2, y), shown, (0, end), layer=2)
    if title.byline:
        byline = _cut(title.byline, look.room / small, look)
        yield _line(byline, small, look, (look.width / 2, y + size * 0.8), f"\\b0{fade}", (0, end))


def _lower_third(title: Title, look: Look, duration_ms: int) -> Iterator[Event]:
    """Yield a strap at the left, above the captions, which slides in and fades away."""
    start, end = title.times or (0, duration_ms)
    begin = start + min(_LOWER_FROM_MS, (end - start) // 4)
    times = begin, min(begin + _LOWER_MS, end)
    size = look.title_size
    padding, bar = size * 0.55, max(3.0, size * 0.16)
    room = look.room * 0.9 - 2 * padding - bar
    large = _shrunk(title.text, size, room, look)
    small = _shrunk(title.byline, size * _BYLINE, room, look)
    lines = [(title.text, large, "\\b1"), (title.byline, small, "\\b0")]
    shown = [(_cut(text, room / em, look), em, tags) for text, em, tags in lines if text]
    wide = max(look.title_typeface.width(text) * em for text, em, _ in shown) + 2 * padding
    high = sum(em * 1.35 for _, em, _ in shown) + padding
    rows = look.rows if look.anchor == "bottom" else 0
    y = look.height - look.bottom - rows * look.pitch - size * 0.8 - high
    box = rounded_box(wide, high, size * 0.12)
    dark = f"\\1c{tag_color(look.outline_color)}\\1a{tag_alpha(0.8)}"
    yield _slid(f"{dark}\\p1", box, (look.side + bar, y), look, times)
    accent = f"\\1c{tag_color(look.highlight)}\\1a&H00&\\p1"
    yield _slid(accent, rounded_box(bar, high, 0), (look.side, y), look, times)
    y += padding / 2
    for text, em, tags in shown:
        y += em * 1.35
        percent = round(100 * em / size)
        scaled = f"{tags}\\bord0\\shad0\\fscx{percent}\\fscy{percent}"
        at = (look.side + bar + padding, y - em * 1.35 / 2)
        yield _slid(scaled, _set(text, look), at, look, times, style="Title", corner=4)


_KINDS = {"header": _header, "card": _card, "lower-third": _lower_third}


def _fitting(text: str, look: Look, largest: float, room: float) -> float:
    """Return the size (pixels) at which a text fits into two rows, or is not worth less."""
    short = min(look.width, look.height)
    size, least = largest * short, _LEAST * short
    while size > least and not _fits(text, room / size, look):
        size *= _SMALLER
    return max(least, size)


def _fits(text: str, limit: float, look: Look) -> bool:
    widest = max(look.title_typeface.width(word) for word in text.split())
    return widest <= limit and len(_filled(text, limit, look)) <= _ROWS


def _shrunk(text: str, size: float, room: float, look: Look) -> float:
    """Return a size at which a text fits into one row of a room (pixels), or is not worth less."""
    return max(_SMALLEST * size, min(size, room / max(1.0, look.title_typeface.width(text))))


def _line(
    text: str,
    size: float,
    look: Look,
    place: tuple[float, float],
    tags: str,
    times: tuple[int, int],
) -> Event:
    percent = round(100 * size / look.title_size)
    at = f"\\an5\\pos({place[0]:.0f},{place[1]:.0f})\\fscx{percent}\\fscy{percent}"
    shown = f"{{{at}{tags}}}{_set(text, look)}"
    return Event(start=times[0], end=times[1], text=shown, style="Title", layer=2)


def _set(text: str, look: Look) -> str:
    return typeset_line(text, look.title_typeface, look.title_size)


def _drawn(
    drawing: str, middle: tuple[float, float], tags: str, times: tuple[int, int], layer: int = 0
) -> Event:
    text = f"{{\\an5\\pos({middle[0]:.0f},{middle[1]:.0f}){tags}\\p1}}{drawing}"
    return Event(start=times[0], end=times[1], style="Box", text=text, layer=layer)


def _slid(
    tags: str,
    text: str,
    place: tuple[float, float],
    look: Look,
    times: tuple[int, int],
    *,
    style: str = "Box",
    corner: int = 7,
) -> Event:
    """Return what comes from the left, with its corner (as ASS counts them) at a place."""
    x, y = place
    away = x - look.width * 0.04
    move = f"\\move({away:.0f},{y:.0f},{x:.0f},{y:.0f},0,{_IN_MS})\\fad({_IN_MS},{_OUT_MS})"
    shown = f"{{\\an{corner}{move}{tags}}}{text}"
    return Event(start=times[0], end=times[1], style=style, text=shown, layer=2)


def _wrapped(text: str, limit: float, look: Look) -> list[str]:
    """Return at most two rows no wider than `limit` em, of like width; the rest is cut."""
    measure = look.title_typeface.width
    if measure(text) <= limit:
        return [text]
    narrowest = max(measure(text) / _ROWS, *(measure(word) for word in text.split()))
    for width in (narrowest, narrowest * 1.15, narrowest * 1.4, limit):
        found = _filled(text, min(width, limit), look)
        if len(found) <= _ROWS:
            return found
    rest = " ".join(found[_ROWS - 1 :])
    return [*found[: _ROWS - 1], _cut(rest, limit, look)]


def _filled(text: str, limit: float, look: Look) -> list[str]:
    rows = [""]
    for word in text.split():
        joined = f"{rows[-1]} {word}".strip()
        if rows[-1] and look.title_typeface.width(joined) > limit:
            rows.append(word)
        else:
            rows[-1] = joined
    return [_cut(row, limit, look) for row in rows]


def _cut(text: str, limit: float, look: Look) -> str:
    if look.title_typeface.width(text) <= limit:
        return text
    while text and look.title_typeface.width(text + "…") > limit:
        text = text[:-1]
    return text.rstrip() + "…"
