import pytest
import tomli_w
from pydantic import ValidationError

from karaokify_daemon.config import Style, read_style
from karaokify_daemon.domain.ass import MODES, Look
from karaokify_daemon.errors import ConfigError


def test_every_mode_that_there_is_may_be_asked_for():
    assert set(Style.model_fields["mode"].annotation.__args__) == set(MODES)


def test_what_a_style_says_is_what_a_look_has():
    of_its_own = {"description", "font", "words", "waveform", "waveform_color", "waveform_position"}
    assert set(Style.model_fields) - of_its_own <= set(Look.__dataclass_fields__)


def test_a_style_is_read_with_its_defaults(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(tomli_w.dumps({"description": "Mine.", "mode": "pop", "size": 9}))
    assert read_style(path) == Style(description="Mine.", mode="pop", size=9.0)


def test_every_fault_is_named(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(tomli_w.dumps({"description": "", "mode": "jump", "colour": "#FFF"}))
    with pytest.raises(ConfigError) as caught:
        read_style(path)
    assert {fault.key for fault in caught.value.faults} == {"mode", "colour"}
    assert "mine.toml" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"mode =", b"\xff", b"x = " + b"9" * 5000])
def test_what_is_no_style_is_refused(tmp_path, content):
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError):
        read_style(path)


def test_a_style_cannot_be_changed():
    with pytest.raises(ValidationError):
        Style(description="x", mode="pop").size = 3
