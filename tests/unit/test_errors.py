import json
import pickle

import pytest

from karaokify_daemon import errors
from karaokify_daemon.errors import ConfigError, Fault, KaraokifyError

EVERY_ERROR = [
    cls
    for cls in vars(errors).values()
    if isinstance(cls, type) and issubclass(cls, KaraokifyError)
]


@pytest.mark.parametrize("cls", EVERY_ERROR)
def test_every_error_survives_pickling_with_its_fields(cls):
    error = cls("has no sound", file="talk.mp3", advice="Drop another.", stderr=["a", "b"])

    copy = pickle.loads(pickle.dumps(error))

    assert type(copy) is cls
    assert copy.to_dict() == error.to_dict()
    assert str(copy) == str(error)
    assert copy.args == error.args


@pytest.mark.parametrize("cls", EVERY_ERROR)
def test_every_error_says_what_to_do(cls):
    assert cls("is broken").advice.endswith(".")
    assert cls.__doc__


def test_codes_are_unique_so_that_programs_can_tell_failures_apart():
    codes = [cls.code for cls in EVERY_ERROR]

    assert sorted(codes) == sorted(set(codes))


def test_text_names_the_file_the_problem_and_the_advice():
    error = KaraokifyError("has no sound", file="talk.mp3", advice="Drop another.")

    assert str(error) == "talk.mp3: has no sound. Drop another."
    assert str(KaraokifyError("has no sound", advice="Stop.")) == "has no sound. Stop."


def test_config_error_lists_every_fault_and_keeps_them_through_pickling():
    faults = [
        Fault(key="video.fsp", value=1, problem="is not a known key", suggestion="video.fps"),
        Fault(key="video.size", value="1x1", problem="is too small"),
    ]
    error = ConfigError.of(faults, "config.toml")

    copy = pickle.loads(pickle.dumps(error))

    assert copy.faults == faults
    assert "2 fault(s)" in str(copy)
    assert "video.fsp = 1: is not a known key (did you mean 'video.fps'?)" in str(copy)
    json.dumps(copy.to_dict())


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (True, "a.b = true: is wrong"),
        ({"c": 1}, "a.b: is wrong"),
        ("x" * 300, f"a.b = '{'x' * 199}…: is wrong"),
    ],
)
def test_a_fault_repeats_what_was_given_as_it_may_be_written_and_in_short(value, line):
    assert str(Fault(key="a.b", value=value, problem="is wrong")) == line


def test_config_error_without_faults_reads_like_any_other():
    assert str(ConfigError("is not valid TOML", file="c.toml")).startswith("c.toml: is not valid")
