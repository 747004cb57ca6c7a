import os
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import psutil
import pytest

from karaokify_daemon.adapters.whisper import models
from karaokify_daemon.config import Transcribe
from karaokify_daemon.errors import (
    CancelledError,
    ModelError,
    WorkerDiedError,
    WorkerStalledError,
)
from karaokify_daemon.service.supervisor import Worker
from tests.support.speech import EASY, spoken_pcm

pytestmark = pytest.mark.torch

SETTINGS = Transcribe(model="demo", device="cpu", threads=1, download=False)


class Service:
    """A worker with what its service would know of it."""

    def __init__(self, cache, settings=SETTINGS):
        self.events = []
        self.worker = Worker(settings, cache=cache, on_log=self._log)

    def _log(self, event, fields):
        self.events.append((event, fields))

    def names(self):
        return [event for event, _ in self.events]

    def recognise(self, recording, **options):
        pcm, duration_ms = recording
        given = {"span": (0, duration_ms), "model": "demo", "language": "en"} | options
        return self.worker.recognise(pcm, **given)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    pcm = tmp_path_factory.mktemp("speech") / "short.pcm"
    return pcm, spoken_pcm(pcm)[0]


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """A recording of several windows: the job still runs when its first progress is heard."""
    pcm = tmp_path_factory.mktemp("speech") / "long.pcm"
    return pcm, spoken_pcm(pcm, [EASY] * 40)[0]


@pytest.fixture(scope="module")
def service(cache):
    """A service whose worker is shared by the tests that do it no harm."""
    service = Service(cache)
    yield service
    service.worker.close()


@pytest.fixture
def start(cache):
    """Start services of a test's own."""
    started = []

    def make(**settings):
        started.append(Service(cache, SETTINGS.model_copy(update=settings)))
        return started[-1]

    yield make
    for service in started:
        service.worker.close()


def once(action):
    """Return a progress callback that acts when it is called first."""
    done = []

    def act(_fraction):
        if not done:
            done.append(True)
            action()

    return act


def test_jobs_share_one_process_and_one_load_of_the_model(service, short):
    heard = []
    first = service.recognise(short, on_progress=heard.append)
    pid = service.worker.pid
    second = service.recognise(short)
    assert first["text"] == second["text"] == EASY
    assert first["engine"]["rung"] == "efficient"
    assert service.worker.pid == pid != os.getpid()
    assert service.names().count("model.loaded") == 1
    assert service.names().count("worker.started") == 1
    assert (service.worker.model, service.worker.device) == ("demo", "cpu")
    assert heard == sorted(heard)
    assert heard[-1] == 1


def test_jobs_from_several_threads_wait_for_each_other(service, short):
    results = []
    threads = [
        threading.Thread(target=lambda: results.append(service.recognise(short)["text"]))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [EASY] * 3


def test_a_waiting_job_can_be_cancelled(service, short, long):
    waited = []

    def wait():
        with pytest.raises(CancelledError, match="waited"):
            service.recognise(short, cancelled=lambda: True)
        waited.append(True)

    def wait_in_another_thread():
        thread = threading.Thread(target=wait)
        thread.start()
        thread.join()

    service.recognise(long, on_progress=once(wait_in_another_thread))
    assert waited == [True]


def test_a_cancelled_job_stops_and_the_model_stays(service, short, long):
    service.recognise(short)
    pid, seen = service.worker.pid, threading.Event()
    with pytest.raises(CancelledError):
        service.recognise(long, on_progress=once(seen.set), cancelled=seen.is_set)
    assert service.recognise(short)["text"] == EASY
    assert service.worker.pid == pid


def test_what_the_progress_callback_raises_stops_the_job(service, short, long):
    def fail(_fraction):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        service.recognise(long, on_progress=fail)
    assert service.recognise(short)["text"] == EASY


def test_an_error_in_the_worker_comes_out_here_whole(service, short):
    pid = service.worker.pid
    with pytest.raises(ModelError, match=r"tiny\.pt") as caught:
        service.recognise(short, model="tiny")
    assert "demo" in caught.value.advice
    assert caught.value.details["weights"] == "tiny.pt"
    assert service.worker.model is None
    assert service.recognise(short)["text"] == EASY
    assert pid in (None, service.worker.pid)


def test_an_error_nobody_foresaw_comes_out_with_its_trace(service, tmp_path):
    with pytest.raises(Exception, match="FileNotFoundError") as caught:
        service.recognise((tmp_path / "gone.pcm", 1000))
    assert "gone.pcm" in caught.value.details["trace"]


def test_another_model_takes_the_place_of_the_resident_one(service, short, cache, tmp_path):
    copy = tmp_path / "mine.pt"
    shutil.copy(models.resolve("demo", cache, download=False).path, copy)
    service.recognise(short)
    pid = service.worker.pid
    assert service.recognise(short, model=str(copy))["engine"]["model"] == str(copy)
    assert service.worker.model == str(copy)
    assert service.worker.pid == pid
    assert service.recognise(short)["engine"]["model"] == "demo"


def test_a_killed_worker_is_told_with_its_signal_and_started_again(start, short, long):
    service = start()
    with pytest.raises(WorkerDiedError) as caught:
        service.recognise(
            long, on_progress=once(lambda: os.kill(service.worker.pid, signal.SIGKILL))
        )
    assert type(caught.value) is WorkerDiedError
    assert caught.value.details["signal"] == "SIGKILL"
    assert service.worker.pid is None and service.worker.deaths == 1
    assert service.recognise(short)["text"] == EASY
    assert service.worker.restarts == 1 and service.worker.deaths == 0
    assert "worker.died" in service.names()


def test_a_worker_that_died_while_idle_is_replaced(start, short):
    service = start()
    service.recognise(short)
    child = psutil.Process(service.worker.pid)
    child.kill()
    while service.worker.pid is not None:
        pass
    assert service.recognise(short)["text"] == EASY
    assert service.worker.restarts == 1


def test_the_wait_before_another_start_can_be_cancelled(start, short):
    service = start()
    service.worker._deaths = 20
    service.worker._died_at = float("inf")
    asked = iter([False] * 3)
    with pytest.raises(CancelledError):
        service.recognise(short, cancelled=lambda: next(asked, True))
    assert service.worker.pid is None


def test_a_worker_that_stands_still_is_killed(start, long):
    service = start(stall_seconds=3.0)
    stopped = []

    def stop():
        stopped.append(psutil.Process(service.worker.pid))
        stopped[0].suspend()

    with pytest.raises(WorkerStalledError, match="progress within 3 s"):
        service.recognise(long, on_progress=once(stop))
    assert not stopped[0].is_running()


def test_a_start_that_takes_too_long_is_given_up(start, short):
    service = start(start_seconds=0.01)
    with pytest.raises(ModelError, match=r"load the model within 0.01 s.*start_seconds"):
        service.recognise(short)
    assert service.worker.pid is None


def test_a_job_cancelled_while_the_model_loads_does_not_wait_for_it(start, short):
    service = start()
    with pytest.raises(CancelledError):
        service.recognise(short, cancelled=lambda: "worker.started" in service.names())


def test_an_idle_model_is_freed_and_loaded_again(start, short):
    service = start(idle_unload_seconds=0.001)
    service.recognise(short)
    child = psutil.Process(service.worker.pid)
    while service.worker.pid is not None:
        service.worker.idle()
    assert not child.is_running()
    assert service.worker.model is None
    assert service.recognise(short)["text"] == EASY
    assert service.worker.restarts == 0


def test_without_the_setting_an_idle_model_stays(service, short):
    service.recognise(short)
    pid = service.worker.pid
    service.worker.idle()
    assert service.worker.pid == pid


def test_closing_ends_the_running_job_and_the_process(start, long, short):
    service = start()
    pids = []

    def close():
        pids.append(psutil.Process(service.worker.pid))
        threads.append(threading.Thread(target=service.worker.close))
        threads[0].start()

    threads: list[threading.Thread] = []
    with pytest.raises(CancelledError):
        service.recognise(long, on_progress=once(close))
    threads[0].join()
    assert not pids[0].is_running()
    with pytest.raises(CancelledError):
        service.recognise(short)


def test_a_killed_service_leaves_no_worker_and_its_stdout_is_its_own(tmp_path, cache, long):
    script = tmp_path / "service.py"
    script.write_text(textwrap.dedent("""
            import sys
            from pathlib import Path
            from karaokify_daemon.config import Transcribe
            from karaokify_daemon.service.supervisor import Worker

            def main():
                settings = Transcribe(model="demo", device="cpu", threads=1)
                worker = Worker(settings, cache=Path(sys.argv[1]))
                told = []

                def tell(_fraction):
                    if not told:
                        told.append(print(worker.pid, flush=True))
                        sys.stdin.read()

                worker.recognise(Path(sys.argv[2]), span=(0, int(sys.argv[3])), model="demo",
                                 language="en", on_progress=tell)

            if __name__ == "__main__":
                main()
            """))
    command = [sys.executable, str(script), str(cache), str(long[0]), str(long[1])]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        command,
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        child = psutil.Process(int(parent.stdout.readline()))
        others = psutil.Process(parent.pid).children(recursive=True)
        assert child in others
        parent.kill()
        assert parent.stdout.read() == ""
    gone, alive = psutil.wait_procs(others, timeout=60)
    assert alive == []
    assert child in gone


def test_the_other_engine_works_in_the_worker_without_torch(start, short, long):
    pytest.importorskip("faster_whisper")
    service = start(engine="faster-whisper")
    service.recognise(short)  # converts the model, which needs torch
    service.worker.free()
    heard, seen = [], threading.Event()
    result = service.recognise(short, on_progress=heard.append)
    assert result["text"] == EASY
    assert result["engine"]["engine"] == "faster-whisper"
    assert heard[-1] == 1
    assert "engine.fallback" not in service.names()
    libraries = {Path(m.path).name for m in psutil.Process(service.worker.pid).memory_maps()}
    assert not any(name.startswith("libtorch") for name in libraries)
    with pytest.raises(CancelledError):
        service.recognise(long, on_progress=once(seen.set), cancelled=seen.is_set)
    assert service.recognise(short)["text"] == EASY
