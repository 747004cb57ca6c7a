import pytest

from karaokify_daemon.errors import ModelError, TranscribeError, WorkerDiedError, WorkerStalledError
from karaokify_daemon.service.deaths import backoff_seconds, gpu_lost, not_loaded


def test_the_first_start_is_at_once_and_later_ones_wait_longer_up_to_a_bound():
    waits = [backoff_seconds(deaths) for deaths in range(12)]
    assert waits[0] == 0
    assert waits == sorted(waits)
    assert backoff_seconds(10_000) == waits[-1] == 60


@pytest.mark.parametrize(
    ("death", "advice"),
    [
        (WorkerStalledError("slow"), "start_seconds"),
        (WorkerDiedError("x", advice="dmesg"), "dmesg"),
    ],
)
def test_an_end_before_the_model_is_loaded_is_the_machines_trouble_with_what_to_do(death, advice):
    error = not_loaded(death)
    assert type(error) is ModelError and death.problem in error.problem and advice in error.advice


def test_a_lost_gpu_is_a_death_with_its_facts():
    error = gpu_lost(TranscribeError("CUDA error", engine_lost=True))
    assert type(error) is WorkerDiedError and "CUDA error" in str(error)
    assert error.details == {"engine_lost": True} and "nvidia-smi" in error.advice
