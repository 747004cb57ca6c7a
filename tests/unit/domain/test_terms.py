from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.terms import groups, terms
from karaokify_daemon.domain.transcript import Word


def said(*texts, joiner=" "):
    return [
        Sentence(i, tuple(Word(word, 0, 1) for word in text.split()), joiner)
        for i, text in enumerate(texts)
    ]


def test_terms_are_words_without_case_accents_and_marks():
    assert terms(said("“Café” - is OPEN!")[0]) == ["cafe", "is", "open"]


def test_without_spaces_terms_are_pairs_of_characters():
    assert terms(said("珊 瑚礁 。", joiner="")[0]) == ["珊瑚", "瑚礁"]
    assert terms(said("。", joiner="")[0]) == []


def test_what_is_said_nearly_word_by_word_is_one_group():
    found = said(
        "thank you all for listening today",
        "the reef is made of coral",
        "thank you all for listening today Peter",
        "coral of made is reef the",
        "Thank you all for listening, today!",
        "",
        "...",
    )
    assert groups(found[:5]) == [0, 1, 0, 3, 0]
    assert len(groups(found)) == 7
