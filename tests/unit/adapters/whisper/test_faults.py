import pytest

from karaokify_daemon.adapters.whisper import faults


@pytest.mark.parametrize(
    ("error", "of_gpu"),
    [
        (RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has"), True),
        (RuntimeError("CUDA failed with error out of memory"), True),  # CTranslate2's
        (RuntimeError("cuBLAS failed with status CUBLAS_STATUS_ALLOC_FAILED"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to"), False),
        (MemoryError(), False),
    ],
)
def test_short_memory_is_told_from_other_errors_and_whose_it_was(error, of_gpu):
    assert faults.is_out_of_memory(error)
    assert faults.is_of_gpu(error) is of_gpu


@pytest.mark.parametrize(
    ("error", "of_gpu"),
    [
        (RuntimeError("CUDA error: an illegal memory access was encountered"), True),
        (RuntimeError("CUDA failed with error unspecified launch failure"), True),
        (AssertionError("Inconsistent number of segments"), False),
    ],
)
def test_other_errors_are_no_short_memory(error, of_gpu):
    assert not faults.is_out_of_memory(error)
    assert faults.is_of_gpu(error) is of_gpu
