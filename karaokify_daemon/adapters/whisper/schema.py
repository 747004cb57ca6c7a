"""Engine results as plain JSON data in whisper-timestamped's schema, without its inner workings."""

from typing import Any


def plain(found: dict[str, Any], *, later_ms: int = 0) -> dict[str, Any]:
    """Return text, language and segments of a result of whisper-timestamped or of whisper.

    Whisper calls a word "word" and its confidence "probability". Numbers become Python's own;
    segments without words are left out. All times, in seconds, become `later_ms` later.
    """
    spoken = [raw for raw in found["segments"] if raw.get("words")]
    segments = [_segment(raw, later_ms / 1000) for raw in spoken]
    return {
        "text": "".join(raw["text"] for raw in spoken).strip(),
        "language": found["language"],
        "segments": [{"id": i} | segment for i, segment in enumerate(segments)],
    }


def _segment(raw: dict[str, Any], later: float) -> dict[str, Any]:
    words = [_word(word, later) for word in raw["words"]]
    confidences = [word["confidence"] for word in words if "confidence" in word]
    mean = round(sum(confidences) / len(confidences), 3) if confidences else None
    return {
        "start": words[0]["start"],
        "end": words[-1]["end"],
        "text": raw["text"].strip(),
        **_confidence(raw.get("confidence", mean)),
        "words": words,
    }


def _word(raw: dict[str, Any], later: float) -> dict[str, Any]:
    return {
        "text": str(raw.get("text", raw.get("word", ""))).strip(),
        "start": round(float(raw["start"]) + later, 3),
        "end": round(float(raw["end"]) + later, 3),
        **_confidence(raw.get("confidence", raw.get("probability"))),
    }


def _confidence(value: Any) -> dict[str, float]:
    return {} if value is None else {"confidence": round(float(value), 3)}
