"""Whether the machine has what a stage needs; and how much that is, coarsely. Pure.

The estimates are generous, and yet `MARGIN` times as much is asked for: to wait costs time, to run
out of something costs the work.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MARGIN = 1.5
FLOOR_SHARE = 0.02  # a small disk is not refused for a floor that is meant for large ones
_MB = 1_000_000
_PCM_BYTES_PER_MS = 32
_UNKNOWN_MS = 60 * 60_000  # the longest that may come would be refused on every small disk
_DECODING = 100 * _MB
_HIGHLIGHTING = 300 * _MB
_RENDERING, _RENDERING_PER_PIXEL = 200 * _MB, 250
_DECODER_PER_PIXEL = 22
_HEARD_PER_MS = 550  # whisper takes about 2 GB for an hour
_UNKNOWN_MODEL = 2000
# In MB, on the processor. The longest name that a model's begins with counts.
_MODELS = {
    "demo": 500,
    "tiny": 600,
    "base": 800,
    "small": 1800,
    "medium": 4500,
    "large": 8500,
    "large-v3-turbo": 5000,
    "turbo": 5000,
}
_STILL, _MOVING = 0.02, 0.1  # bits per pixel at crf 20
_CRF, _CRF_DOUBLES = 20, 6
_AUDIO_BYTES_PER_MS = 64  # the loudest setting
_COPIES = 2  # a video is copied when its sound is corrected
_TEXTS = 200_000


@dataclass(frozen=True, kw_only=True)
class Disk:
    """A file system: what the configuration calls a folder on it, and its bytes.

    Folders with the same `device` share it.
    """

    name: str
    device: int | None = None
    free: int
    total: int


@dataclass(frozen=True, kw_only=True)
class Needs:
    """What a stage takes while it works, in bytes: of memory, and by folder of its disk.

    `model` is one that is loaded for it, onto one of some graphics cards (by number), if any.
    """

    memory: int = 0
    disks: tuple[tuple[str, int], ...] = ()
    cards: tuple[int, ...] = ()
    model: str | None = None


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the machine has. What is None, or not looked at, is no obstacle."""

    memory: int | None = None
    disks: Sequence[Disk] = ()
    load: float | None = None
    gpu: int | None = None
    temperature: float | None = None
    on_battery: bool = False


@dataclass(frozen=True, kw_only=True)
class Floors:
    """What must be left over, in bytes, or must not be exceeded. 0: not looked at."""

    memory: int = 0
    disk: int = 0
    gpu: int = 0
    load: float = 0.0  # for each processor
    temperature: float = 0.0  # degrees Celsius
    battery: bool = True  # it is worked on battery


def refusal(needs: Needs, found: Found, floors: Floors) -> str | None:
    """Return in words why a stage must wait; None: it may begin.

    >>> refusal(Needs(disks=(("outbox", 8_200_000_000),)),
    ...         Found(disks=[Disk(name="outbox", free=3_100_000_000, total=10**12)]),
    ...         Floors(disk=1))
    'needs 12.3 GB on the disk of the outbox, 3.1 GB are free'
    """
    return (
        _of_disks(needs, found, floors)
        or _of_memory(needs.memory, found, floors)
        or _of_graphics(needs, found, floors)
        or _of_strain(found, floors)
    )


def refusal_alone(needs: Needs, found: Found, floors: Floors) -> str | None:
    """Return why a stage must wait although no other is at work; None: it may begin.

    An estimate of memory is no reason then: nobody of ours would ever give any back.
    """
    return refusal(Needs(disks=needs.disks, cards=needs.cards), found, floors)


def _of_disks(needs: Needs, found: Found, floors: Floors) -> str | None:
    if not floors.disk:
        return None
    wanted = dict(needs.disks)
    for disk in found.disks:
        shared = [one.name for one in found.disks if one.device == disk.device is not None]
        need = round(sum(wanted.get(name, 0) for name in shared or [disk.name]) * MARGIN)
        if disk.free < need + min(floors.disk, round(disk.total * FLOOR_SHARE)):
            return f"needs {size(need)} on the disk of the {disk.name}, {size(disk.free)} are free"
    return None


def _of_memory(memory: int, found: Found, floors: Floors) -> str | None:
    if not floors.memory or found.memory is None:
        return None
    need = round(memory * MARGIN)
    if found.memory >= need + floors.memory:
        return None
    free = f"{size(max(0, found.memory))} are free"
    if not need:
        return f"{free} of memory, limits.min_free_memory_mb = {floors.memory // _MB}"
    return f"needs {size(need)} of memory beside limits.min_free_memory_mb, {free}"


def _of_graphics(needs: Needs, found: Found, floors: Floors) -> str | None:
    if not (needs.cards and floors.gpu) or found.gpu is None or found.gpu >= floors.gpu:
        return None
    limit = f"limits.min_free_gpu_mb = {floors.gpu // _MB}"
    return f"{size(found.gpu)} are free on the graphics card, {limit}"


def _of_strain(found: Found, floors: Floors) -> str | None:
    if floors.load and found.load is not None and found.load > floors.load:
        return f"the load is {found.load:.1f} per processor, limits.max_load = {floors.load:g}"
    hot = found.temperature
    if floors.temperature and hot is not None and hot > floors.temperature:
        return f"the machine is {hot:.0f} °C hot, limits.max_temperature = {floors.temperature:g}"
    if found.on_battery and not floors.battery:
        return "the machine runs on its battery"
    return None


def to_decode(duration_ms: int | None, longest_ms: int) -> Needs:
    """Return what decoding a recording needs; one of unknown length may last an hour."""
    return Needs(
        memory=_DECODING,
        disks=(("cache", min(duration_ms or _UNKNOWN_MS, longest_ms) * _PCM_BYTES_PER_MS),),
    )


def to_transcribe(
    at_once_ms: int,
    model: str | None,
    *,
    instead_of: Sequence[str | None] = (),
    places: Iterable[str] = ("auto",),
) -> Needs:
    """Return what recognition needs beside what it holds; `model` is one that is to be loaded.

    `at_once_ms` is how much is heard at once; `instead_of` are the models of which one is freed
    before; `places` are the devices of which one hears it.
    """
    freed = min((_size_of(one) if one else 0 for one in instead_of), default=0)
    own = 0 if model is None else max(0, _size_of(model) - freed)
    cards = sorted({int(one.partition(":")[2] or 0) for one in places if one != "cpu"})
    return Needs(
        memory=own + at_once_ms * _HEARD_PER_MS,
        cards=() if model is None else tuple(cards),
        model=model,
    )


def to_highlight() -> Needs:
    """Return what choosing highlights needs."""
    return Needs(memory=_HIGHLIGHTING)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What decides how large a video becomes; `moving`: more than captions moves in it.

    A reel reads pictures of `decoded` pixels with so many `decoders` at once.
    """

    width: int
    height: int
    rate: float
    duration_ms: int
    crf: int
    moving: bool
    decoders: int = 1
    decoded: int = 0


def to_render(pictures: Sequence[Picture], archived: int = 0) -> Needs:
    """Return what rendering the videos of a bundle needs, and the journal and archive after it.

    `archived` are the bytes by which the archive's disk becomes fuller.
    """
    return Needs(
        memory=_RENDERING + max(map(_working, pictures), default=0),
        disks=(
            ("outbox", _TEXTS + sum(_video(one) for one in pictures)),
            ("archive", archived),
            ("state", 0),
        ),
    )


def _working(of: Picture) -> int:
    more = (of.decoders - 1) * of.decoded * _DECODER_PER_PIXEL
    return of.width * of.height * _RENDERING_PER_PIXEL + more


def _video(of: Picture) -> int:
    bits = (_MOVING if of.moving else _STILL) * 2 ** ((_CRF - of.crf) / _CRF_DOUBLES)
    per_ms = of.width * of.height * of.rate * bits / 8 / 1000 + _AUDIO_BYTES_PER_MS
    return round(per_ms * of.duration_ms * _COPIES)


def _size_of(model: str) -> int:
    fitting = [name for name in _MODELS if model.startswith(name)]
    return (_MODELS[max(fitting, key=len)] if fitting else _UNKNOWN_MODEL) * _MB


def size(number: float) -> str:
    """Return bytes as people say them.

    >>> size(12_300_000_000), size(4_200_000), size(900)
    ('12.3 GB', '4.2 MB', '0.9 kB')
    """
    for unit, name in ((10**9, "GB"), (10**6, "MB")):
        if number >= unit:
            return f"{number / unit:.1f} {name}"
    return f"{number / 1000:.1f} kB"
