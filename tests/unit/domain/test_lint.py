import random

import pytest

from karaokify_daemon.domain.captions import caption_lines
from karaokify_daemon.domain.lint import RULES, Norm, Shown, lint
from karaokify_daemon.domain.transcript import Segment, Transcript, Word

GOOD = Shown(1000, 4000, ("It was a bright cold day", "and the clocks were striking"))


def rules(*shown, **norm):
    return {finding.rule for finding in lint(shown, Norm(**norm))}


def test_good_captions_have_no_findings():
    assert rules(GOOD, Shown(4000, 6500, ("Nobody spoke for a while.",))) == set()


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        ("short", [Shown(0, 800, ("Hello there.",))]),
        ("long", [Shown(0, 7100, ("Hello there.",))]),
        ("fast", [Shown(0, 1000, ("Twenty-one letters now",))]),
        ("wide", [Shown(0, 4000, ("It was a bright cold day and the clocks were striking",))]),
        ("rows", [Shown(0, 4000, ("one day", "two days", "three"))]),
        ("break", [Shown(0, 4000, ("He walked to the", "old harbour at last"))]),
        ("orphan", [Shown(0, 4000, ("He walked to the old", "harbour"))]),
        ("unbalanced", [Shown(0, 4000, ("He saw", "the old harbour and many more boats"))]),
        ("overlap", [GOOD, Shown(3900, 6000, ("Nobody spoke.",))]),
        ("gap", [GOOD, Shown(4030, 6000, ("Nobody spoke.",))]),
        ("flicker", [GOOD, Shown(4200, 6000, ("Nobody spoke.",))]),
    ],
)
def test_each_rule_finds_what_it_is_for(rule, shown):
    assert rules(*shown) == {rule} and rule in RULES


def test_what_speech_leaves_no_choice_about_is_forced():
    fast = Shown(0, 1000, ("Twenty-one letters now",)), Shown(1000, 3000, ("And no rest.",))
    assert [finding.forced for finding in lint(fast)] == [True]
    word = Shown(0, 4000, ("Donaudampfschifffahrtsgesellschaftskapitaenswitwenrente",))
    assert [finding.forced for finding in lint([word])] == [True]


def test_the_frame_rate_decides_what_a_gap_is():
    shown = GOOD, Shown(4070, 6000, ("Nobody spoke.",))
    assert rules(*shown, rate=30) == {"flicker"} and rules(*shown, rate=24) == {"gap"}


TEXT = (
    "It was a bright cold day in April, and the clocks were striking thirteen. He walked slowly "
    'down to the old harbour, where a few boats were moored; nobody spoke. "Where are you going?" '
    "she asked him at last. Nowhere. The uncharacteristically overcomplicated "
    "internationalisation of the system, as it was called by those who had never used it, lasted "
    "for about ten years. I do not know what to say to you now, but if you want to come with us "
    "on the ship to the island of the birds then you must bring a lamp and some bread. Yes. No. "
    "Perhaps we should leave."
).split()


def spoken(seed):
    """Return some minutes of speech: fast or slow, with pauses and without."""
    r = random.Random(seed)
    letter, now, words = r.choice((40, 55, 70, 90, 130)), 500, []
    for i in range(300):
        text = TEXT[i % len(TEXT)]
        end = now + max(90, int(len(text) * letter * r.uniform(0.7, 1.3)))
        words.append(Word(text, now, end))
        pauses = (0, 20, 100, 300, 900, 2500) if text[-1] in ".,;?" else (0, 0, 20, 60)
        now = end + r.choice(pauses)
    return Transcript((Segment(tuple(words)),)), now


@pytest.mark.parametrize("row_chars", [42, 24])
def test_our_captions_are_clean_but_for_what_speech_forces(row_chars):
    total, against = 0, []
    for seed in range(12):
        transcript, end = spoken(seed)
        captions = caption_lines(transcript, max_chars=row_chars, duration_ms=end + 3000)
        found = lint([Shown.of(c) for c in captions], Norm(row_chars=row_chars))
        total += len(captions)
        against += [finding for finding in found if not finding.forced]
    assert total > 300 and len(against) <= total * 0.005, against
