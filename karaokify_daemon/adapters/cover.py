"""The cover of an MP4: the picture that players and file managers show for it."""

from pathlib import Path

from mutagen import MutagenError
from mutagen.mp4 import MP4, MP4Cover


def write_cover(video: Path, picture: Path) -> None:
    """Put a JPEG into an MP4 as its cover. Raises OSError."""
    try:
        file = MP4(video)
        file["covr"] = [MP4Cover(picture.read_bytes(), MP4Cover.FORMAT_JPEG)]
        file.save()
    except MutagenError as error:  # around what the system says: a full disk is waited for
        cause = error.args[0] if error.args else None
        raise (cause if isinstance(cause, OSError) else OSError(str(error))) from error
