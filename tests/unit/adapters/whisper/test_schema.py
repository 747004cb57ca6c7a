import json

from karaokify_daemon.adapters.whisper.schema import plain


def test_whispers_own_names_become_those_of_whisper_timestamped():
    found = {
        "language": "en",
        "text": "ignored",
        "segments": [
            {
                "id": 7,
                "seek": 0,
                "start": 0.0,
                "end": 9.0,
                "text": " Hello world.",
                "tokens": [1, 2],
                "words": [
                    {"word": " Hello", "start": 0.5, "end": 0.9, "probability": 0.5},
                    {"word": " world.", "start": 0.9, "end": 1.2, "probability": 0.7},
                ],
            }
        ],
    }
    assert plain(found) == {
        "text": "Hello world.",
        "language": "en",
        "segments": [
            {
                "id": 0,
                "start": 0.5,
                "end": 1.2,
                "text": "Hello world.",
                "confidence": 0.6,
                "words": [
                    {"text": "Hello", "start": 0.5, "end": 0.9, "confidence": 0.5},
                    {"text": "world.", "start": 0.9, "end": 1.2, "confidence": 0.7},
                ],
            }
        ],
    }


def test_what_was_heard_in_a_part_of_a_recording_has_the_times_of_the_whole():
    word = {"text": "x", "start": 0.1, "end": 0.25}
    found = {"language": "en", "segments": [{"text": "x", "words": [word]}]}
    [segment] = plain(found, later_ms=600_020)["segments"]
    assert segment["words"] == [{"text": "x", "start": 600.12, "end": 600.27}]
    assert (segment["start"], segment["end"]) == (600.12, 600.27)


def test_segments_without_words_are_left_out():
    found = {"language": "en", "segments": [{"text": "", "words": []}, {"text": " x"}]}
    assert plain(found) == {"text": "", "language": "en", "segments": []}


def test_segments_in_a_language_without_spaces_are_not_set_apart():
    word = {"text": "x", "start": 0, "end": 1}
    segments = [{"text": text, "words": [word]} for text in ("你好", "世界")]
    assert plain({"language": "zh", "segments": segments})["text"] == "你好世界"


def test_numbers_are_pythons_own_so_that_json_takes_them():
    class Odd(float):
        pass

    word = {"text": "x", "start": Odd(0.1), "end": Odd(0.2), "confidence": Odd(0.3)}
    result = plain({"language": "en", "segments": [{"text": "x", "words": [word]}]})
    assert type(result["segments"][0]["words"][0]["start"]) is float
    json.dumps(result)
