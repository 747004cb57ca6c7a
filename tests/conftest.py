"""Fixtures that every kind of test shares."""

from pathlib import Path

import hypothesis
import pytest

from tests.support.service import Tree

# The same examples on every run, and no verdict on how fast a shared machine draws them.
hypothesis.settings.register_profile(
    "suite",
    derandomize=True,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("suite")


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A fresh tree written by `karaokify-daemon init`."""
    return Tree(tmp_path / "tree")
