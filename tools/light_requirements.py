"""Print the requirements of the part of the suite that needs no torch, one per line.

    python tools/light_requirements.py

They are pyproject.toml's, without the recognition engine, litellm, the linters and the site.
"""

import re
import tomllib
from pathlib import Path

HEAVY = {"torch", "whisper-timestamped", "openai-whisper", "faster-whisper", "litellm"}
SITE = {"mkdocs", "mkdocs-material"}
LINTERS = {"black", "import-linter", "mypy", "ruff", "types-psutil", "types-regex"}


def main() -> None:
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    for requirement in project["dependencies"] + project["optional-dependencies"]["dev"]:
        name = re.split(r"[^A-Za-z0-9._-]", requirement)[0]
        if name not in HEAVY | LINTERS | SITE:
            print(requirement)


if __name__ == "__main__":
    main()
