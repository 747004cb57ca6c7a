"""config.example.toml against the schema: it documents every key, and what it says is true."""

import json
import re
import tomllib

import pytest
import tomli_w

from karaokify_daemon.adapters.shipped import shipped
from karaokify_daemon.config import Config, from_dict
from karaokify_daemon.config.load import with_options
from karaokify_daemon.service.init import default_config, read_comments

TEXT = shipped("config.example.toml").read_text(encoding="utf-8")
TREE = tomllib.loads(TEXT)
COMMENTS = read_comments(TEXT)
SECTIONS = Config().model_dump(mode="json")
KEYS = [(section, key) for section, values in SECTIONS.items() for key in values]


def test_it_parses_and_validates_to_the_defaults():
    assert from_dict(TREE) == Config()


def test_it_shows_every_default_that_there_is():
    known = {s: {k: v for k, v in t.items() if v is not None} for s, t in SECTIONS.items()}
    assert known == TREE


def test_it_names_every_section():
    assert COMMENTS.of_section.keys() == SECTIONS.keys()
    assert all(text.startswith("# ") for text in COMMENTS.of_section.values())


@pytest.mark.parametrize(("section", "key"), KEYS)
def test_every_key_is_explained_with_its_default(section, key):
    comment = COMMENTS.of_key[section, key]
    value = SECTIONS[section][key]
    *_, stated = re.sub(r"\n# ", " ", comment).partition("Default: ")
    if value is None:
        assert stated.startswith("none")
    elif isinstance(value, int | float | list):
        literal = tomli_w.dumps({"x": value}).removeprefix("x = ").strip()
        if isinstance(value, list):  # TOML's and JSON's look the same, and JSON's is one line
            literal = json.dumps(value)
        assert re.match(rf"{re.escape(literal)}(?![0-9])", stated), comment
    else:
        assert stated.startswith(f'"{value}"'), comment


@pytest.mark.parametrize(
    ("section", "key"), [(s, k) for s, k in KEYS if k.endswith("_seconds") or k == "audio_kbps"]
)
def test_durations_and_rates_name_their_unit(section, key):
    comment = COMMENTS.of_key[section, key]
    assert "in seconds" in comment or "kbit/s" in comment


def test_it_names_nothing_that_does_not_exist():
    assert set(COMMENTS.of_key) == set(KEYS)


def test_the_presets_it_shows_are_valid():
    shown = COMMENTS.of_section["presets"]
    _, _, example = shown.partition("For example:\n#\n")
    presets = tomllib.loads(re.sub(r"^# ?", "", example, flags=re.MULTILINE))["presets"]
    assert set(presets) == {"vertical", "lecture", "music"}
    for options in presets.values():
        with_options(Config(), options, trusted=True)


def test_it_is_what_init_writes():
    assert default_config(TEXT) == TEXT


def test_no_line_is_too_long_to_read():
    assert max(map(len, TEXT.splitlines())) <= 105
