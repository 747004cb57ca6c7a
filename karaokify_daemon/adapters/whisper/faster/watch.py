"""Signs of life while native code works, which calls nobody back.

It works in a thread of its own. As long as that uses the processor, it is alive; one that hangs
does not. Its end is not awaited: what the callback raises comes out at once, and the next call
waits until the thread is free.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from functools import partial
from typing import Any

_LOOK_S = 0.25
_WORKED_S = 0.001
_LONG = frozenset({"encode", "generate", "align", "detect_language"})


class Watch:
    """Runs one native call after the other; `beat` is called while one is at work."""

    def __init__(self) -> None:
        self.beat: Callable[[], None] = lambda: None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="native")

    def call(self, function: Callable[..., Any], *args: Any, **options: Any) -> Any:
        """Return what the function does. Raises what it or `beat` does."""
        future = self._thread.submit(function, *args, **options)
        before = _used_by_others()
        while not wait((future,), _LOOK_S).done:
            after = _used_by_others()
            if after - before >= _WORKED_S:
                self.beat()
            before = after
        self.beat()
        return future.result()


class Watched:
    """A model of CTranslate2's whose long calls are watched."""

    def __init__(self, model: Any, watch: Watch) -> None:
        self._model, self._watch = model, watch

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._model, name)
        return partial(self._watch.call, found) if name in _LONG else found


def _used_by_others() -> float:
    """Return the seconds of the processor that this process has used but for this thread."""
    return time.process_time() - time.thread_time()
