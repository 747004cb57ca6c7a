"""One module or package per thing outside: files, FFmpeg, Whisper, the cache."""
