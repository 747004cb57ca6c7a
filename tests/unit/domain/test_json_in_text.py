import json

import pytest

from karaokify_daemon.domain.json_in_text import json_object

KNOWN = {"title", "clips"}
LONG = 1_000_000


@pytest.mark.parametrize(
    "unit",
    ["<think>", "<think></think>", "```{", "```json\n{}  ", "{", '{"title":', "[", "}  ```", "` "],
)
def test_a_long_text_of_beginnings_without_ends_takes_no_time(unit):
    assert json_object(unit * (LONG // len(unit)), KNOWN) is None


@pytest.mark.parametrize(
    "text",
    [
        "%s",
        "<think>{}</think>%s",
        "Here it is:\n```json\n%s\n```\nIs that well?",
        "```\n%s```",
        "Some {prose} first. %s And some after.",
        "<think>never ended %s",
    ],
)
def test_an_object_is_found_wherever_it_stands(text):
    given = {"title": "A ```fence``` in a title", "clips": []}
    assert json_object(text % json.dumps(given), KNOWN) == given


@pytest.mark.parametrize(
    "text", ["", "{}", '{"other": 1}', '["title"]', '{"title": NaN}', '{"title"']
)
def test_what_is_none_is_none(text):
    assert json_object(text, KNOWN) is None
