import pytest
from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.leaning import asks, leans
from karaokify_daemon.domain.leaning_words import _WORDS
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.transcript import Word


def said(text):
    return Sentence(0, tuple(Word(word, 0, 1) for word in text.split()))


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "How do they decide where to go?"),
        ("en", "Maria asks whether bees can recognise their keeper."),
        ("en", "Um, somebody asked me last week whether urban honey is full of lead."),
        ("en", "John asks what to do after a sting."),
        ("en", "The question is why they dance."),
        ("de", "Anna fragt, ob man einen Schlauch flicken kann."),
        ("de", "Jemand wollte wissen, wie lange das dauert."),
        ("fr", "Marie demande pourquoi les abeilles dansent."),
        ("es", "Juan pregunta cómo se hace."),
        ("zh", "这是什么？"),
        ("el", "Πού είναι;"),
    ],
)
def test_questions_are_also_those_that_are_told_of(language, text):
    assert asks(said(text), language)


@pytest.mark.parametrize(
    "text", ["We asked the council for a roof.", "Tell me.", "Why they dance, nobody knows."]
)
def test_what_is_no_question_is_none(text):
    assert not asks(said(text), "en")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The reason was simple: I opened the hive every single day."),
        ("en", "The bees filter a good part of it, because the nectar is warm."),
        ("en", "Um, but it’s late."),
        ("en", "Since then we have a checklist."),
        ("de", "Das ist billiger als ein neuer."),
        ("de", "Der Grund war einfach."),
        ("fr", "C’est la raison."),
        ("ru", "Они танцуют."),
    ],
)
def test_what_refers_back_leans_on_what_was_said(language, text):
    assert leans(said(text), language)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Half of the species are endangered, and nobody knows all of them."),
        ("en", "This week we talk about bees."),
        ("de", "Es gibt fünfhundert Arten."),
        ("de", "Das Volk lebt im Stock."),
        ("xx", "It is late."),
        ("", "They dance."),
    ],
)
def test_what_stands_alone_does_not(language, text):
    assert not leans(said(text), language)


@given(st.text(min_size=1).filter(str.strip), st.sampled_from([*_WORDS, "xx"]))
def test_any_text_does_or_does_not(text, language):
    assert {asks(said(text), language), leans(said(text), language)} <= {True, False}
