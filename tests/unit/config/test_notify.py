import pytest

from karaokify_daemon.config import Config, from_dict, load, with_options
from karaokify_daemon.config.schema import JOB_KEYS
from karaokify_daemon.errors import ConfigError, SidecarError

SECRET = "mailto://user:do-not-tell@a.example"


def refusal(tree):
    with pytest.raises(ConfigError) as caught:
        from_dict(tree)
    return f"{caught.value} {caught.value.problem} {caught.value.to_dict()}"


def test_urls_come_from_the_configuration_or_the_environment_one_a_line():
    config = from_dict({"notify": {"urls": ["ntfy://a", SECRET], "on": ["failed"]}})
    assert config.notify.addresses == ("ntfy://a", SECRET) and config.notify.on == ("failed",)
    for name in ("KARAOKIFY_NOTIFY_URLS", "KARAOKIFY_NOTIFY__URLS"):
        found = load(None, {name: f"ntfy://a\n\n# of the night\n{SECRET}\n"})
        assert found.notify.addresses == ("ntfy://a", SECRET)
    found = load(None, {"KARAOKIFY_NOTIFY__URLS": f'["{SECRET}"]'})
    assert found.notify.addresses == (SECRET,)


def test_a_configuration_does_not_show_them():
    config = from_dict({"notify": {"urls": [SECRET]}})
    shown = f"{config!r} {config} {config.model_dump()} {config.model_dump_json()}"
    assert "do-not-tell" not in shown


@pytest.mark.parametrize(
    "tree",
    [
        {"notify": {"urls": [SECRET, 1]}},
        {"notify": {"urls": {"a": SECRET}}},
        {"notify": {"urls": ["do-not-tell"]}},
        {"notify": {"urls": [SECRET] * 21}},
        {"notify": {"urls": ["ntfy://" + "do-not-tell" * 200]}},
        {"notify": {"url": [SECRET]}},
        {"notify": ["do-not-tell"]},
        {"notify": {"on": [SECRET]}},
        {"urls": [SECRET]},
        {"presets": {"x": {"urls": [SECRET]}}},
        {"hooks": {"timeout_seconds": SECRET}},
    ],
)
def test_no_fault_repeats_them(tree):
    assert "do-not-tell" not in refusal(tree)


def test_a_fault_tells_which_one_it_is():
    told = refusal({"notify": {"urls": ["ntfy://a", "b"]}})
    assert "notify.urls" in told and "see number 2" in told


def test_neither_a_job_nor_a_preset_can_set_them():
    assert not {"urls", "on"} & JOB_KEYS
    for options in ({"urls": [SECRET]}, {"notify": {"urls": [SECRET]}}, {"on": []}):
        for trusted in (False, True):
            with pytest.raises(SidecarError) as caught:
                with_options(Config(), options, trusted=trusted)
            assert "do-not-tell" not in str(caught.value)
