import pytest

from karaokify_daemon.domain.captions import caption_lines
from karaokify_daemon.domain.phrasing import break_cost, holds
from karaokify_daemon.domain.transcript import Segment, Transcript, Word


def rows(text, language, max_chars):
    words = tuple(Word(word, 300 * i, 300 * i + 300) for i, word in enumerate(text.split()))
    found = caption_lines(Transcript((Segment(words),), language), max_chars=max_chars)
    return [row for caption in found for row in caption.texts]


def cost(one, other, language="en"):
    return break_cost(Word(one, 0, 300), Word(other, 300, 600), language)


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "the", "sea"), ("de", "die", "See"), ("fr", "l’", "homme"), ("it", "dell'", "uomo"),
        ("es", "de", "Madrid"), ("pl", "w", "domu"), ("ru", "в", "доме"), ("ar", "في", "البيت"),
        ("tr", "senin", "için"), ("hu", "ház", "mellett,"), ("fi", "talon", "takana"),
        ("hi", "घर", "में"), ("en", "Dr.", "Fox"), ("en", "J.", "Smith"), ("de", "Nr.", "5"),
        ("en", "12", "apples"), ("de", "3,5", "Prozent"),
    ],
)  # fmt: skip
def test_what_belongs_together_is_not_divided(language, one, other):
    assert holds(one, other, language)
    assert cost(one, other, language) == 8.0


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "die", "now"), ("en", "sea", "is"), ("en", "12", "and"), ("en", "2019", "we"),
        ("xx", "the", "sea"), ("tr", "için", "geldim"), ("en", "end.", "12"),
        ("en", "I.", "Then"), ("en", "no.", "Then"), ("en", "C.", "then"),
    ],
)  # fmt: skip
def test_what_does_not_may_be(language, one, other):
    assert not holds(one, other, language)


def test_breaks_are_best_at_ends_of_sentences_then_of_clauses_then_before_phrases():
    costs = [
        cost("end.", "So"), cost("end,", "so"), cost("sea", "with"), cost("sea", "blue"),
        cost("the", "sea"), cost("sea", ","),
    ]  # fmt: skip
    assert costs == sorted(costs) and len(set(costs)) == len(costs)


@pytest.mark.parametrize(
    ("language", "text", "wanted"),
    [
        ("de", "Wir fahren morgen früh mit dem Zug an die See",
            ["Wir fahren morgen früh", "mit dem Zug an die See"]),
        ("tr", "Bu güzel kitabı senin için almıştım dün",
            ["Bu güzel kitabı", "senin için almıştım dün"]),
        ("en", "We met old Dr. Livingstone there by chance",
            ["We met old Dr. Livingstone", "there by chance"]),
    ],
)  # fmt: skip
def test_rows_end_where_their_language_lets_them(language, text, wanted):
    assert rows(text, language, 27) == wanted
