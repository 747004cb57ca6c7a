"""Progress out of whisper, which has no callback for it.

`whisper.transcribe` counts frames on a tqdm bar: ours takes its place. A beat per decoded token
tells that the engine is alive inside a window of 30 s. Whatever the callback raises ends the run.
"""

import contextlib
import importlib
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, Self

OnProgress = Callable[[float], None]


class Progress:
    """How far a recognition has come (0 to 1); it never goes back, also over several runs."""

    def __init__(self, on_progress: OnProgress | None) -> None:
        self._on_progress = on_progress
        self._fraction = 0.0
        self.raised: BaseException | None = None  # by the callback: no fault of the engine's

    def advance(self, fraction: float) -> None:
        """Tell that so much is done."""
        self._fraction = max(self._fraction, min(1.0, fraction))
        self.beat()

    def beat(self) -> None:
        """Tell that work goes on."""
        if self._on_progress is None:
            return
        try:
            self._on_progress(self._fraction)
        except BaseException as error:
            self.raised = error
            raise

    @contextlib.contextmanager
    def of(self, model: Any) -> Iterator[None]:
        """Follow what whisper does with a model until the end of the block."""
        # The function whisper.transcribe hides the module of the same name.
        module: Any = importlib.import_module("whisper.transcribe")
        original = module.tqdm
        hook = model.decoder.register_forward_pre_hook(lambda *_: self.beat())
        module.tqdm = SimpleNamespace(tqdm=self.bar)
        try:
            yield
        finally:
            module.tqdm = original
            hook.remove()

    def bar(self, *_: Any, total: int, **__: Any) -> "_Bar":
        """Stand in for `tqdm(total=...)`."""
        return _Bar(self, total)


class _Bar:
    """The part of tqdm that whisper uses."""

    def __init__(self, progress: Progress, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, amount: int) -> None:
        self._done += amount
        self._progress.advance(self._done / max(1, self._total))
