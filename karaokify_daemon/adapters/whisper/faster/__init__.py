"""Recognition with faster-whisper, an optional extra, on CTranslate2 models."""
