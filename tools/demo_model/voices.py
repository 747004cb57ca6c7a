"""Which espeak-ng voices the demo model is trained on, and which are kept for evaluation.

A voice is an accent and a variant ("en-us+f3"). Two accents and eight variants are held out, so
that "other voices" means a new accent, a new timbre, or both.
"""

import random

TRAINING_ACCENTS = """en-us en-us en-us en en en-gb-x-rp en-gb-scotland en-gb-x-gbcwmd
en-029""".split()
TRAINING_VARIANTS = """m1 m2 m3 m4 m5 m6 f2 f3 f4 f5 adam Alex Alicia antonio Annie benjamin boris
caleb david Denis Diogo ed edward Gene grandma Hugo Jacky john Lee linda Mario max Michael miguel
norbert pablo pedro quincy rob sandro shelby steph travis victor zac klatt klatt3""".split()
TRAINED_ON = """en-us en-us+f3 en+f4 en-gb-x-rp en-us+m1 en-gb-scotland+f2""".split()
HELD_OUT = """en-gb-x-gbclan en-us-nyc en-us+m7 en+Andy en-gb-x-rp+f1 en-us-nyc+belinda""".split()


def training_voice(r: random.Random) -> str:
    """Return a voice name for `espeak_SetVoiceByName`."""
    if r.random() < 0.35:
        return r.choice(TRAINED_ON)
    accent = r.choice(TRAINING_ACCENTS)
    return accent if r.random() < 0.15 else f"{accent}+{r.choice(TRAINING_VARIANTS)}"
