import random

from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.alignment import align, likeness

TEXT = (
    "the moon is bright and a warm wind sings over the quiet sea while two small boats come home "
    "and nobody on the long pier has seen them yet because the lamp went out an hour ago"
).split()
words = st.lists(st.sampled_from(TEXT), max_size=60)


def numbers(found):
    return [j for j in found if j is not None]


@given(words, words)
def test_numbers_rise_and_only_words_that_are_alike_are_pairs(known, heard):
    found = align(known, heard)
    assert len(found) == len(known)
    assert numbers(found) == sorted(set(numbers(found)))
    assert all(likeness(known[i], heard[j]) >= 0.6 for i, j in enumerate(found) if j is not None)


@given(words)
def test_a_text_is_aligned_with_itself(known):
    assert align(known, known) == list(range(len(known)))


@given(st.lists(st.text(max_size=5), max_size=20), st.lists(st.text(max_size=5), max_size=20))
def test_any_text_may_come(known, heard):
    assert len(align(known, heard)) == len(known)


@given(st.integers(0, len(TEXT) - 1), st.integers(1, 6))
def test_what_was_not_heard_has_no_number_and_the_rest_has_its_own(at, count):
    found = align(TEXT, TEXT[:at] + TEXT[at + count :])
    assert len(numbers(found)) == len(TEXT[:at] + TEXT[at + count :])


def test_words_that_were_misheard_are_still_the_same():
    heard = "the noon is brigt and a warm wint sings".split()
    assert align(TEXT[:9], heard) == list(range(9))


def test_case_punctuation_and_accents_do_not_count():
    assert align(["“Café,", "NAÏVE!"], ["cafe", "naive"]) == [0, 1]


def test_a_long_text_with_errors_finds_nearly_all_of_its_words():
    r = random.Random(7)
    vocabulary = ["".join(r.choices("abcdefghijklmno", k=r.randint(2, 9))) for _ in range(2000)]
    known = r.choices(vocabulary, [1 / n for n in range(1, 2001)], k=10_000)
    heard, truth = [], []
    for word in known:
        chance = r.random()
        if chance < 0.05:
            truth.append(None)
            continue
        if chance < 0.1:
            heard.append(r.choice(vocabulary))
        right = r.random() > 0.05
        truth.append(len(heard) if right else None)
        heard.append(word if right else "qqqqqq")
    found = align(known, heard)
    assert sum(a == b for a, b in zip(found, truth, strict=True)) > 0.95 * len(known)
