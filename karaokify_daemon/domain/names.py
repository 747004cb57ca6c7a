"""Names of files: which are ignored, what belongs together, and what a bundle may be called."""

import fnmatch
import functools
import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from karaokify_daemon.domain.job import Sidecars

AUDIO = frozenset({".wav", ".mp3", ".flac", ".m4a", ".aac", ".ogg", ".opus", ".oga"})
VIDEO = frozenset({".mp4", ".mov", ".mkv", ".webm", ".m4v"})
IMAGE = frozenset({".png", ".jpg", ".jpeg", ".webp"})
SUBTITLES = (".vtt", ".ttml", ".dfxp", ".ass", ".srt")
TEXTS = (".lrc", ".txt")  # known text; of both, the first is taken: it may know times
_TRANSCRIPTS = (".json", *SUBTITLES)  # of several, the first is taken: it knows the most
_MEDIA = AUDIO | VIDEO
_SIDECARS = IMAGE | {*_TRANSCRIPTS, *TEXTS, ".toml"}

# Temporary names of copy tools, and litter of NAS boxes and desktops. Dotfiles are ignored too.
_IGNORED = (
    "*.part",
    "*.partial",
    "*.crdownload",
    "*.download",
    "*.tmp",
    "*.temp",
    "*.filepart",
    "~syncthing~*",
    "~$*",
    "*~",
    "@eaDir",
    "Thumbs.db",
    "desktop.ini",
    "*.error.json",
    "*.error.txt",
)
_BACKGROUND = ".background"
_ULTRASTAR = ".ultrastar"
_RESERVED = frozenset({"manifest", "poster", "contact", "summary"})  # names of a bundle's own files
_LONGEST_NAME = 255  # bytes, of every file system we know
_LONGEST_STEM = 200  # bytes: with any ending and suffix of ours, far below the 255 of file systems


def is_ignored(name: str, patterns: Iterable[str] = ()) -> bool:
    """Tell whether a name is never an input.

    >>> is_ignored("talk.mp3.part"), is_ignored(".talk.mp3.Xy12Zz"), is_ignored("talk.mp3")
    (True, True, False)
    """
    return name.startswith(".") or bool(_matcher(tuple(patterns)).match(name.lower()))


@functools.cache
def _matcher(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Return one expression for all patterns: a scan asks it for each of 20,000 names."""
    return re.compile("|".join(fnmatch.translate(p.lower()) for p in (*_IGNORED, *patterns)))


def suffix(path: Path) -> str:
    """Return the ending in lower case, with its dot.

    >>> suffix(Path("a.b.MP4"))
    '.mp4'
    """
    return path.suffix.lower()


def is_background_video(path: Path) -> bool:
    """Tell whether the name says `STEM.background.mp4`."""
    return suffix(path) in VIDEO and path.stem.lower().endswith(_BACKGROUND)


def is_song(path: Path) -> bool:
    """Tell whether the name says `STEM.ultrastar.txt`."""
    return suffix(path) == ".txt" and path.stem.lower().endswith(_ULTRASTAR)


def is_media(path: Path) -> bool:
    """Tell whether a file by this name starts a job."""
    return suffix(path) in _MEDIA and not is_background_video(path)


def is_sidecar(path: Path) -> bool:
    """Tell whether a file by this name belongs to a media file."""
    return suffix(path) in _SIDECARS or is_background_video(path)


def sidecar_stem(path: Path) -> str:
    """Return the stem of the media that a sidecar belongs to."""
    if is_song(path):
        return path.stem[: -len(_ULTRASTAR)]
    return path.stem[: -len(_BACKGROUND)] if is_background_video(path) else path.stem


def sidecars_of(media: Path, siblings: Iterable[Path]) -> Sidecars:
    """Pick a media file's sidecars out of the files in its folder."""
    own = sorted(p for p in siblings if is_sidecar(p) and sidecar_stem(p) == media.stem)
    moving = [p for p in own if is_background_video(p)]
    still = [p for p in own if suffix(p) in IMAGE]
    transcript = next((p for s in _TRANSCRIPTS for p in own if suffix(p) == s), None)
    songs = [p for p in own if is_song(p)]  # they know the times of all words
    text = next(iter(songs + [p for s in TEXTS for p in own if suffix(p) == s]), None)
    return Sidecars(
        background=next(iter(moving + still), None),
        transcript=transcript,
        text=text if transcript is None else None,
        options=next((p for p in own if suffix(p) == ".toml"), None),
    )


def printable(name: str) -> str:
    r"""Return a name for logs and JSON: bytes that are not UTF-8 become U+FFFD.

    >>> printable("caf\udce9.mp3")
    'caf�.mp3'
    """
    return os.fsencode(name).decode("utf-8", "replace")


def bundle_stem(media: Path) -> str:
    r"""Return what the bundle of a media file is called: its stem, safe in any folder and shell.

    Control characters become `_`, so does a leading dot or hyphen; a stem that is too long is cut
    and gets eight hexadecimal digits of its hash; one that a bundle's own files have gets a `_`.

    >>> bundle_stem(Path("talk.mp3")), bundle_stem(Path("-rf.mp3")), bundle_stem(Path("a\nb.mp3"))
    ('talk', '_rf', 'a_b')
    """
    stem = printable(media.stem)
    stem = "".join("_" if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in stem)
    stem = re.sub(r"^[.\-]", "_", stem).rstrip() or "_"
    if stem.lower() in _RESERVED:
        stem = f"_{stem}"
    raw = stem.encode()
    if len(raw) <= _LONGEST_STEM:
        return stem
    digest = hashlib.sha256(os.fsencode(media.name)).hexdigest()[:8]
    return raw[: _LONGEST_STEM - 9].decode("utf-8", "ignore") + "-" + digest


def numbered(stem: str, n: int) -> str:
    """Return the n-th name for a stem that is taken.

    >>> numbered("talk", 1), numbered("talk", 2)
    ('talk', 'talk-2')
    """
    return stem if n == 1 else f"{stem}-{n}"


def shortened(name: str, room: int = _LONGEST_NAME) -> str:
    """Return the name, cut to `room` bytes if longer; a cut one ends in digits of its hash.

    >>> shortened("talk.mp3"), shortened("a very long name", 12)
    ('talk.mp3', 'a v-4e54041b')
    """
    raw = os.fsencode(name)
    if len(raw) <= room:
        return name
    end = room - 9
    while end > 0 and raw[end] & 0xC0 == 0x80:  # not in the middle of a character
        end -= 1
    return os.fsdecode(raw[:end]) + "-" + hashlib.sha256(raw).hexdigest()[:8]


def numbered_names(names: Iterable[str], stem: str, n: int) -> list[str]:
    """Return the n-th names for files that share a stem, still sharing one, none above 255 bytes.

    >>> numbered_names(["talk.background.mp4", "talk.mp3"], "talk", 2)
    ['talk-2.background.mp4', 'talk-2.mp3']
    """
    endings = [name[len(stem) :] for name in names]
    if n == 1:
        return [stem + ending for ending in endings]
    longest = max(len(os.fsencode(ending)) for ending in endings)
    cut = shortened(stem, _LONGEST_NAME - longest - len(f"-{n}"))
    return [numbered(cut, n) + ending for ending in endings]


def reason_names(name: str) -> tuple[str, str]:
    """Return the names of the JSON and the text that say why a file failed.

    >>> reason_names("talk.mp3")
    ('talk.mp3.error.json', 'talk.mp3.error.txt')
    """
    cut = shortened(name, _LONGEST_NAME - len(".error.json"))
    return f"{cut}.error.json", f"{cut}.error.txt"
