"""Captions as an Advanced SubStation Alpha script, for libass."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from karaokify_daemon.domain.ass import lines, modes
from karaokify_daemon.domain.ass.look import Look, place
from karaokify_daemon.domain.ass.text import Event, color, escape, rounded_box, tag_color
from karaokify_daemon.domain.ass.titles import Title, titled
from karaokify_daemon.domain.captions import Caption
from karaokify_daemon.domain.plain import plain

MODES: dict[str, modes.Mode] = {
    "sweep": modes.sweep,
    "color": modes.color,
    "box": modes.box,
    "pop": modes.pop,
    "reveal": modes.reveal,
    "punch": modes.punch,
    "neon": modes.neon,
    "teleprompter": lines.teleprompter,
    "classic": lines.classic,
}
_NOTICE_MS = 5000
_BAND_PADDING = 0.5  # of the box's, above and below


def events(
    captions: Sequence[Caption],
    look: Look,
    *,
    title: Title | None,
    clip_titles: Iterable[Title] = (),
    notice: str | None = None,
    duration_ms: int,
) -> list[Event]:
    """Return all events: the titles, the notice at the start, the captions."""
    return [
        *(titled(title, look, duration_ms) if title else ()),
        *(event for one in clip_titles for event in titled(one, look, duration_ms)),
        *_progress(look, duration_ms),
        *_notice(notice, duration_ms),
        *dialogues(captions, look),
    ]


def document(shown: Sequence[Event], look: Look) -> str:
    """Return the whole script of events."""
    return _header(look) + "".join(f"{event}\n" for event in shown)


def dialogues(captions: Sequence[Caption], look: Look) -> list[Event]:
    """Return the events of captions in the look's mode, with what stands behind them.

    The parts of a reel know nothing of one another: no row of another one stands beside theirs.
    """
    found = [event for caption in captions for event in _behind(caption, look)]
    for _, part in groupby(captions, key=lambda caption: caption.part):
        found += MODES[look.mode](list(part), look)
    return found


def _behind(caption: Caption, look: Look) -> Iterator[Event]:
    """Yield a band behind the rows, or a bar at their left."""
    rows = place(caption, look)
    middle_y, high = (rows[0].y + rows[-1].y) / 2, look.pitch * len(rows)
    if look.band:
        left = min(placed.left for placed in rows)
        wide = max(placed.left + placed.width for placed in rows) - left
        padded = wide + 2 * look.padding, high + 2 * look.padding * _BAND_PADDING
        yield _shape(caption, (left + wide / 2, middle_y), rounded_box(*padded, look.radius))
    if look.accent:
        bar = rounded_box(max(2.0, look.size * 0.11), high, look.size * 0.05)
        x = rows[0].left - look.size * 0.42
        if rows[0].rtl:
            x = rows[0].left + rows[0].width + look.size * 0.42
        yield _shape(caption, (x, middle_y), bar, f"\\1c{tag_color(look.highlight)}\\1a&H00&")


def _shape(caption: Caption, middle: tuple[float, float], drawing: str, tags: str = "") -> Event:
    x, y = middle
    return Event(
        start=caption.start,
        end=caption.end,
        style="Box",
        text=f"{{\\an5\\pos({x:.0f},{y:.0f}){tags}\\p1}}{drawing}",
    )


def _progress(look: Look, duration_ms: int) -> list[Event]:
    """Return a thin bar at the top that grows until the end, on a track of its whole length."""
    if not look.progress:
        return []
    wide, high = look.room, max(3.0, look.size * 0.12)
    bar = rounded_box(wide, high, high / 2)
    at = f"\\an4\\pos({look.side:.0f},{look.top * 0.55:.0f})"
    track = f"{{{at}\\1c{tag_color(look.color)}\\1a&HB8&\\p1}}{bar}"
    grown = f"\\fscx0\\t(0,{duration_ms},1,\\fscx100)"
    done = f"{{{at}\\1c{tag_color(look.highlight)}\\1a&H00&{grown}\\p1}}{bar}"
    return [Event(start=0, end=duration_ms, style="Box", text=text) for text in (track, done)]


def _notice(notice: str | None, duration_ms: int) -> list[Event]:
    if not notice:
        return []
    shown = escape(notice)
    return [Event(start=0, end=min(_NOTICE_MS, duration_ms), text=shown, style="Notice", layer=2)]


def _header(look: Look) -> str:
    typeface = look.typeface
    font = plain(typeface.family).replace(",", " ")
    edge, side = look.outline_color, round(look.side)
    weight = -1 if look.bold else 0

    def line(name: str, size: float, colors: tuple[str, str], bold: int, place: int, v: int) -> str:
        shown, unsung = colors
        outline = look.outline * size / look.size
        shadow = look.shadow * size / look.size
        tall = size * typeface.line_per_em
        return (
            f"Style: {name},{font},{tall:.1f},{shown},{unsung},{color(edge)},"
            f"{color(edge, 0x90)},{bold},0,0,0,100,100,0,0,1,{outline:.1f},{shadow:.1f},{place},"
            f"{side},{side},{v},1\n"
        )

    filled = color(look.box_color, round(255 * (1 - look.box_opacity)))
    swept = look.mode in ("sweep", "teleprompter", "classic")
    text = (color(look.highlight), color(look.color)) if swept else (color(look.color),) * 2
    box = (
        f"Style: Box,{font},10,{filled},{filled},{filled},{filled},0,0,0,0,100,100,0,0,1,0,0,5,"
        "0,0,0,1\n"
    )
    return (
        "[Script Info]\nScriptType: v4.00+\n"
        f"PlayResX: {look.width}\nPlayResY: {look.height}\n"
        "WrapStyle: 2\nKerning: yes\nScaledBorderAndShadow: yes\nYCbCr Matrix: None\n\n"
        "[V4+ Styles]\nFormat: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, "
        "OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, "
        "Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding\n"
        + line("Caption", look.size, text, weight, 2, look.bottom)
        + line("Title", look.title_size, (color(look.color, 0x18),) * 2, -1, 8, look.top)
        + line("Notice", look.title_size, (color(look.color, 0x30),) * 2, 0, 2, look.bottom)
        + box
        + "\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, "
        "Text\n"
    )
