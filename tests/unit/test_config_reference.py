"""docs/configuration-reference.md: made from the schema, up to date, true of the environment."""

import doctest
import re

import pytest
import tomli_w

from karaokify_daemon.config import Config, load
from tools import config_reference as reference

PAGE = reference.PAGE.read_text(encoding="utf-8")
SECTIONS = Config().model_dump(mode="json")
KEYS = [
    (section, key) for section, values in SECTIONS.items() if section != "presets" for key in values
]


def test_it_is_up_to_date():
    assert reference.page() == PAGE, "make docs"


def test_it_has_every_section_and_key_once():
    assert re.findall(r"^## \[(\w+)\]$", PAGE, re.MULTILINE) == list(SECTIONS)
    found = re.findall(r"^### (\w+)\.(\w+)$", PAGE, re.MULTILINE)
    assert found == KEYS


@pytest.mark.parametrize(("section", "key"), KEYS)
def test_the_variable_that_is_named_sets_the_key(section, key):
    told = PAGE.partition(f"### {section}.{key}\n\n")[2].partition("\n")[0]
    (name,) = re.findall(r"`(KARAOKIFY_\w+)`", told)
    value = SECTIONS[section][key]
    if value is None:
        value = "none" if key == "waveform" else "top" if key == "waveform_position" else None
    if value is None:  # a text, a size, a path, a colour, a number, an address
        texts = {"font_size": 6.0, "size": "9:16", "api_base": "http://127.0.0.1/v1"}
        value = texts.get(key, "#112233" if "color" in key or "gradient" in key else "/x")
    text = tomli_w.dumps({"x": value}, multiline_strings=False).removeprefix("x = ").strip()
    found = getattr(getattr(load(None, {name: text}), section), key)
    given = getattr(getattr(load(None, {}, [f"{section}.{key}={text}"]), section), key)
    assert found == given
    if SECTIONS[section][key] is None:
        assert found is not None


def test_the_short_variables_are_those_that_are_read():
    values = {"MODEL_SIZE": "tiny", "GPU_ENABLED": "false", "CACHE_DIR": "/elsewhere"}
    assert set(reference.SHORT.values()) == set(values)
    for name, variable in reference.SHORT.items():
        section, key = name.split(".")
        changed = getattr(getattr(load(None, {variable: values[variable]}), section), key)
        assert str(changed) == {"GPU_ENABLED": "cpu"}.get(variable, values[variable])


def test_what_is_said_beside_the_schema_is_of_keys_that_exist():
    names = {f"{section}.{key}" for section, key in KEYS}
    assert set(reference.VALUES) | set(reference.SHORT) <= names


def test_its_examples_hold():
    assert doctest.testmod(reference).failed == 0
