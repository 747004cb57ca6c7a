"""What the demo model hears: a vocabulary of 188 words and sentences made of it.

Sentences are split once and for all by a hash of their words: one in twenty is held out, never
trained on, and accuracy is measured on those alone.
"""

import random
import zlib

# fmt: off
WORDS = list(dict.fromkeys("""one two three four five six seven eight nine ten red green blue white
black yellow dog cat fox bird fish horse cow sheep mouse bear lion house tree river mountain water
fire stone road garden door window table book song voice music night day morning evening summer
winter moon sun star sky rain snow wind sea ship boat train car city village school friend mother
father sister brother child king queen story dream heart hand head eye world light shadow runs walks
jumps sings plays sleeps reads opens closes finds keeps gives takes brings loves follows watches run
walk jump sing play sleep read open close find keep give take bring love follow watch big small old
new young happy quiet quick slow lazy bright dark warm cold sweet wild the a and in on over under to
from with near by of is was are we they you he she it slowly quickly always never again today
tomorrow now here there home welcome hello goodbye please remember listen episode question answer
people every our my your this that word brown then before after when little great""".split()))
NOUN = """dog cat fox bird fish horse cow sheep mouse bear lion king queen mother father sister
brother child friend people""".split()
THING = """house tree river mountain water fire stone road garden door window table book song voice
music moon sun star sky sea ship boat train car city village school story dream world light
shadow rain snow wind heart hand head eye home word question answer episode""".split()
VERB = """finds keeps gives takes brings loves follows watches opens closes reads find keep give
take bring love follow watch open close read""".split()
MOVE = "runs walks jumps sings plays sleeps run walk jump sing play sleep".split()
ADJECTIVE = """big small old new young happy quiet quick slow lazy bright dark warm cold sweet wild
red green blue white black yellow little great brown""".split()
WHERE = "in on over under to from with near by of".split()
WHICH = "the a our my your this that every".split()
WHEN = "slowly quickly always never again today tomorrow now here there".split()
TIME = "night day morning evening summer winter".split()
NUMBER = "one two three four five six seven eight nine ten".split()
WHO = "we they you he she it".split()
OPENING = "welcome hello goodbye please remember listen".split()
JOINING = "and and and then before after when".split()
# fmt: on

_HELD_OUT_ONE_IN = 20
_LONGEST = 14


def is_held_out(words: list[str]) -> bool:
    """Tell whether a sentence (lower-case words) belongs to the evaluation, never to training."""
    return zlib.crc32(" ".join(words).encode()) % _HELD_OUT_ONE_IN == 0


def training_sentence(r: random.Random) -> list[str]:
    """Return lower-case words: random ones, or a random chain of phrases with slips.

    A rigid grammar would teach the decoder to guess what must come next and to skip what it
    did not expect: with one, whole phrases went missing from sentences of a new form.
    """
    while True:
        if r.random() < 0.4:
            words = [r.choice(WORDS) for _ in range(r.randint(1, 12))]
        else:
            words = _chain(r)
        if words and not is_held_out(words):
            return words


def evaluation_sentence(r: random.Random) -> list[str]:
    """Return ten lower-case words, in a form of two subjects, that training never saw."""
    while True:
        words = [r.choice(WHICH), r.choice(ADJECTIVE), r.choice(NOUN), "and"]
        words += [r.choice(WHICH), r.choice(NOUN), r.choice(MOVE)]
        words += [r.choice(WHERE), r.choice(WHICH), r.choice(THING)]
        if is_held_out(words):
            return words


def _chain(r: random.Random) -> list[str]:
    pieces = (
        lambda: _phrase(r, NOUN),
        lambda: _phrase(r, THING),
        lambda: [r.choice(VERB), *_phrase(r, THING)],
        lambda: [r.choice(MOVE), r.choice(WHERE), *_phrase(r, THING)],
        lambda: [r.choice(WHERE), *_phrase(r, NOUN + THING)],
        lambda: [r.choice(MOVE)],
        lambda: [r.choice(JOINING)],
        lambda: ["and", *_phrase(r, NOUN + THING)],
        lambda: [r.choice(WHEN)],
        lambda: ["every", r.choice(TIME)],
        lambda: [r.choice(["is", "was", "are"]), r.choice(ADJECTIVE)],
        lambda: [r.choice(WHO), r.choice(MOVE + VERB)],
        lambda: [r.choice(NUMBER), r.choice(NOUN + THING)],
        lambda: [r.choice(OPENING), *r.choice([[], ["to", "our"]])],
    )
    words = [word for _ in range(r.randint(2, 5)) for word in r.choice(pieces)()]
    slips = (r.choice(WORDS) if r.random() < 0.1 else word for word in words)
    return [word for word in slips if r.random() > 0.04][:_LONGEST]


def _phrase(r: random.Random, nouns: list[str]) -> list[str]:
    adjective = [r.choice(ADJECTIVE)] if r.random() < 0.5 else []
    return [r.choice(WHICH), *adjective, r.choice(nouns)]
