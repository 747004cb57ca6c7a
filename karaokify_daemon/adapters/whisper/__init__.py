"""Recognition with whisper-timestamped; only `models` may be imported without torch."""
