from pathlib import Path

import pytest
import tomli_w
from pydantic import ValidationError

from karaokify_daemon.config import (
    Config,
    Folders,
    Highlights,
    Intake,
    Limits,
    Llm,
    Sound,
    Transcribe,
    Video,
    load,
    with_options,
)
from karaokify_daemon.config.languages import LANGUAGES
from karaokify_daemon.config.schema import JOB_KEYS, Publish
from karaokify_daemon.errors import SidecarError

SECTIONS = {name: field.annotation for name, field in Config.model_fields.items()}


def test_the_defaults_survive_being_written_and_read(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(tomli_w.dumps(Config().model_dump(mode="json", exclude_none=True)))

    config = load(path, {})

    assert config.model_copy(update={"folders": Folders()}) == Config()


def test_every_job_option_is_a_key_of_a_section_for_jobs():
    sections = (Transcribe, Video, Sound, Highlights)
    assert {key for section in sections for key in section.model_fields} >= JOB_KEYS


def test_no_job_option_is_a_path():
    assert not JOB_KEYS & {n for n, f in Video.model_fields.items() if "Path" in str(f.annotation)}


def test_option_names_are_in_one_section_only_so_that_bare_keys_have_one_meaning():
    fields = [name for model in (Transcribe, Video, Sound) for name in model.model_fields]
    assert len(set(fields)) == len(fields)


@pytest.mark.parametrize("section", [n for n in SECTIONS if n != "presets"])
def test_sections_refuse_unknown_keys_and_cannot_be_changed(section):
    with pytest.raises(ValidationError):
        Config.model_validate({section: {"nonsense": 1}})
    value = getattr(Config(), section)
    with pytest.raises(ValidationError):
        setattr(value, next(iter(type(value).model_fields)), None)


@pytest.mark.parametrize("size", ["1921x1080", "62x64", "7682x64", "64", "x", "-64x64", "٦٤x٦٤"])
def test_sizes_that_cannot_be_encoded_are_refused(size):
    with pytest.raises(ValidationError):
        Video(size=size)


def test_a_size_may_be_the_name_of_a_shape():
    sizes = {shape: Video(size=shape).size for shape in ("16:9", "9:16", "1:1", "4:5")}
    assert sizes["16:9"] == "1920x1080" and sizes["4:5"] == "1080x1350"
    for shape, size in sizes.items():
        across, down = map(int, shape.split(":"))
        width, height = map(int, size.split("x"))
        assert width * down == height * across


@pytest.mark.parametrize("fps", [0, 121, 30.0, True, "variable-ish", None])
def test_a_frame_rate_is_a_number_or_the_sources(fps):
    with pytest.raises(ValidationError, match="whole number from 1 to 120"):
        Video(fps=fps)
    assert Video(fps="source").fps == "source" and Video(fps=24).fps == 24


def test_a_size_is_read_as_width_and_height():
    video = Video(size="1080x1920")

    assert (video.width, video.height) == (1080, 1920)


@pytest.mark.parametrize(
    "values",
    [
        (Video, {"text_color": "red"}),
        (Video, {"text_color": "#FFFFFF\n"}),
        (Video, {"fps": 0}),
        (Video, {"size": "64x64\n"}),
        (Transcribe, {"language": "English"}),
        (Transcribe, {"language": "en\n"}),
        (Transcribe, {"model": ""}),
        (Transcribe, {"stall_seconds": 0}),
        (Intake, {"settle_seconds": -1}),
        (Intake, {"settle_seconds": float("inf")}),
        (Intake, {"settle_seconds": float("nan")}),
        (Intake, {"rescan_seconds": 0}),
        (Limits, {"jobs": 0}),
        (Limits, {"render_deadline_factor": float("nan")}),
    ],
)
def test_values_out_of_range_are_refused(values):
    section, options = values

    with pytest.raises(ValidationError):
        section(**options)


@pytest.mark.parametrize("mode", ["0640", "0600", "umask"])
def test_modes_of_bundles_are_octal(mode):
    assert Publish(mode=mode).file_mode == {"0640": 0o640, "0600": 0o600}.get(mode)


@pytest.mark.parametrize("mode", [640, 0o640, "640", "0755", "0440", "0607", "", "0640\n"])
def test_modes_that_would_surprise_are_refused(mode):
    with pytest.raises(ValidationError, match="in quotation marks"):
        Publish(mode=mode)


def test_folders_are_made_absolute_and_know_the_home_folder(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")

    folders = Folders(inbox=Path("~/in"), outbox=Path("/out")).under(Path("/base"))

    assert folders.inbox == Path("/home/me/in")
    assert folders.outbox == Path("/out")
    assert folders.failed == Path("/base/failed")


def test_the_languages_are_those_that_whisper_knows():
    tokenizer = pytest.importorskip("whisper.tokenizer")
    assert set(tokenizer.LANGUAGES) == LANGUAGES


@pytest.mark.parametrize("language", ["xx", "eng", "EN", ""])
def test_an_unknown_language_is_refused(language):
    with pytest.raises(ValidationError, match="a language code of Whisper's"):
        Transcribe(language=language)


def test_a_title_from_an_argument_that_is_no_utf8_can_be_written():
    Video(title="caf\udce9").title.encode()


@pytest.mark.parametrize("value", ["on", -8.9, -37, True, float("nan"), None, "-16"])
def test_a_loudness_is_off_or_a_sensible_number(value):
    with pytest.raises(ValidationError, match="neither"):
        Sound(loudness=value)


def test_a_loudness_that_is_off_is_no_target():
    assert Sound(loudness="off").target is None
    assert Sound(loudness=-14).target == Sound(loudness=-14.0).loudness == -14.0


@pytest.mark.parametrize(
    ("value", "lengths"),
    [("off", ()), (90, (90,)), (4.5, (4.5,)), ([30, 90.0], (30, 90)), ([60], (60,))],
)
def test_a_reel_has_one_length_or_several_or_there_is_none(value, lengths):
    assert Highlights(seconds=value).lengths == lengths


@pytest.mark.parametrize("value", ["on", True, 2.9, 40_000, [], [30, 30], [30, "90"], None])
def test_a_length_that_is_none_is_refused(value):
    with pytest.raises(ValidationError, match="neither"):
        Highlights(seconds=value)


def test_only_needs_a_reel():
    with pytest.raises(ValidationError, match="nothing to render"):
        Highlights(only=True)


@pytest.mark.parametrize(
    ("options", "tells"),
    [({}, False), ({"seconds": 30}, True), ({"summary": True}, True),
     ({"seconds": 30, "summary": False}, False)],
)  # fmt: skip
def test_a_summary_comes_with_a_reel_or_when_asked_for(options, tells):
    assert Highlights(**options).tells is tells


@pytest.mark.parametrize("address", ["ftp://x", "http://user:secret@host/v1", "host:80", "http://"])
def test_an_address_with_a_key_or_without_a_protocol_is_refused(address):
    with pytest.raises(ValidationError, match="is not an address"):
        Llm(api_base=address)


def test_a_job_may_ask_for_reels_but_not_for_another_language_model():
    config = with_options(Config(), {"highlights": {"seconds": 30, "size": "9:16"}}, trusted=False)
    assert config.highlights.lengths == (30,) and config.highlights.size == "1080x1920"
    for options in ({"llm": {"model": "openai/other"}}, {"api_base": "http://evil/v1"}):
        with pytest.raises(SidecarError, match="in the configuration only"):
            with_options(Config(), options, trusted=False)
        assert with_options(Config(), options, trusted=True).llm != Config().llm


@pytest.mark.parametrize("device", ["auto", "cpu", "cuda", "cuda:0", "cuda:12"])
def test_a_device_may_name_one_gpu(device):
    assert Transcribe(device=device).device == device


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:x", "cuda:-1", "CUDA", "cpu:1", ""])
def test_other_devices_are_refused(device):
    with pytest.raises(ValidationError, match="cuda:1"):
        Transcribe(device=device)
