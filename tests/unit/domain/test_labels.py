import pytest

from karaokify_daemon.domain.labels import label
from tests.support.talks import spoken

TALK, _ = spoken(
    [
        "So, bees can learn faces, and they never forget them.",
        "A flower that was good once is visited again on the next day and on the day after it.",
        "Some bees live alone for all of the summer that they have.",
    ],
    "en",
)


def test_a_title_that_the_captions_say_meanwhile_is_left_out():
    assert label("Bees can learn faces", TALK) == "" == label("“Never forget them”", TALK)
    assert label("Bees learn all faces", TALK) == "Bees learn all faces"


def test_what_is_said_when_the_title_is_gone_is_shown():
    assert TALK[2].start > 7600
    assert label("Some bees live alone", TALK) == "Some bees live alone"
    assert label("Some bees live alone", TALK[2:]) == ""


def test_a_name_of_what_is_spoken_of_is_no_quotation():
    assert label("Bees", TALK) == "Bees" and label("Learn faces", TALK) == "Learn faces"


@pytest.mark.parametrize(("title", "shown"), [("蜜蜂能够认出人脸", False), ("蜜蜂", True)])
def test_scripts_without_spaces(title, shown):
    said, _ = spoken(["蜜蜂能够认出人脸。"], "zh")
    assert label(title, said) == (title if shown else "")
