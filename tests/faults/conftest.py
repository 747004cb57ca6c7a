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
    missing = [
        program for program in ("strace", "unshare", "cc", "rsync") if shutil.which(program) is None
    ]
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
    reports = [r for rs in terminalreporter.stats.values() for r in rs if hasattr(r, "when")]
    ran = {report.nodeid for report in reports if report.when == "call" and not report.skipped}
    lines = defaultdict(lambda: [0, 0, 0])
    for report in reports:
        facts = dict(getattr(report, "user_properties", []))
        if "fault" not in facts:
            continue
        tried, lost, skipped = lines[facts["fault"]]
        tried += facts.get("points", 1) * (report.when == "teardown" and report.nodeid in ran)
        lines[facts["fault"]] = [tried, lost + report.failed, skipped + report.skipped]
    if lines:
        terminalreporter.write_line("  tried  survived  lost  skipped  fault")
    for fault, (tried, lost, skipped) in sorted(lines.items()):
        counts = f"{tried:>7}{tried - lost:>10}{lost:>6}{skipped:>9}"
        terminalreporter.write_line(f"{counts}  {fault}")
