"""The documentation against the code: what it names exists, and what exists is named."""

import re
import tomllib
from pathlib import Path

import pytest

from karaokify_daemon.config import Config, from_dict, read_style, with_options
from karaokify_daemon.config.schema import JOB_KEYS
from karaokify_daemon.domain.names import AUDIO, IMAGE, VIDEO
from karaokify_daemon.errors import KaraokifyError
from karaokify_daemon.service.cli import _parser

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / "docs").rglob("*.md"),
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
def test_every_command_and_flag_is_documented(name):
    page = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    (row,) = (line for line in page.splitlines() if line.startswith(f"| `{name} "))
    for action in _commands()[name]._actions:
        flags = {flag for flag in action.option_strings if flag.startswith("--")}
        flags -= {"--help", "--set"}
        if name in ("transcribe", "render"):
            flags -= {"--config"}  # told once, for all
        assert all(flag.replace("-", "_").replace("__", "--", 1) in row for flag in flags), flags


def test_every_type_of_file_is_named():
    table = (ROOT / "docs/folders.md").read_text(encoding="utf-8").partition("## Presets")[0]
    for suffix in (AUDIO | VIDEO | IMAGE) - {".oga", ".m4v", ".jpeg"}:
        assert suffix.removeprefix(".") in table.lower()


def _spans(page, program):
    """Return what stands in code marks, or in blocks, and begins with a program."""
    text = page.read_text(encoding="utf-8")
    return [re.sub(r"\s+", " ", one) for one in re.findall(rf"`({program} [^`]+)`", text)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_in_the_text_exist(page):
    for span in _spans(page, "karaokify-daemon"):
        _, *words = span.split()
        known = _commands()
        assert words[0] in {*known, "COMMAND"} or words[0].startswith("--"), span
        flags = {f for a in known.get(words[0], _parser())._actions for f in a.option_strings}
        for word in words:
            if word.startswith("-"):
                assert word.partition("=")[0].replace("_", "-") in flags, span


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_targets_of_make_in_the_text_exist(page):
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for span in _spans(page, "make"):
        assert {w for w in span.split()[1:] if re.fullmatch("[a-z-]+", w)} <= targets, span


def _toml():
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        blocks = re.findall(r"^```toml\n((?:.*\n)*?)```", text, re.MULTILINE)
        for n, block in enumerate(blocks, 1):
            yield pytest.param(block, id=f"{page.relative_to(ROOT)}:{n}")


@pytest.mark.parametrize("block", list(_toml()))
def test_toml_that_is_shown_is_valid(block, tmp_path):
    tree = tomllib.loads(block)
    if tree.keys() <= Config.model_fields.keys():
        from_dict(tree)
    elif "mode" in tree:
        (tmp_path / "own.toml").write_text(block, encoding="utf-8")
        read_style(tmp_path / "own.toml")
    else:  # a STEM.toml
        with_options(Config(), tree, trusted=False)


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
