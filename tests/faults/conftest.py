"""The matrix of faults: `make faults` tries all points of each, the suite some of them.

A test marked `fault("...")` stands for one line of the table; it records as "points" how many it
tried, and fails at the first that loses something.
"""

import os
import shutil
from collections import defaultdict
from pathlib import Path

import pytest

from tests.support.media import speech, transcript

FULL = os.environ.get("FAULTS") == "full"


@pytest.fixture
def points(record_property):
    """Return a list; what is appended to it is a point that was tried."""
    tried = []
    yield tried
    record_property("points", len(tried))


@pytest.fixture
def recording(tmp_path) -> Path:
    """A folder with a recording and its transcript: what is to survive, byte for byte."""
    folder = tmp_path / "recording"
    folder.mkdir()
    transcript(folder / "talk.json", speech(folder / "talk.wav", "Hello world."))
    return folder


def pytest_collection_modifyitems(items):
    missing = [program for program in ("strace", "unshare", "cc") if shutil.which(program) is None]
    for item in items:
        for marker in item.iter_markers("needs"):
            if absent := [program for program in marker.args if program in missing]:
                item.add_marker(pytest.mark.skip(reason=f"{absent} not found"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if marker := item.get_closest_marker("fault"):
        report.user_properties.append(("fault", marker.args[0]))


def pytest_terminal_summary(terminalreporter):
    lines = defaultdict(lambda: [0, 0])
    for report in [r for rs in terminalreporter.stats.values() for r in rs]:
        facts = dict(getattr(report, "user_properties", []))
        if "fault" not in facts:
            continue
        if report.when == "teardown":
            lines[facts["fault"]][0] += facts.get("points", 1)
        elif report.failed:
            lines[facts["fault"]][1] += 1
    if lines:
        terminalreporter.write_line(f"{'tried':>7}{'survived':>10}{'lost':>6}  fault")
    for fault, (tried, lost) in sorted(lines.items()):
        terminalreporter.write_line(f"{tried:>7}{tried - lost:>10}{lost:>6}  {fault}")
