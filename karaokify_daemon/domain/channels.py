"""Which loudspeakers a recording's channels belong to, and which of AAC's layouts keeps them.

AAC has a layout of its own for one to six and for eight channels; players understand those and
few others.
"""

from dataclasses import dataclass

MOST_CHANNELS = 64  # FFmpeg mixes no more

# A recording keeps its layout where AAC has it; the others go to the smallest that has a place for
# each of their loudspeakers, where "side" counts as "back". Names are FFmpeg's.
_KEPT = {
    name: kept
    for kept, names in {
        "mono": "mono",
        "stereo": "stereo downmix",
        "3.0": "3.0",
        "4.0": "4.0 3.0(back)",
        "5.0": "5.0 5.0(side) quad quad(side) 6.0 hexagonal",
        "5.1": "5.1 5.1(side) 2.1 3.1 4.1",
        "7.1": "7.1 6.1 6.1(back) 7.0 octagonal 7.1(wide) 7.1(wide-side)",
    }.items()
    for name in names.split()
}
# Without a word on loudspeakers, these numbers of channels can hardly be anything else. Three
# or nine are a recorder's microphones rather.
_USUAL = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}


@dataclass(frozen=True, kw_only=True)
class Channels:
    """The layout that a recording gets; `weights`, where there are any, of its mix to mono."""

    layout: str
    weights: tuple[float, ...] = ()

    @property
    def count(self) -> int:
        """The number of channels."""
        return {"mono": 1, "stereo": 2}.get(self.layout) or sum(map(int, self.layout.split(".")))


def channels(layout: str | None, count: int) -> Channels:
    """Return how `count` channels are kept; `layout` is FFmpeg's name for it, None if unknown.

    What has no place in AAC is mixed to mono, all channels alike, so that nobody is lost.

    >>> channels("5.1(side)", 6).layout, channels(None, 6).layout, channels("quad", 4).layout
    ('5.1', '5.1', '5.0')
    >>> channels(None, 4)
    Channels(layout='mono', weights=(0.25, 0.25, 0.25, 0.25))
    """
    if count == 1:
        return Channels(layout="mono")
    if layout and layout.startswith("ambisonic"):
        return Channels(layout="mono", weights=(1.0,) + (0.0,) * (count - 1))  # the sound of all
    kept = _KEPT.get(layout) if layout else _USUAL.get(count)
    if kept is not None:
        return Channels(layout=kept)
    return Channels(layout="mono", weights=(1 / count,) * count)
