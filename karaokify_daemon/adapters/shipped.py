"""Files that travel with the package: fonts, example configuration, systemd unit, demo model."""

from importlib import resources
from pathlib import Path

_PACKAGE = "karaokify_daemon"


def shipped(name: str) -> Path:
    """Return the path of a shipped file or folder.

    In a wheel they lie inside the package; in a checkout, `fonts/` and the like are at its top.
    Raises FileNotFoundError.
    """
    package = Path(str(resources.files(_PACKAGE)))
    for base in (package / "_shipped", package / "data", package.parent):
        if (base / name).exists():
            return base / name
    raise FileNotFoundError(f"{name} is missing from the installation in {package}")
