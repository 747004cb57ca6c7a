import os
import signal
import sys
import threading

import psutil
import pytest

from karaokify_daemon.adapters.ffmpeg.process import Caps, execute, find
from karaokify_daemon.errors import (
    CancelledError,
    DeadlineError,
    FfmpegDiedError,
    FfmpegError,
    LimitError,
    MachineError,
    MemoryLimitError,
    PublishError,
)


def python(script):
    return [sys.executable, "-c", script]


def test_lines_are_heard_and_the_log_is_returned():
    heard = []
    script = "import sys; print('a=1'); print('b=2'); print('oops', file=sys.stderr)"
    assert execute(python(script), file="x", deadline=60, on_line=heard.append) == "oops"
    assert heard == ["a=1", "b=2"]


def test_an_error_carries_the_last_lines_and_the_file():
    script = "import sys; [print('line', i, file=sys.stderr) for i in range(99)]; sys.exit(3)"
    with pytest.raises(FfmpegError) as caught:
        execute(python(script), file="talk.mp3", deadline=60)
    lines = caught.value.details["stderr"].splitlines()
    assert lines[-1] == "line 98" and len(lines) == 20
    assert "exit status 3" in caught.value.problem and caught.value.file == "talk.mp3"


def test_what_the_listener_raises_ends_the_command_and_comes_out():
    def refuse(line):
        raise ValueError(line)

    with pytest.raises(ValueError, match="1"):
        execute(python(FAMILY.replace("p.pid", "1")), file="x", deadline=600, on_line=refuse)


def test_a_deadline_keeps_what_was_said_before_it():
    script = "import sys, time; print('slow', file=sys.stderr, flush=True); time.sleep(600)"
    with pytest.raises(DeadlineError) as caught:
        execute(python(script), file="x", deadline=1)
    assert caught.value.details["stderr"] == "slow"


def test_a_signal_is_told_by_name():
    script = "import os; os.kill(os.getpid(), 9)"
    with pytest.raises(FfmpegDiedError, match="SIGKILL") as caught:
        execute(python(script), file="x", deadline=60)
    assert caught.value.retryable


def test_a_child_gets_no_more_than_it_may(tmp_path):
    heard = []
    script = (
        "import resource as r; print(*(r.getrlimit(x)[0] for x in "
        "(r.RLIMIT_AS, r.RLIMIT_FSIZE, r.RLIMIT_NOFILE, r.RLIMIT_CORE)))"
    )
    caps = Caps(memory_mb=3000, output_mb=2)
    execute(python(script), file="x", deadline=60, caps=caps, on_line=heard.append)
    assert heard == ["3000000000 2000000 512 0"]


def test_a_child_that_writes_too_much_is_stopped(tmp_path):
    script = (
        "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_DFL);"
        f"open({str(tmp_path / 'x')!r}, 'wb').write(bytes(3_000_000))"
    )
    with pytest.raises(LimitError, match=r"limits.max_output_mb = 2"):
        execute(python(script), file="x", deadline=60, caps=Caps(output_mb=2))
    assert (tmp_path / "x").stat().st_size <= 2_000_000


def test_a_child_that_burns_too_much_is_stopped_as_by_its_deadline():
    script = "import resource, signal, os; os.kill(os.getpid(), signal.SIGXCPU)"
    with pytest.raises(DeadlineError, match="processor time"):
        execute(python(script), file="x", deadline=60)


@pytest.mark.parametrize("said", ["No space left on device", "Disk quota exceeded"])
def test_a_full_disk_is_no_fault_of_the_file(said):
    script = f"import sys; print('write(): {said}', file=sys.stderr); sys.exit(1)"
    with pytest.raises(PublishError, match=said) as caught:
        execute(python(script), file="x", deadline=60)
    assert "free some space" in caught.value.advice.lower()


def test_a_full_disk_is_told_also_where_the_program_ends_well():
    script = "import sys; print('av_write(): No space left on device', file=sys.stderr)"
    with pytest.raises(PublishError, match="No space left"):
        execute(python(script), file="x", deadline=60)


def test_what_a_file_says_of_itself_is_not_believed():
    script = "import sys; print('  title: No space left on device', file=sys.stderr); sys.exit(1)"
    with pytest.raises(FfmpegError):
        execute(python(script), file="x", deadline=60)


FAMILY = (
    "import subprocess, sys, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    "print(p.pid, flush=True); time.sleep(600)"
)


def test_what_exceeds_its_deadline_is_ended_with_all_that_it_started():
    heard = []
    with pytest.raises(DeadlineError):
        execute(python(FAMILY), file="x", deadline=2, on_line=heard.append)
    children = [psutil.Process(int(pid)) for pid in heard if psutil.pid_exists(int(pid))]
    assert heard and not psutil.wait_procs(children, timeout=20)[1]


def test_what_is_cancelled_ends_soon():
    told = threading.Event()
    with pytest.raises(CancelledError):
        execute(
            python("print(1, flush=True); import time; time.sleep(600)"),
            file="x",
            deadline=600,
            on_line=lambda _: told.set(),
            cancelled=told.is_set,
        )


def test_what_is_cut_off_a_long_line_is_no_line_of_its_own():
    said = "    title: ' + 'A' * 3000 + 'No space left on device"
    log = execute(python(f"import sys; print('{said}', file=sys.stderr)"), file="x", deadline=60)
    assert log.startswith("    title: AAA") and "No space" not in log


def test_it_yields_to_others():
    heard = []
    execute(python("import os; print(os.nice(0))"), file="x", deadline=60, caps=Caps(nice=7),
            on_line=heard.append)  # fmt: skip
    assert int(heard[0]) == min(19, os.nice(0) + 7)


def test_a_missing_program_is_told_with_what_to_install():
    with pytest.raises(MachineError, match="apt-get install ffmpeg"):
        find("no-such-ffmpeg")


def test_a_guard_that_may_not_do_its_work_is_left_out(tmp_path, monkeypatch):
    """The filter of system calls of the unit has setpriv fail."""
    fake = tmp_path / "setpriv"
    fake.write_text("#!/bin/sh\necho setpriv: activate capabilities >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert (
        execute(python("import sys; print('oops', file=sys.stderr)"), file="x", deadline=60)
        == "oops"
    )


def test_no_child_outlives_a_killed_service(tmp_path):
    script = (
        "import sys; from karaokify_daemon.adapters.ffmpeg.process import execute;"
        "execute([sys.executable, '-c', 'import os, time; print(os.getpid(), flush=True);"
        "time.sleep(600)'], file='x', deadline=600, on_line=lambda l: print(l, flush=True))"
    )
    parent = psutil.Popen(python(script), stdout=-1, text=True)
    child = psutil.Process(int(parent.stdout.readline()))
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    assert not psutil.wait_procs([child], timeout=20)[1]
    parent.stdout.close()


def test_a_child_is_last_in_the_queue_for_disks(tmp_path):
    heard = []
    script = "import psutil; print(int(psutil.Process().ionice()[1]))"
    execute(python(script), file="x", deadline=60, caps=Caps(nice=7), on_line=heard.append)
    assert heard == ["7"]


def test_a_child_that_takes_too_much_memory_is_ended_with_the_figure():
    script = "import time; kept = b'x' * 150_000_000; time.sleep(600)"
    with pytest.raises(MemoryLimitError, match=r"limits\.ffmpeg_rss_mb = 100") as caught:
        execute(python(script), file="talk.wav", deadline=600, caps=Caps(rss_mb=100))
    assert caught.value.retryable and caught.value.file == "talk.wav"
    assert 100 < caught.value.details["held_mb"] < 250


def test_a_child_below_its_limit_goes_on():
    script = "import time; time.sleep(0.3); print(1)"
    heard = []
    execute(python(script), file="x", deadline=60, caps=Caps(rss_mb=900), on_line=heard.append)
    assert heard == ["1"]
