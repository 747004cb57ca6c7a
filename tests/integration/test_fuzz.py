"""A short run of each fuzz target; `make fuzz` runs them for longer."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("atheris")  # in the environment of development only


TARGETS = "transcript srt vtt ttml ass lrc ultrastar txt options configuration".split()


@pytest.mark.parametrize("target", TARGETS)
def test_a_parser_refuses_what_it_cannot_read_by_its_own_error(target, tmp_path):
    command = [sys.executable, "-m", "tools.fuzz", target, "-runs=4000", "-seed=1"]
    done = subprocess.run(
        # No limit of memory: the peak that is looked at is inherited from the process of the tests.
        [*command, "-max_len=20000", "-rss_limit_mb=0", f"-artifact_prefix={tmp_path}/"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, (done.stdout + done.stderr).decode(errors="replace")[-5000:]
    assert re.search(rb"Done 4\d{3} runs", done.stderr)
