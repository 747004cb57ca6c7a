import os
import stat
import subprocess
import sys

import pytest

from karaokify_daemon.config import Config, load
from karaokify_daemon.errors import ConfigError
from karaokify_daemon.service.init import init

FOLDERS = ["archive", "cache", "failed", "inbox", "outbox", "state"]


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_it_writes_folders_and_a_configuration_of_all_defaults(tmp_path):
    path = init(tmp_path / "new" / "tree")
    assert path == tmp_path / "new" / "tree" / "config.toml"
    assert sorted(p.name for p in path.parent.iterdir() if p.is_dir()) == FOLDERS
    config = load(path, env={})
    assert config.folders == Config().folders.under(path.parent)
    assert config.model_copy(update={"folders": Config().folders}) == Config()


def test_the_configuration_carries_the_comments(tmp_path):
    text = init(tmp_path).read_text()
    assert 'Default: "source".\nfps = "source"\n' in text
    assert "# background = " in text and "\nbackground = " not in text


def test_what_the_service_keeps_for_itself_is_private(tmp_path):
    init(tmp_path)
    assert mode(tmp_path / "state") == mode(tmp_path / "cache") == 0o700


def test_an_existing_configuration_is_left_as_it_is(tmp_path):
    (tmp_path / "config.toml").write_text("# mine\n")
    with pytest.raises(ConfigError, match="exists already"):
        init(tmp_path)
    assert (tmp_path / "config.toml").read_text() == "# mine\n"
    assert list(tmp_path.iterdir()) == [tmp_path / "config.toml"]


def test_a_dangling_link_counts_as_a_configuration(tmp_path):
    (tmp_path / "config.toml").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigError, match="exists already"):
        init(tmp_path)
    assert not (tmp_path / "elsewhere").exists()


def test_existing_folders_are_kept(tmp_path):
    (tmp_path / "inbox").mkdir(mode=0o750)
    (tmp_path / "inbox" / "talk.mp3").write_text("x")
    init(tmp_path)
    assert mode(tmp_path / "inbox") == 0o750
    assert (tmp_path / "inbox" / "talk.mp3").read_text() == "x"


@pytest.mark.parametrize("name", ["inbox", "."])
def test_a_file_in_the_way_is_named(tmp_path, name):
    folder = tmp_path / "tree"
    if name == ".":
        folder.write_text("x")
    else:
        folder.mkdir()
        (folder / name).write_text("x")
    with pytest.raises(ConfigError, match="cannot be written") as caught:
        init(folder)
    assert str(caught.value.file) == os.path.normpath(folder / name)


def test_nothing_heavy_is_imported():
    script = (
        "import sys, karaokify_daemon.service.init, karaokify_daemon.service.check\n"
        "print({'torch', 'whisper', 'litellm', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
