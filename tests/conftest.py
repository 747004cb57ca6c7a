"""Fixtures that every kind of test shares."""

from pathlib import Path

import pytest

from tests.support.service import Tree


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    """A fresh tree written by `karaokify-daemon init`."""
    return Tree(tmp_path / "tree")
