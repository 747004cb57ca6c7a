from pathlib import Path

from structlog.testing import capture_logs

from karaokify_daemon.config import from_dict
from karaokify_daemon.service import announcing
from karaokify_daemon.service.announcing import Announcer


def announcer(*command: str) -> Announcer:
    return Announcer(from_dict({"hooks": {"on_done": list(command), "timeout_seconds": 600}}))


def test_hooks_are_run_one_after_the_other_and_waited_for(tmp_path: Path):
    one = announcer("touch", f"{tmp_path}/{{name}}")
    for name in "abc":
        one.done({"name": name})
    one.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b", "c"]


def test_the_end_waits_for_none_that_hangs_and_tells_of_those_that_were_not_run(monkeypatch):
    monkeypatch.setattr(announcing, "_END_S", 0.5)
    one = announcer("sleep", "600")
    with capture_logs() as log:
        for name in "abc":
            one.done({"name": name})
        one.close()
    failed = [line["reason"] for line in log if line["event"] == "hook.failed"]
    assert len(failed) == 3
    assert failed[1:] == ["the service has ended before"] * 2
