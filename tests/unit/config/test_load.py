import re
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
        "presets.x.font_sise",
        "GPU_ENABLED",
        "--set",
    }
    assert faults["video.fsp"].suggestion == "video.fps"
    assert faults["intak"].suggestion == "intake"
    assert "even" in faults["video.size"].problem
    assert faults["presets.x.font_sise"].suggestion == "presets.x.font_size"


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
        {"threads": 64},
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
        ({"video": 3}, "video = 3: is not an option"),
        ({"highlights": {"secnds": 3}}, "secnds = 3: .*did you mean 'highlights.seconds'"),
        ({"highlights": {"zoom": 3}}, r"highlights.zoom = 3: is not an option\. "),
        ({"devise": "y"}, r"devise = 'y': is not an option\. "),
        ({"count": 0}, "^count = 0: is less than 1"),
        ({"title": 3}, "title = 3"),
        ({"fps": 0, "size": "1x1"}, "size = .1x1.*fps = 0"),
        ({"fps": 30.5}, "fps = 30.5"),
    ],
)
def test_bad_options_of_a_job_are_all_named(options, problem):
    with pytest.raises(SidecarError, match=problem):
        with_options(Config(), options, trusted=False)


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ({"highlights": {"secnds": 3}},
         "highlights.secnds = 3: is not {what} (did you mean '{at}highlights.seconds'?)"),
        ({"highlights": {"only": True}},
         "highlights.only = true: leaves nothing to render where seconds is off"),
        ({"highlights": {"count": 0}}, "highlights.count = 0: is less than 1"),
        ({"highlights": {"summary": 3}},
         'highlights.summary = 3: is neither true nor false nor "auto"'),
        ({"llm": {"retries": 21}}, "llm.retries = 21: is more than 20"),
        ({"sound": {"true_peak": float("nan")}}, "sound.true_peak = nan: is not a number"),
        ({"transcribe": {"stall_seconds": 0}}, "transcribe.stall_seconds = 0: is not more than 0"),
        ({"transcribe": {"no_speech": "no"}},
         "transcribe.no_speech = 'no': is not 'publish' or 'fail'"),
        ({"video": {"crf": "low"}}, "video.crf = 'low': is not a whole number"),
        ({"video": {"crf": 1.5}}, "video.crf = 1.5: is not a whole number"),
        ({"video": {"zoom": []}}, "video.zoom = []: is not a number"),
        ({"video": {"safe_area": 7}}, "video.safe_area = 7: is neither true nor false"),
        ({"video": {"title": True}}, "video.title = true: is not a text"),
        ({"video": {"logo": 3}}, "video.logo = 3: is not a path"),
        ({"transcribe": {"model": ""}}, "transcribe.model = '': is shorter than 1 character(s)"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_key_and_value_in_our_words_in_presets_too(options, line):
    for tree, at, what in (
        (options, "", "a known key"), ({"presets": {"p": options}}, "presets.p.", "an option"),
    ):  # fmt: skip
        [fault] = faults_of(from_dict, tree).values()
        assert str(fault) == at + line.format(at=at, what=what)


@pytest.mark.parametrize("tree", [{"intake": {"ignore": 3}}, {"presets": 3}, {"log": []}])
def test_what_is_no_list_or_table_is_told_so(tree):
    [fault] = faults_of(from_dict, tree).values()
    assert re.fullmatch(r"[a-z.]+ = .*: is not a (list|table)", str(fault)), fault


def test_a_bare_option_of_a_preset_is_told_as_it_is_written():
    [fault] = faults_of(from_dict, {"presets": {"p": {"crf": 99}}}).values()
    assert str(fault) == "presets.p.crf = 99: is more than 51"


def test_tables_are_not_repeated_in_faults():
    [fault] = faults_of(from_dict, {"highlihgts": {"seconds": 90, "count": 7}}).values()
    assert str(fault) == "highlihgts: is not a known key (did you mean 'highlights'?)"


def test_nothing_else_speaks_of_input():
    """No message is pydantic's own, whatever a key of ours is given."""
    for name, section in Config.model_fields.items():
        for key in getattr(section.annotation, "model_fields", ()):
            for value in (
                None,
                True,
                -(10**9),
                10**9,
                float("nan"),
                2.5,
                "",
                "?" * 200,
                [],
                [1],
                {},
            ):
                try:
                    from_dict({name: {key: value}})
                except ConfigError as error:
                    for fault in error.faults:
                        told = f"{name}.{key}", value, fault.problem
                        assert re.match("is |leaves |width and ", fault.problem), told


def test_no_preset_has_an_engine_of_its_own():
    presets = {"x": {"engine": "faster-whisper"}, "y": {"transcribe": {"device": "cpu"}}}
    faults = faults_of(from_dict, {"presets": presets})
    assert list(faults) == ["presets.x.engine", "presets.y.transcribe.device"]
    assert all("the same for all recordings" in fault.problem for fault in faults.values())
