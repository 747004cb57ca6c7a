"""Write docs/configuration-reference.md: the typed schema, with the comments of the example.

python -m tools.config_reference          write it
python -m tools.config_reference --check  end with 1 where it is not up to date
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from karaokify_daemon.config import Config, with_options
from karaokify_daemon.config.base import SHAPES
from karaokify_daemon.errors import SidecarError
from karaokify_daemon.service.init import read_comments

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "configuration-reference.md"
EXAMPLE = ROOT / "config.example.toml"
HEAD = """\
# Every key

Made from the schema that the service checks its configuration by, and from the comments of
`config.example.toml` (`make docs`). [Where values come from](configuration.md) tells what holds for
all of them.

Under each key: what its value may be; its default; the variable of the environment that sets it.
**presets** and **`STEM.toml`** are named where these may set it, too. What is left out has its
default.
"""
# What a validator of the schema knows and its type does not tell.
VALUES = {
    "transcribe.device": '`"auto"`, `"cpu"`, `"cuda"`, `"cuda:1"` and so on',
    "transcribe.devices": "a list of devices",
    "transcribe.language": '`"auto"` or a code such as `"de"`',
    "video.size": f"width and height such as `1280x720`, or {', '.join(f'`{s}`' for s in SHAPES)}",
    "video.fps": '`"source"`, `"variable"`, or a whole number from 1 to 120',
    "video.style": "the name of a style",
    "highlights.size": "as `video.size`",
    "highlights.summary": '`true`, `false` or `"auto"`',
    "llm.api_base": "an address, `http://…` or `https://…`",
    "sound.loudness": '`"off"`, or a number from -36 to -9',
    "publish.mode": '`"umask"`, or a mode from `"0600"` to `"0666"`',
}
SHORT = {
    "transcribe.model": "MODEL_SIZE",
    "transcribe.device": "GPU_ENABLED",
    "folders.cache": "CACHE_DIR",
}
_NO_LIMIT = 1e7  # so many seconds are none that anybody means


def page() -> str:
    """Return the text of the page."""
    schema, comments = Config.model_json_schema(), read_comments(EXAMPLE.read_text("utf-8"))
    defaults = Config().model_dump(mode="json")
    parts = [HEAD]
    for section, values in defaults.items():
        parts.append(f"## [{section}]\n\n{prose(comments.of_section[section])}")
        facts = _properties(schema, section)
        for key, value in values.items():
            if key in facts:
                text = prose(comments.of_key[section, key])
                line = _line(section, key, value, facts[key], comments.of_key[section, key])
                parts.append(f"### {section}.{key}\n\n{line}\n\n{text}")
    return "\n".join(parts)


def variable(section: str, key: str) -> str:
    """Return the variable of the environment that sets a key."""
    return f"KARAOKIFY_{section}__{key}".upper()


def may_set(section: str, key: str, value: Any, *, trusted: bool) -> bool:
    """Tell whether a preset (trusted) or a STEM.toml may set a key, by trying."""
    try:
        with_options(Config(), {section: {key: value}}, trusted=trusted)
    except SidecarError:
        return False
    return True


def _properties(schema: dict[str, Any], section: str) -> dict[str, Any]:
    reference = schema["properties"][section].get("$ref", "")
    found: dict[str, Any] = schema["$defs"].get(reference.rpartition("/")[2], {})
    return found.get("properties", {})


def _line(section: str, key: str, value: Any, facts: dict[str, Any], comment: str) -> str:
    """Return the line of facts below a key's heading."""
    name = f"{section}.{key}"
    values = VALUES.get(name) or kind(facts)
    default = f"`{json.dumps(value, ensure_ascii=False)}`"
    if value is None:  # what stands for it, the comment alone knows
        stated = " ".join(comment.replace("\n# ", " ").split()).rpartition("Default: ")[2]
        default = stated.removesuffix(".")
    told = [values, f"default {default}", f"`{variable(section, key)}`"]
    if short := SHORT.get(name):
        told[-1] += f" or `{short}`"
    where = [
        text
        for text, trusted in (("presets", True), ("`STEM.toml`", False))
        if may_set(section, key, value, trusted=trusted)
    ]
    if where:
        told.append(f"**{' and '.join(where)}**")
    return " · ".join(told)


def kind(facts: dict[str, Any]) -> str:
    """Return in words what a value may be, from a part of a JSON schema.

    >>> kind({"type": "integer", "minimum": 1, "maximum": 64})
    'a whole number from 1 to 64'
    >>> kind({"anyOf": [{"const": "off"}, {"type": "number", "exclusiveMinimum": 0}]})
    '`"off"`, or a number above 0'
    """
    if "anyOf" in facts:
        return ", or ".join(kind(one) for one in facts["anyOf"] if one.get("type") != "null")
    values = [facts["const"]] if "const" in facts else facts.get("enum")
    if values is not None:
        return ", ".join(f'`"{one}"`' for one in values)
    if facts["type"] == "array":
        items = facts["items"]
        return f"a list of {kind(items)}" if "enum" in items else f"a list, each {kind(items)}"
    return _kind_of_one(facts)


def _kind_of_one(facts: dict[str, Any]) -> str:
    if facts["type"] == "boolean":
        return "`true` or `false`"
    if facts["type"] != "string":
        whole = facts["type"] == "integer"
        return ("a whole number" if whole else "a number") + _range(facts)
    if facts.get("pattern", "").startswith("^#"):
        return 'a colour, `"#RRGGBB"`'
    return "a path" if facts.get("format") == "path" else "text"


def _range(facts: dict[str, Any]) -> str:
    low, high, above = (facts.get(n) for n in ("minimum", "maximum", "exclusiveMinimum"))
    if high is not None and high >= _NO_LIMIT:
        high = None
    if above is not None:
        return f" above {_number(above)}" + (f", up to {_number(high)}" if high else "")
    if low is not None and high is not None:
        return f" from {_number(low)} to {_number(high)}"
    return f", at least {_number(low)}" if low is not None else ""


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else str(value)


def prose(comment: str) -> str:
    """Return a comment of the example as Markdown; TOML in it becomes a block."""
    lines = [re.sub(r"^# ?", "", line) for line in comment.splitlines()]
    text, _, example = "\n".join(lines).partition("For example:\n")
    text = re.sub(r"\s*\bDefault: .*\Z", "", text.strip(), flags=re.DOTALL)
    parts = [_marked(text) + "\n"]
    if example.strip():
        parts.append(f"```toml\n{example.strip()}\n```\n")
    return "\n".join(parts)


def _marked(text: str) -> str:
    """Mark what is code in a text: quoted values, keys, tables; docs become links."""
    return "".join(_pieces(re.sub(r"\s*\n\s*", " ", text)))


_CODE = re.compile(
    r"(`[^`]*`)"  # marked already
    r'|(\[?"[^"]*"(?:, "[^"]*")*\]?)'  # a value
    r"|(\[(?:\w+)(?:[., ]+\w+)*\])"  # a table, or a list of numbers
    r"|\bdocs/([\w-]+)\.md\b"
    r"|(\b[a-z]+(?:_[a-z]+)+\b|\b(?:{sections})\.[a-z_]+\b|\*\.\w+|\bSTEM\.\w+|\bFILE\.\d|\bNAME\.toml)".replace(
        "{sections}", "|".join(Config.model_fields)
    )
)


def _pieces(text: str) -> Iterator[str]:
    at = 0
    for found in _CODE.finditer(text):
        yield text[at : found.start()]
        at = found.end()
        if page_name := found[4]:
            yield f"[{_title(page_name)}]({page_name}.md)"
        else:
            yield found[0] if found[1] else f"`{found[0]}`"
    yield text[at:]


def _title(page_name: str) -> str:
    with (PAGE.parent / f"{page_name}.md").open(encoding="utf-8") as file:
        return file.readline().removeprefix("# ").strip()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    text = page()
    if parser.parse_args().check:
        return int(PAGE.read_text("utf-8") != text)
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
