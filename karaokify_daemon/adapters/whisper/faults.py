"""What errors of the engines mean; by their text, since each library has classes of its own."""

_NO_MEMORY = (
    "out of memory",  # torch's and CTranslate2's, of the GPU
    "alloc_failed",  # cuBLAS and cuDNN
    "can't allocate memory",  # torch's allocator on the processor
)
_OF_GPU = (
    "cuda error",
    "cuda failed",
    "cuda out of memory",
    "cuda driver",
    "cuda-capable device",
    "[cuda]",  # Triton's
    "cublas",
    "cudnn",
    "cufft",
    "cusolver",
    "nvrtc",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether memory was short, of the GPU or the machine."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or any(sign in text for sign in _NO_MEMORY)


def is_of_gpu(error: BaseException) -> bool:
    """Tell whether the error came from the GPU.

    After any but a lack of memory its context is lost: nothing works in this process from then on.
    """
    return any(sign in str(error).lower() for sign in _OF_GPU)
