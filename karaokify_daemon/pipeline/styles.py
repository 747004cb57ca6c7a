"""Styles: a folder of the user's own, those that are shipped, and what options change of one."""

import difflib
from collections.abc import Iterator
from pathlib import Path

from karaokify_daemon.adapters.shipped import shipped
from karaokify_daemon.config import Style, Video, read_style
from karaokify_daemon.errors import ConfigError, Fault


def find_style(name: str, own: Path | None = None) -> Style:
    """Return a style by its name; one in the folder `own` hides a shipped one of its name.

    Raises ConfigError where there is none, or where it is faulty.
    """
    for folder in _folders(own):
        path = folder / f"{name}.toml"
        if path.is_file():
            return read_style(path)
    known = [found for found, _ in list_styles(own)]
    close = difflib.get_close_matches(name, known, 1)
    problem = f"is not a style; there are {', '.join(known)}"
    fault = Fault(key="style", value=name, problem=problem, suggestion=close[0] if close else None)
    raise ConfigError.of([fault])


def list_styles(own: Path | None = None) -> Iterator[tuple[str, Path]]:
    """Yield the name and the file of every style, by name."""
    found = {path.stem: path for folder in reversed(_folders(own)) for path in _files(folder)}
    yield from sorted(found.items())


def styled(video: Video) -> Style:
    """Return the style of a video, with what its own options change. Raises ConfigError."""
    style = find_style(video.style, video.styles)
    own = {
        "font": video.font,
        "size": video.font_size,
        "color": video.text_color,
        "highlight": video.highlight_color,
        "outline_color": video.outline_color,
    }
    return style.model_copy(update={key: value for key, value in own.items() if value is not None})


def resolved(video: Video) -> Video:
    """Return the same options, with what the style says where they say nothing of the waveform."""
    style = styled(video)
    position = video.waveform_position or style.waveform_position
    return video.model_copy(
        update={
            "waveform": video.waveform or style.waveform,
            "waveform_color": video.waveform_color or style.waveform_color,
            # Captions at the bottom stand above it; elsewhere they have the place for themselves.
            "waveform_position": "bottom" if position == style.anchor else position,
        }
    )


def _folders(own: Path | None) -> list[Path]:
    return [*([own] if own else []), shipped("styles")]


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.toml"))
