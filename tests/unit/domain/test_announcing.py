import pytest

from karaokify_daemon.domain.announcing import announced


@pytest.mark.parametrize(
    ("language", "text", "named"),
    [
        ("en", "Let me say something about wild bees, because I like them.", "wild bees"),
        ("en", "We will talk a bit about the sea.", ""),
        ("de", "Heute geht es um das Reparieren von Fahrrädern.", "das Reparieren von Fahrrädern"),
        ("de-CH", "Wir sprechen heute über Bienen.", "Bienen"),
        ("fr", "Aujourd'hui je veux parler du miel.", "miel"),
        ("es", "Hoy vamos a hablar de la miel.", "la miel"),
        ("nl", "Vandaag gaat het over honing.", "honing"),
        ("ru", "Сегодня поговорим о пчёлах.", "пчёлах"),
        ("ja", "今日は蜂の話です。", ""),
    ],
)
def test_what_a_speaker_says_that_it_is_about(language, text, named):
    assert announced(text, language) == named


def test_what_is_long_is_no_title():
    assert announced("I talk about " + "all of this " * 9, "en") == ""
