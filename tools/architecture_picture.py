"""Write docs/images/architecture.svg: the layers, and what is in them.

    python -m tools.architecture_picture

Each layer is a panel with colours of its own: it looks the same on a light and on a dark page.
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "images" / "architecture.svg"
WIDTH, MARGIN, GAP = 960, 16, 12
CHIP_HEIGHT, CHIP_GAP, LETTER, PADDING = 26, 8, 7.0, 11
TITLE_WIDTH = 250


@dataclass(frozen=True)
class Layer:
    """A layer: its name, what it is for, its colour, and what is in it, as people call it."""

    name: str
    text: str
    colour: str
    parts: str


LAYERS = (
    Layer(
        "service",
        "the running program",
        "#4338ca",
        "command line|daemon: the tick|jobs and threads|workers and supervisor|status|logs|metrics"
        "|hooks|check|install",
    ),
    Layer(
        "pipeline",
        "one job, stage by stage",
        "#0f766e",
        "run|stages|recognition in chunks|highlights|video|sound|manifest|gate: may it begin?"
        "|means: places and turns",
    ),
    Layer(
        "adapters",
        "one for each thing outside",
        "#9a3412",
        "intake|watch|files: claims, outbox, moves|journal|whisper|ffmpeg|fonts|llm|cache|work"
        "|resources|mounts|systemd",
    ),
    Layer("config", "typed; every fault at once", "#7e22ce", "schema|load|style|places"),
    Layer(
        "domain",
        "pure: no input, no output",
        "#1d4ed8",
        "job, record, retry|transcript|captions and frames|ASS|subtitles|reel and timeline"
        "|admission|names",
    ),
    Layer("errors", "what went wrong, and what to do", "#475569", "one base error, one kind each"),
)


def picture() -> str:
    """Return the SVG."""
    parts, y = [], MARGIN
    for layer in LAYERS:
        rows = _rows(layer.parts.split("|"))
        height = max(64, 2 * PADDING + len(rows) * (CHIP_HEIGHT + CHIP_GAP) - CHIP_GAP)
        parts += _panel(layer, rows, y, height)
        y += height + GAP
    bottom = y - GAP
    parts += _arrow(MARGIN, bottom)
    named = ", ".join(layer.name for layer in LAYERS)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom + MARGIN}" '
        f'font-family="system-ui, -apple-system, Roboto, Open Sans, sans-serif" role="img">\n'
        f"<title>The layers, from the top: {named}. Imports go down only.</title>"
    )
    return "\n".join([head, *parts, "</svg>", ""])


def _rows(parts: list[str]) -> list[list[tuple[str, float, float]]]:
    """Return chips in rows: text, place and width of each."""
    left, right = MARGIN + TITLE_WIDTH, WIDTH - MARGIN - 44 - PADDING
    rows: list[list[tuple[str, float, float]]] = [[]]
    x = float(left)
    for part in parts:
        width = len(part) * LETTER + 2 * PADDING
        if x + width > right:
            rows.append([])
            x = left
        rows[-1].append((part, x, width))
        x += width + CHIP_GAP
    return rows


def _panel(
    layer: Layer, rows: list[list[tuple[str, float, float]]], y: float, height: float
) -> Iterator[str]:
    width = WIDTH - 2 * MARGIN - 44
    middle = y + height / 2
    yield (
        f'<rect x="{MARGIN}" y="{y}" width="{width}" height="{height}" rx="12" '
        f'fill="{layer.colour}"/>'
    )
    yield _text(MARGIN + 18, middle - 3, layer.name, size=19, weight=700)
    yield _text(MARGIN + 18, middle + 17, layer.text, size=12.5, opacity=0.9)
    top = middle - (len(rows) * (CHIP_HEIGHT + CHIP_GAP) - CHIP_GAP) / 2
    for row in rows:
        for text, x, chip_width in row:
            yield (
                f'<rect x="{x:g}" y="{top:g}" width="{chip_width:g}" height="{CHIP_HEIGHT}" '
                f'rx="{CHIP_HEIGHT / 2:g}" fill="#ffffff" fill-opacity="0.16"/>'
            )
            yield _text(x + chip_width / 2, top + 17.5, text, size=12.5, anchor="middle")
        top += CHIP_HEIGHT + CHIP_GAP


def _text(
    x: float,
    y: float,
    text: str,
    *,
    size: float,
    weight: int = 500,
    anchor: str = "start",
    opacity: float = 1.0,
) -> str:
    return (
        f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" font-weight="{weight}" fill="#ffffff" '
        f'fill-opacity="{opacity:g}" text-anchor="{anchor}">{escape(text)}</text>'
    )


def _arrow(top: float, bottom: float) -> Iterator[str]:
    x, grey = WIDTH - MARGIN - 22, "#8b93a1"  # seen on white and on black
    yield f'<path d="M{x} {top} V{bottom - 12}" stroke="{grey}" stroke-width="3" fill="none"/>'
    yield f'<path d="M{x - 9} {bottom - 15} L{x} {bottom} L{x + 9} {bottom - 15} Z" fill="{grey}"/>'
    middle = (top + bottom) / 2
    yield (
        f'<text x="{x + 17}" y="{middle:g}" font-size="13" fill="{grey}" text-anchor="middle" '
        f'transform="rotate(90 {x + 17} {middle:g})" dy="4">imports go down only</text>'
    )


def main() -> int:
    PICTURE.write_text(picture(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
