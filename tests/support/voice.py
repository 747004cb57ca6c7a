"""Speech that is the same whatever was spoken before."""

import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from tools.speech import Audio, SpokenWord, speak

_fresh = multiprocessing.get_context("forkserver")
_fresh.set_forkserver_preload(["tools.speech"])


def spoken(texts: Sequence[str], voice: str = "en-us") -> list[tuple[Audio, list[SpokenWord]]]:
    """Return the sound and the words of each text, whatever was spoken before.

    espeak-ng goes on with the flutter of its voice from one utterance to the next, so each
    recording is spoken by a process that has said nothing yet.
    """
    with ProcessPoolExecutor(1, mp_context=_fresh) as pool:
        return list(pool.map(speak, texts, [voice] * len(texts)))
