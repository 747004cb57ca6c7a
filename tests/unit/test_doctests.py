"""The examples in docstrings are true."""

import doctest
import importlib
import pkgutil

import pytest

import karaokify_daemon

HEAVY = {"engine", "loading", "progress", "__main__"}  # import torch, or run
MODULES = [
    info.name
    for info in pkgutil.walk_packages(karaokify_daemon.__path__, "karaokify_daemon.")
    if info.name.rpartition(".")[2] not in HEAVY
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_hold(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
