import pytest

from karaokify_daemon.adapters import web_token


def test_it_is_made_once_for_its_owner_alone(tmp_path):
    token = web_token.made(tmp_path)
    assert len(token) >= 43 and web_token.made(tmp_path) == web_token.read(tmp_path) == token
    assert (tmp_path / "web.token").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["web.token"]


@pytest.mark.parametrize("left", ["", "short", "no token at all, but long", "\xff" * 40])
def test_what_is_no_token_lets_nobody_in_and_is_replaced(tmp_path, left):
    (tmp_path / "web.token").write_text(left, encoding="latin-1")
    with pytest.raises(ValueError, match="no token"):
        web_token.read(tmp_path)
    assert len(web_token.made(tmp_path)) >= 43


def test_a_link_in_its_place_is_replaced_and_not_followed(tmp_path):
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / "web.token").symlink_to(tmp_path / "elsewhere")
    web_token.made(tmp_path)
    assert (tmp_path / "elsewhere").read_text() == ""
    assert not (tmp_path / "web.token").is_symlink()


def test_without_a_state_folder_there_is_none(tmp_path):
    with pytest.raises(FileNotFoundError):
        web_token.made(tmp_path / "gone")
