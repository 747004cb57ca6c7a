import pytest

from karaokify_daemon.config import Video
from karaokify_daemon.errors import ConfigError
from karaokify_daemon.pipeline.styles import find_style, list_styles, resolved, styled


def test_at_least_ten_styles_are_shipped_each_of_them_readable():
    names = [name for name, _ in list_styles()]
    assert len(names) >= 10 and names == sorted(names)
    assert all(find_style(name).description.endswith(".") for name in names)


def test_a_style_of_the_users_own_hides_a_shipped_one(tmp_path):
    (tmp_path / "pop.toml").write_text('description = "Mine."\nmode = "color"\n')
    (tmp_path / "mine.toml").write_text('description = "Mine."\nmode = "color"\n')
    assert find_style("pop", tmp_path).mode == "color" and find_style("pop").mode == "pop"
    assert dict(list_styles(tmp_path))["mine"] == tmp_path / "mine.toml"
    assert find_style("sweep", tmp_path).mode == "sweep"


def test_an_unknown_style_is_refused_with_those_that_there_are():
    with pytest.raises(ConfigError, match="did you mean 'sweep'") as caught:
        find_style("swep")
    assert "teleprompter" in str(caught.value)


def test_options_of_the_video_change_its_style():
    plain = styled(Video(style="pill"))
    own = styled(Video(style="pill", font_size=9, highlight_color="#010203"))
    assert (own.size, own.highlight) == (9, "#010203")
    assert own.model_copy(update={"size": plain.size, "highlight": plain.highlight}) == plain


def test_the_style_places_the_waveform_but_not_over_its_captions(tmp_path):
    (tmp_path / "high.toml").write_text(
        'description = "Mine."\nmode = "color"\nwaveform_position = "top"\n'
    )
    high = Video(style="high", styles=tmp_path)
    assert resolved(high).waveform_position == "top"
    assert resolved(high.model_copy(update={"waveform_position": "bottom"})).waveform_position == (
        "bottom"
    )
    assert resolved(Video(style="punch", waveform_position="middle")).waveform_position == "bottom"
