from pathlib import Path

import pytest

from karaokify_daemon.config import Config, from_dict, load, with_options
from karaokify_daemon.errors import ConfigError, SidecarError


def write(tmp_path, text):
    path = tmp_path / "config.toml"
    path.write_text(text)
    return path


def faults_of(call, *args, **kwargs):
    with pytest.raises(ConfigError) as caught:
        call(*args, **kwargs)
    return {fault.key: fault for fault in caught.value.faults}


def test_without_a_file_the_defaults_hold_in_the_current_folder():
    config = load(None, {})

    assert config.transcribe == Config().transcribe
    assert config.folders.inbox == Path.cwd() / "inbox"


def test_folders_are_taken_from_the_folder_of_the_file(tmp_path):
    path = write(tmp_path, '[folders]\ninbox = "in"\narchive = "/mnt/archive"\n')

    folders = load(path, {}).folders

    assert folders.inbox == tmp_path / "in"
    assert folders.outbox == tmp_path / "outbox"
    assert folders.archive == Path("/mnt/archive")


def test_every_fault_is_reported_at_once_with_its_key_and_suggestion(tmp_path):
    path = write(
        tmp_path,
        "[video]\nfsp = 25\nsize = '99x100'\n[intak]\n[transcribe]\ndevice = 'gpu'\n"
        "[presets.x]\nfont_sise = 3\n",
    )

    faults = faults_of(load, path, {"GPU_ENABLED": "perhaps"}, ["nonsense"])

    assert set(faults) == {
        "video.fsp",
        "video.size",
        "intak",
        "transcribe.device",
        "presets.x",
        "GPU_ENABLED",
        "--set",
    }
    assert faults["video.fsp"].suggestion == "video.fps"
    assert faults["intak"].suggestion == "intake"
    assert "even" in faults["video.size"].problem
    assert "did you mean 'font_size'?" in faults["presets.x"].problem


def test_a_missing_file_says_how_to_get_one(tmp_path):
    with pytest.raises(ConfigError, match="karaokify-daemon init"):
        load(tmp_path / "none.toml", {})


@pytest.mark.parametrize("content", [b"[video", b"a = \xff", b"a = 1\na = 2"])
def test_a_file_that_is_no_toml_is_an_error(tmp_path, content):
    path = tmp_path / "config.toml"
    path.write_bytes(content)

    with pytest.raises(ConfigError, match="is not valid TOML"):
        load(path, {})


def test_the_environment_wins_over_the_file_and_settings_win_over_it(tmp_path):
    path = write(tmp_path, '[transcribe]\nmodel = "tiny"\nlanguage = "de"\nthreads = 1\n')
    env = {
        "MODEL_SIZE": "base",
        "CACHE_DIR": "/var/cache/karaokify",
        "KARAOKIFY_TRANSCRIBE__THREADS": "2",
        "KARAOKIFY_INTAKE__IGNORE": '["*.bak"]',
        "KARAOKIFY_CONFIG": "no section, no override",
        "HOME": "/root",
    }

    config = load(path, env, ["transcribe.threads=3", "video.title=My talk"])

    assert config.transcribe.model == "base"
    assert config.transcribe.language == "de"
    assert config.transcribe.threads == 3
    assert config.folders.cache == Path("/var/cache/karaokify")
    assert config.intake.ignore == ("*.bak",)
    assert config.video.title == "My talk"


@pytest.mark.parametrize(("value", "device"), [("true", "auto"), ("0", "cpu"), ("OFF", "cpu")])
def test_gpu_enabled_chooses_the_device(value, device):
    assert load(None, {"GPU_ENABLED": value}).transcribe.device == device


def test_a_setting_inside_a_value_that_is_no_table_is_a_fault(tmp_path):
    path = write(tmp_path, "video = 3\n")

    assert "video" in faults_of(load, path, {}, ["video.fps=25"])


@pytest.mark.parametrize("name", ["a/b", ".hidden"])
def test_a_preset_must_be_the_name_of_a_folder(name):
    assert "presets" in faults_of(from_dict, {"presets": {name: {}}})


def test_a_preset_that_is_no_table_is_one_fault():
    assert list(faults_of(from_dict, {"presets": {"x": 1}})) == ["presets.x"]
    assert list(faults_of(from_dict, {"presets": 1})) == ["presets"]


def test_options_lie_over_the_configuration_bare_or_in_their_tables():
    options = {"title": "News", "language": "en", "video": {"fps": 25}}

    config = with_options(Config(), options, trusted=True)

    assert config.video.title == "News"
    assert config.video.fps == 25
    assert config.transcribe.language == "en"
    assert config.video.crf == Config().video.crf
    assert Config().video.title == "{stem}"


@pytest.mark.parametrize(
    "options",
    [
        {"background": "/etc/passwd"},
        {"video": {"background": "/etc/passwd"}},
        {"device": "cuda"},
        {"model": "/tmp/evil.pt"},
        {"model": "evil.pt"},
        {"crf": 0},
        {"font": "x:y"},
    ],
)
def test_a_stranger_may_not_set_paths_or_what_the_machine_spends(options):
    with pytest.raises(SidecarError, match="in the configuration only"):
        with_options(Config(), options, trusted=False)
    with_options(Config(), options, trusted=True)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"titel": "x"}, "did you mean 'title'"),
        ({"folders": {"inbox": "/"}}, "folders: is not an option"),
        ({"video": 3}, "video: is not an option"),
        ({"title": 3}, "title = 3"),
        ({"fps": 0, "size": "1x1"}, "size = .1x1.*fps = 0"),
        ({"fps": 30.5}, "fps = 30.5"),
    ],
)
def test_bad_options_of_a_job_are_all_named(options, problem):
    with pytest.raises(SidecarError, match=problem):
        with_options(Config(), options, trusted=False)


def test_no_preset_has_an_engine_of_its_own():
    presets = {"x": {"engine": "faster-whisper"}, "y": {"transcribe": {"batch": 4}}}
    faults = faults_of(from_dict, {"presets": presets})
    assert list(faults) == ["presets.x", "presets.y"]
    assert "the same for all recordings" in faults["presets.x"].problem
