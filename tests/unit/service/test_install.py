from pathlib import Path

import pytest

from karaokify_daemon.errors import ConfigError
from karaokify_daemon.service.install import NAME, plan, undo


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr("sys.executable", "/usr/bin/python3")
    program = tmp_path / "bin" / NAME
    program.parent.mkdir()
    program.touch()
    monkeypatch.setattr("sys.argv", [str(program)])
    return tmp_path


def unit(todo):
    [path] = [path for path in todo.files if path.suffix == ".service"]
    return path, todo.files[path]


def test_a_user_s_service_lives_in_the_home(home):
    todo = plan(user=True)
    path, text = unit(todo)
    assert path == home / f".config/systemd/user/{NAME}.service"
    assert todo.config == home / "karaoke/config.toml"
    assert f"ExecStart={home}/bin/{NAME} run --config {todo.config}\n" in text
    assert all(command[:2] == ["systemctl", "--user"] for command in todo.commands)
    assert f"write {path}" in list(todo.lines())


def test_that_of_the_system_comes_with_its_user_and_folders(home):
    todo = plan(user=False)
    path, text = unit(todo)
    assert path == Path(f"/etc/systemd/system/{NAME}.service")
    assert {Path(f"/etc/{kind}.d/{NAME}.conf") for kind in ("sysusers", "tmpfiles")} < {*todo.files}
    assert [command[0] for command in todo.commands] == [
        "systemd-sysusers",
        "systemd-tmpfiles",
        "systemctl",
        "systemctl",
        "systemctl",
    ]
    assert "ReadWritePaths=-/srv/karaokify\n" in text
    assert 'inbox = "/srv/karaokify/inbox"\n' in todo.config_text
    assert f'state = "/var/lib/{NAME}"\n' in todo.config_text


def test_folders_elsewhere_may_be_written(home, monkeypatch, tmp_path):
    monkeypatch.setattr("karaokify_daemon.service.install._HOMES", ())
    config = tmp_path / "config.toml"
    config.write_text(
        '[folders]\ninbox = "/data/in box"\noutbox = "/srv/karaokify/out"\n'
        '[log]\nfile = "/var/log/own/log"\n'
    )
    _, text = unit(plan(user=False, config=config))
    [line] = [line for line in text.splitlines() if line.startswith("ReadWritePaths=")]
    assert line.startswith("ReadWritePaths=-/srv/karaokify ")
    assert '"-/data/in box"' in line and " -/var/log/own" in line
    assert "/srv/karaokify/out" not in line


@pytest.mark.parametrize("place", ["/home/me/config.toml", "/root/config.toml"])
def test_the_system_s_service_does_not_see_homes(home, place):
    with pytest.raises(ConfigError, match="--user"):
        plan(user=False, config=Path(place))


def test_what_systemd_does_not_know_is_left_out(home):
    assert not any("backoff" in path.name for path in plan(user=True, version=252).files)
    assert any("backoff" in path.name for path in plan(user=True, version=254).files)


def test_without_a_graphics_card_devices_are_closed_and_the_network_is_open_to_downloads(home):
    names = {path.name for path in plan(user=False, cpu_only=True).files}
    assert {"cpu-only.conf", "network.conf"} < names
    config = home / "config.toml"
    config.write_text("[transcribe]\ndownload = false\n")
    names = {path.name for path in plan(user=True, config=config, cpu_only=True).files}
    assert "cpu-only.conf" in names and "network.conf" not in names
    config.write_text("[transcribe]\ndownload = false\n[web]\nport = 8765\n")
    assert "network.conf" in {p.name for p in plan(user=True, config=config, cpu_only=True).files}


def test_what_is_there_already_is_told(home):
    todo = plan(user=True)
    path, _ = unit(todo)
    path.parent.mkdir(parents=True)
    path.write_text("older")
    todo.config.parent.mkdir()
    todo.config.write_text("")
    lines = list(plan(user=True).lines())
    assert f"replace {path}" in lines and f"keep {todo.config}" in lines


def test_drop_ins_that_are_wanted_no_more_are_removed_and_others_stay(home):
    folder = home / f".config/systemd/user/{NAME}.service.d"
    folder.mkdir(parents=True)
    for name in ("cpu-only.conf", "override.conf"):
        (folder / name).write_text("")
    todo = plan(user=True)
    assert todo.removed == [folder / "cpu-only.conf"]
    assert f"remove {folder / 'cpu-only.conf'}" in list(todo.lines())
    assert plan(user=True, cpu_only=True).removed == []
    removed = [step for _, step in undo(user=True) if isinstance(step, Path)]
    assert removed == [folder / "cpu-only.conf"]


def test_a_program_that_is_not_there_is_told_before_anything_is_done(home):
    (home / "bin" / NAME).unlink()
    with pytest.raises(ConfigError, match="is not there"):
        plan(user=True)


def test_paths_are_written_as_systemd_reads_them(home):
    config = home / 'a $b 100% "c"' / "config.toml"
    _, text = unit(plan(user=True, config=config))
    assert f'run --config "{home}/a $$b 100%% \\"c\\"/config.toml"\n' in text
