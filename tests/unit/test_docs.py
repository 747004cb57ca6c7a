"""The documentation against the code: what it names exists, and what exists is named."""

import re
import tomllib
from pathlib import Path

import pytest

from karaokify_daemon.config.schema import JOB_KEYS
from karaokify_daemon.domain.names import AUDIO, IMAGE, VIDEO
from karaokify_daemon.errors import KaraokifyError
from karaokify_daemon.service.cli import _parser

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / "docs").glob("*.md"),
    *(ROOT / name for name in ("README.md", "demo/README.md", "tools/demo_model/README.md")),
]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EVENT = re.compile(
    r"(?:\.(?:info|warning|error|exception|debug)|_tell|_again|_on_log|LogLine)"
    r'\(\s*(?:[\w.]+,\s*)*"([a-z]+\.[a-z_]+)"'
)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


def test_the_two_commands_come_before_everything_else():
    assert README.index("make demo") < README.index("make test") < README.index("\n## ")


def _commands():
    (subparsers,) = (a for a in _parser()._actions if getattr(a, "choices", None))
    return subparsers.choices


@pytest.mark.parametrize("name", list(_commands()))
def test_every_command_and_flag_is_in_the_readme(name):
    (row,) = (line for line in README.splitlines() if line.startswith(f"| `{name} "))
    for action in _commands()[name]._actions:
        flags = {flag for flag in action.option_strings if flag.startswith("--")}
        flags -= {"--help", "--set"}
        if name in ("transcribe", "render"):
            flags -= {"--config"}  # told once, for all
        assert all(flag.replace("-", "_").replace("__", "--", 1) in row for flag in flags), flags


def test_the_readme_names_every_type_of_file():
    for suffix in (AUDIO | VIDEO | IMAGE) - {".oga", ".m4v", ".jpeg"}:
        assert suffix.removeprefix(".") in README.lower()


def test_the_keys_of_a_job_are_listed():
    text = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
    section = text.partition("## Options of a job")[2]
    assert all(f"`{key}`" in section for key in JOB_KEYS)


def test_every_event_is_documented_and_every_documented_event_exists():
    table = (ROOT / "docs/log-events.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([a-z_.]+)`", table, re.MULTILINE))
    source = "".join(p.read_text() for p in (ROOT / "karaokify_daemon").rglob("*.py"))
    assert set(EVENT.findall(source)) <= documented
    assert {event for event in documented if f'"{event}"' not in source} == set()


def test_the_codes_of_bad_input_exist():
    def codes(error):
        return {error.code}.union(*(codes(sub) for sub in error.__subclasses__()))

    text = (ROOT / "docs/bad-input.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\| `([a-z_]+)` \|$", text, re.MULTILINE))
    assert named and named <= codes(KaraokifyError)


def test_the_constraints_pin_every_dependency():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    names = {re.split(r"[^A-Za-z0-9._-]", one)[0].lower().replace("_", "-") for one in wanted}
    pins = re.findall(r"^([\w.-]+)==", (ROOT / "constraints.txt").read_text(), re.MULTILINE)
    assert names <= {pin.lower().replace("_", "-") for pin in pins}
    assert "torch==2.13.0\n" in (ROOT / "constraints.txt").read_text()


def test_every_metric_is_documented_and_no_other_is_asked_for():
    source = (ROOT / "karaokify_daemon/service/metrics.py").read_text(encoding="utf-8")
    page = (ROOT / "docs/metrics.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `(karaokify_[a-z_]+)", page, re.MULTILINE))
    made = set(re.findall(r'"karaokify_([a-z_]+)"', source))
    made |= set(re.findall(r'^            "([a-z_]+)": \(', source, re.MULTILINE))
    made |= set(re.findall(r'_gauges\(\s*"([a-z_]+)"', source))
    assert {name.removeprefix("karaokify_").removesuffix("_total") for name in documented} == made
    asked = "".join(
        (ROOT / "docs" / n).read_text() for n in ("alerts.yml", "grafana-dashboard.json")
    )
    names = set(re.findall(r"karaokify_[a-z_]+", asked))
    assert {re.sub("_(sum|count|bucket)$", "", name) for name in names} <= documented
