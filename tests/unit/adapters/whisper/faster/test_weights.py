import numpy as np
import pytest

pytestmark = pytest.mark.torch


def test_heads_are_those_that_whisper_looks_at():
    pytest.importorskip("ctranslate2")
    whisper = pytest.importorskip("whisper")
    from karaokify_daemon.adapters.whisper.faster.weights import heads  # noqa: PLC0415

    dims = whisper.ModelDimensions(80, 1500, 384, 6, 1, 51865, 448, 384, 6, 4)
    model = whisper.Whisper(dims)
    guessed = model.alignment_heads.indices().T.tolist()
    assert heads(vars(dims), None) == guessed
    dump = whisper._ALIGNMENT_HEADS["tiny"]
    model.set_alignment_heads(dump)
    assert heads(vars(dims), dump) == model.alignment_heads.indices().T.tolist()


def test_a_missing_weight_is_told():
    pytest.importorskip("ctranslate2")
    from karaokify_daemon.adapters.whisper.faster.weights import describe  # noqa: PLC0415

    dims = {"n_audio_layer": 1, "n_audio_head": 1, "n_text_layer": 1, "n_text_head": 1}
    with pytest.raises(KeyError, match=r"encoder\.conv1\.bias"):
        describe(dims, {"encoder.conv1.weight": np.zeros(1)})
