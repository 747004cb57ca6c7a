"""Recognition with whisper-timestamped; only `models`, `leftovers` are imported without torch."""
