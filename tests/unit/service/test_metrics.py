import socket
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families as parse

from karaokify_daemon.config import Config, Folders
from karaokify_daemon.config.schema import Metrics as Settings
from karaokify_daemon.domain.job import Stage
from karaokify_daemon.domain.status import Live, Running, WorkerState
from karaokify_daemon.service.metrics import Metrics

LIVE = Live(
    version="1",
    pid=1,
    host="h",
    process_started="",
    started=5.0,
    written=6.0,
    state="serving",
    running=(Running(id="1", name="a", stage="render", fraction=0.5, in_stage=1.0, in_job=1.0),),
    queued=3,
    oldest=4.0,
    workers=(WorkerState(pid=2, model="demo", device="cpu", restarts=2, memory=10),),
    cache=7,
)


def config(tmp_path, **settings):
    return Config(folders=Folders().under(tmp_path), metrics=Settings(**settings))


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def found(text):
    """Return all values by name and labels."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in parse(text)
        for sample in family.samples
    }


@pytest.fixture
def metrics(tmp_path):
    made = Metrics(config(tmp_path))
    yield made
    made.close()


def asked(port):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
        return found(answer.read().decode())


def test_what_happened_and_what_is_so_is_told_on_a_port(metrics, tmp_path):
    metrics.change(config(tmp_path, port=(port := free_port())))
    for result in ("done", "done", "failed"):
        metrics.ended(result)
    metrics.done(60.0, cache_hit=True)
    metrics.stage(Stage.RENDER, 2.0)
    metrics.tell(LIVE)
    values = asked(port)
    assert values["karaokify_jobs_total", "done"] == 2
    assert values["karaokify_jobs_total", "failed"] == 1
    assert values["karaokify_media_seconds_total",] == 60
    assert values["karaokify_transcripts_total", "hit"] == 1
    assert values["karaokify_stage_seconds_sum", "render"] == 2
    assert values["karaokify_stage_seconds_bucket", "3.0", "render"] == 1
    assert values["karaokify_queue_files",] == 3
    assert values["karaokify_queue_oldest_timestamp_seconds",] == 4
    assert values["karaokify_running_jobs", "render"] == 1
    assert values["karaokify_running_jobs", "decode"] == 0
    assert values["karaokify_worker_restarts_total",] == 2
    assert values["karaokify_cache_bytes",] == 7
    assert values["karaokify_up",] == 1
    assert values["karaokify_disk_free_bytes", "outbox"] > 0


def test_a_changed_configuration_listens_elsewhere_or_nowhere(metrics, tmp_path):
    first, second = free_port(), free_port()
    metrics.change(config(tmp_path, port=first))
    metrics.change(config(tmp_path, port=second))
    assert asked(second)
    metrics.change(config(tmp_path))
    for port in (first, second):
        with pytest.raises(OSError, match="refused"):
            asked(port)


def test_a_port_that_is_taken_ends_nothing(metrics, tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        metrics.change(config(tmp_path, port=other.getsockname()[1]))
    metrics.change(config(tmp_path, port=(port := free_port())))
    assert asked(port)


def test_a_file_has_the_same_and_where_it_cannot_be_written_the_service_goes_on(tmp_path):
    path = tmp_path / "karaokify.prom"
    Metrics(config(tmp_path, textfile=path)).tell(LIVE)
    assert found(path.read_text())["karaokify_queue_files",] == 3
    Metrics(config(tmp_path, textfile=tmp_path / "gone" / "x.prom")).tell(LIVE)
