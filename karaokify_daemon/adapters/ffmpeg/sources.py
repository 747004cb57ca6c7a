"""How a stranger's file is opened: by an absolute path, as what it may be, and as nothing else."""

from pathlib import Path

from karaokify_daemon.domain.names import IMAGE, printable, suffix
from karaokify_daemon.errors import NotMediaError

# Formats that hold their media themselves. Playlists, scripts and image sequences (hls, concat,
# dash, image2, lavfi and so on) name other files, so no ending allows them.
_RECORDINGS = "wav,w64,mp3,flac,ogg,aac,mov,matroska"
_SNIFFED = (
    (b"\x89PNG\r\n", 0, "png_pipe"),
    (b"\xff\xd8\xff", 0, "jpeg_pipe"),
    (b"WEBP", 8, "webp_pipe"),
)


def url(path: Path) -> str:
    """Return a path as FFmpeg takes it whatever characters it holds."""
    return f"file:{path.absolute()}"


def input_options(path: Path) -> dict[str, str]:
    """Return the options that a user-named input is opened with. Raises NotMediaError.

    Images get the one demuxer that fits their content, because the usual one (image2) would
    take a `%` in the name for the number of a sequence.
    """
    options = {"protocol_whitelist": "file,pipe"}
    if suffix(path) in IMAGE:
        name = _image_format(path)
        return options | {"format_whitelist": name, "f": name}
    return options | {"format_whitelist": _RECORDINGS}


def input_arguments(path: Path) -> list[str]:
    """Return the same as command-line arguments, with the input itself."""
    options = [part for key, value in input_options(path).items() for part in (f"-{key}", value)]
    return [*options, "-i", url(path)]


def _image_format(path: Path) -> str:
    name = printable(path.name)
    try:
        with path.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise NotMediaError(
            f"cannot be read ({error.strerror})",
            file=name,
            advice="Check its path and its permissions.",
        ) from error
    for magic, at, format_name in _SNIFFED:
        if head[at:].startswith(magic):
            return format_name
    raise NotMediaError(
        "is empty" if not head else "is not a PNG, JPEG or WebP image",
        file=name,
        advice="Export the image again, or remove it to use the configured background.",
    )
