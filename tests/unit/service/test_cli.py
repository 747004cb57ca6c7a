import pytest

from karaokify_daemon.service.cli import _hyphens, _parser


def test_flags_take_hyphens_and_underscores_and_values_are_left_alone():
    argv = _hyphens(["transcribe", "--audio_path", "my_file.wav", "--model_size=a_b"])
    arguments = _parser().parse_args(argv)
    assert str(arguments.audio_path) == "my_file.wav" and arguments.model_size == "a_b"


def test_what_follows_two_hyphens_is_a_name():
    arguments = _parser().parse_args(_hyphens(["process", "--", "--my_talk.wav"]))
    assert [str(path) for path in arguments.files] == ["--my_talk.wav"]


def test_settings_keep_their_underscores():
    arguments = _parser().parse_args(_hyphens(["check", "--set", "video.text_color=#000000"]))
    assert arguments.settings == ["video.text_color=#000000"]


def test_an_unknown_flag_is_refused(capsys):
    with pytest.raises(SystemExit) as caught:
        _parser().parse_args(["run", "--conf", "x"])
    assert caught.value.code == 2 and "--config" in capsys.readouterr().err
