"""How much of a GPU's memory a recognition takes, and what takes less. Pure."""

from dataclasses import dataclass, replace

CPU = "cpu"


@dataclass(frozen=True, kw_only=True)
class Effort:
    """With which model, where, how many windows at once, and how many guesses are followed."""

    model: str
    device: str
    batch: int = 1
    beam: int = 1

    def smaller(self, fallback: str = "") -> "Effort | None":
        """Return the next that takes less of the GPU; None on the processor, which takes none.

        `fallback` is the smaller model that is configured, if any.

        >>> effort, steps = Effort(model="large", device="cuda", batch=4, beam=5), []
        >>> while effort := effort.smaller("small"):
        ...     steps.append((effort.model, effort.device, effort.batch, effort.beam))
        >>> for step in steps: print(*step)
        large cuda 2 5
        large cuda 1 5
        large cuda 1 1
        small cuda 1 1
        small cpu 1 1
        """
        if self.device == CPU:
            return None
        if self.batch > 1:
            return replace(self, batch=self.batch // 2)
        if self.beam > 1:
            return replace(self, beam=1)
        if fallback and _is_smaller(fallback, self.model):
            return replace(self, model=fallback)
        return replace(self, device=CPU)

    def instead_of(self, other: "Effort") -> dict[str, str | int]:
        """Return what of another effort was given up at the cost of the result, as it was there.

        >>> Effort(model="small", device="cpu").instead_of(Effort(model="large", device="cuda"))
        {'model': 'large'}
        """
        given_up: dict[str, str | int] = {}
        if self.model != other.model:
            given_up["model"] = other.model
        if self.beam != other.beam:
            given_up["beam"] = other.beam
        return given_up

    def changes(self, before: "Effort") -> str:
        """Return in words what is smaller than before.

        >>> Effort(model="x", device="cuda", batch=2).changes(
        ...     Effort(model="x", device="cuda", batch=4))
        'batch 2 instead of 4'
        """
        pairs = [(name, getattr(self, name), getattr(before, name)) for name in _NAMES]
        return ", ".join(f"{name} {now} instead of {was}" for name, now, was in pairs if now != was)


def _is_smaller(model: str, other: str) -> bool:
    """Tell whether a model may be smaller than another: of files only their owner knows."""
    ranks = [_rank(name) for name in (model, other)]
    return model != other and (-1 in ranks or ranks[0] < ranks[1])


def _rank(model: str) -> int:
    fitting = [i for i, name in enumerate(_SIZES) if name in model and "/" not in model]
    return fitting[0] if fitting else -1


_SIZES = ("demo", "tiny", "base", "small", "medium", "turbo", "large")
_NAMES = ("model", "device", "batch", "beam")
