"""How many of the sentences that matter are in a reel that is chosen without a language model.

    python -m benchmarks.highlights [--talks 30] [--seed 7]

A talk has a subject with words of its own. Some sentences, planted anywhere, say what matters about
it with several of those words; others mention one of them; most are small talk. The reel is as long
as a tenth of the talk. Recall is the share of planted sentences in it, beside that of the talk's
first minutes of the same length, and of clips that are chosen at random.
"""

import argparse
import random
import statistics
from fractions import Fraction

from karaokify_daemon.adapters.keywords import keywords
from karaokify_daemon.domain.choice import best
from karaokify_daemon.domain.ranking import worths
from karaokify_daemon.domain.reel import reel, runs
from karaokify_daemon.domain.sentences import Sentence, sentences
from karaokify_daemon.domain.transcript import Segment, Transcript, Word

SUBJECTS = (
    "reef coral algae ocean polyps limestone bleaching plankton",
    "engine piston fuel turbine exhaust cylinder ignition valve",
    "bread dough yeast flour oven crust gluten starter",
    "glacier ice meltwater moraine valley crevasse snowfield climate",
    "violin bow string resonance varnish spruce bridge melody",
)
_PLANTED = (
    "the {0} depends on the {1} because every {2} needs its {3}",
    "without {0} there would be no {1} and the {2} would lose its {3}",
    "what we learned is that the {0} changes the {1} long before the {2}",
    "a healthy {0} always shows in the {1} and in the {2} around it",
)
_MENTIONS = (
    "I remember somebody asking me about the {0} on the way home last night",
    "there was a picture of some {0} on the wall of the room we stayed in",
    "we can come back to the {0} later if there is any time left for it",
)
_TALK = (
    "so anyway it was a long day and we were all a bit tired by then",
    "thank you so much for listening and for all of your kind letters",
    "let me just see whether the microphone is still where it should be",
    "my neighbour came over and we had a cup of tea and talked for hours",
    "you know how it goes when you have to get up early on a Monday",
    "and then the phone rang again so I had to go and pick it up",
    "I think somebody is at the door but they can wait for a minute",
    "honestly I did not expect that so many people would come here today",
)
_LENGTH, _SHARE_PLANTED, _SHARE_MENTIONS, _REEL = 200, 0.05, 0.15, 0.1
_RATE = Fraction(30)


def talk(r: random.Random) -> tuple[list[Sentence], set[int], int]:
    """Return a talk's sentences, the numbers of those that matter, and its length (ms)."""
    subject = r.choice(SUBJECTS).split()
    planted = set(r.sample(range(_LENGTH), round(_LENGTH * _SHARE_PLANTED)))
    words: list[Word] = []
    now = 500
    for i in range(_LENGTH):
        if i in planted:
            text = r.choice(_PLANTED).format(*r.sample(subject, 4))
        elif r.random() < _SHARE_MENTIONS:
            text = r.choice(_MENTIONS).format(r.choice(subject))
        else:
            text = r.choice(_TALK)
        for token in f"{text[0].upper()}{text[1:]}.".split():
            length = 60 * len(token) + r.randint(40, 160)
            words.append(Word(token, now, now + length))
            now += length
        now += r.randint(200, 900)
    found = sentences(Transcript((Segment(tuple(words)),)))
    if len(found) != _LENGTH:
        raise ValueError("sentences are not those that were spoken")
    return found, planted, now


def extractive(found: list[Sentence], duration_ms: int, length_ms: int) -> set[int]:
    """Return the numbers of the sentences that are chosen as the service does."""
    about = keywords(" ".join(sentence.text for sentence in found), "en")
    worth = worths(found, about, [None] * len(found), "en")
    _, chosen = reel(found, worth, duration_ms=duration_ms, length_ms=length_ms, rate=_RATE)
    return {i for clip in chosen for i in range(clip.first, clip.last + 1)}


def at_random(
    found: list[Sentence], duration_ms: int, length_ms: int, r: random.Random
) -> set[int]:
    """Return the numbers of sentences in clips of random worth."""
    worth = [r.random() for _ in found]
    chosen = best(runs(found, worth, duration_ms, length_ms), length_ms)
    return {i for clip in chosen for i in range(clip.first, clip.last + 1)}


def first(found: list[Sentence], length_ms: int) -> set[int]:
    """Return the numbers of the sentences of the beginning."""
    return {sentence.id for sentence in found if sentence.end <= length_ms}


def main() -> None:
    """Read the command line, measure, print."""
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--talks", type=int, default=30)
    p.add_argument("--seed", type=int, default=7)
    a = p.parse_args()
    r = random.Random(a.seed)
    recalls: dict[str, list[float]] = {"extractive": [], "first": [], "random": []}
    for _ in range(a.talks):
        found, planted, duration_ms = talk(r)
        length_ms = round(duration_ms * _REEL)
        sets = {
            "extractive": extractive(found, duration_ms, length_ms),
            "first": first(found, length_ms),
            "random": at_random(found, duration_ms, length_ms, r),
        }
        for name, chosen in sets.items():
            recalls[name].append(len(chosen & planted) / len(planted))
    print(f"{'':12}{'recall':>8}{'worst talk':>12}")
    for name, values in recalls.items():
        print(f"{name:12}{statistics.fmean(values):8.0%}{min(values):12.0%}")


if __name__ == "__main__":
    main()
