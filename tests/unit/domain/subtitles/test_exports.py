"""The formats for singing, broadcasting and reading, as independent readers see them."""

import re
import xml.etree.ElementTree as ET

import pysubs2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.captions import caption_lines
from karaokify_daemon.domain.plain import plain
from karaokify_daemon.domain.subtitles import lrc, prose, ttml, ultrastar
from karaokify_daemon.domain.transcript import Segment, Transcript, Word

TT = "{http://www.w3.org/ns/ttml}"
HELLO = (("Hello", 500, 900), ("world.", 900, 1400), ("Again", 9000, 9500))


def transcript(*words, language="en"):
    return Transcript((Segment(tuple(Word(*w) for w in words)),), language)


def captions(*words, language="en"):
    return caption_lines(transcript(*words, language=language), max_chars=40)


any_words = st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=5).map(
    lambda texts: [(text, 1000 * i, 1000 * i + 800) for i, text in enumerate(texts)]
)


def test_lrc_has_a_line_per_row_and_each_words_time():
    assert lrc(captions(*HELLO), title="A\nsong", language="en") == (
        "[ti:A song]\n[la:en]\n[re:karaokify-daemon]\n"
        "[00:00.50]<00:00.50>Hello <00:00.90>world.<00:01.40>\n[00:01.40]\n"
        "[00:09.00]<00:09.00>Again<00:09.50>\n[00:09.50]\n"
    )


@given(any_words)
def test_no_text_becomes_a_time_of_lrc(words):
    body = lrc(captions(*words)).removeprefix("[re:karaokify-daemon]\n")
    stamps = re.findall(r"[\[<]\d+:\d+(?:[.:]\d+)?[\]>]", body)
    rows = [row for caption in captions(*words) for row in caption.rows]
    rests = sum(
        line.endswith("]") and line.startswith("[") and "<" not in line
        for line in body.splitlines()
    )
    assert len(stamps) == len(words) + 2 * len(rows) + rests


@pytest.mark.parametrize("text", ["[00:01.00]", "<00:01.00>", "[0:1]<9:9>"])
def test_a_word_that_looks_like_a_time_of_lrc_is_none(text):
    assert text not in lrc(captions((text, 0, 500)))


def read_ultrastar(text):
    """Read notes as the format's page says: (kind, start in ms, end in ms, text)."""
    headers = dict(re.findall(r"^#([A-Z0-9]+):(.*)$", text, re.MULTILINE))
    beat = 60_000 / (float(headers["BPM"]) * 4)
    notes = []
    for line in text.split("\n"):
        if found := re.fullmatch(r"([:*FRG]) (-?\d+) (\d+) (-?\d+) (.*)", line):
            kind, start, length, _, sung = found.groups()
            begin = float(headers["GAP"]) + int(start) * beat
            notes.append((kind, begin, begin + int(length) * beat, sung))
    return headers, notes


def test_ultrastar_has_the_headers_and_a_note_of_each_word():
    text = ultrastar(captions(*HELLO), title="Song", language="en", media="talk.mp4")
    headers, notes = read_ultrastar(text)
    assert headers | {"BPM": "", "VERSION": ""} == {
        "VERSION": "",
        "TITLE": "Song",
        "ARTIST": "Unknown",
        "LANGUAGE": "English",
        "MP3": "talk.mp4",
        "VIDEO": "talk.mp4",
        "BPM": "",
        "GAP": "500",
    }
    assert notes == [
        ("F", 500, 900, "Hello "),
        ("F", 900, 1400, "world. "),
        ("F", 9000, 9500, "Again "),
    ]
    assert text.endswith("\nE\n") and text.count("\n- 850\n") == 1


@given(any_words, st.text(max_size=20))
def test_no_text_breaks_a_line_of_ultrastar(words, title):
    text = ultrastar(captions(*words), title=title)
    kinds = {line[0] for line in text.removesuffix("\n").split("\n")}
    assert kinds <= {"#", "F", "-", "E"} and text.splitlines()[-1] == "E"
    assert len(read_ultrastar(text)[1]) == len(words)


def test_ttml_shows_a_row_whole_and_colours_each_word_in_its_time():
    root = ET.fromstring(ttml(captions(*HELLO), title="<T>", language="en"))
    first, second = root.iter(f"{TT}p")
    assert "".join(first.itertext()) == "Hello world." and "".join(second.itertext()) == "Again"
    assert not any("begin" in span.attrib for span in root.iter(f"{TT}span"))
    assert (first.get("begin"), first.get("end")) == ("00:00:00.200", "00:00:02.100")
    assert [(s.get("begin"), s.get("end")) for s in first.iter(f"{TT}set")] == [
        ("00:00:00.300", "00:00:00.700"),
        ("00:00:00.700", "00:00:01.200"),
    ]
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "en"


# TTML2, section 5: what each element may hold, of those that are written.
_CHILDREN = {
    "tt": ["head", "body"],
    "head": ["metadata", "styling", "layout"],
    "metadata": ["title"],
    "styling": ["style"],
    "layout": ["region"],
    "body": ["div"],
    "div": ["p"],
    "p": ["span", "br"],
    "span": ["set"],
}


@given(any_words, st.text(max_size=20))
def test_any_text_gives_ttml_of_its_rules(words, title):
    made = captions(*words)
    root = ET.fromstring(ttml(made, title=title, language="en").encode())
    ids = {e.get("{http://www.w3.org/XML/1998/namespace}id") for e in root.iter()}
    for element in root.iter():
        allowed = _CHILDREN.get(element.tag.split("}")[1], [])
        assert all(child.tag.split("}")[1] in allowed for child in element)
        assert {element.get("style"), element.get("region")} <= ids | {None}
    wanted = [re.sub("[\ufffe\uffff]", "\ufffd", plain_rows(c)) for c in made]
    assert len(made) == len(list(root.iter(f"{TT}p")))
    assert ["".join(p.itertext()) for p in root.iter(f"{TT}p")] == wanted
    assert len(pysubs2.SSAFile.from_string(ttml(made, language="en"), format_="ttml")) == len(made)


def plain_rows(caption):
    return "".join(caption.joiner.join(plain(w.text) for w in row.words) for row in caption.rows)


def test_nothing_said_gives_files_that_are_read():
    assert lrc([]) == "[re:karaokify-daemon]\n" and prose(transcript_of_nothing()) == ""
    assert ET.fromstring(ttml([])).find(f"{TT}body") is not None
    assert read_ultrastar(ultrastar([]))[1] == []


def transcript_of_nothing():
    return Transcript(())


def test_prose_has_paragraphs_where_there_are_long_pauses():
    assert prose(transcript(*HELLO)) == "Hello world.\n\nAgain\n"


def test_prose_has_no_spaces_where_the_language_has_none():
    assert prose(transcript(("你", 0, 200), ("好", 200, 400), language="zh")) == "你好\n"


def test_a_long_paragraph_ends_with_a_sentence():
    words = [("word", 1000 * i, 1000 * i + 200) for i in range(200)]
    words[150] = ("end.", 150_000, 150_200)
    first, second = prose(transcript(*words)).strip().split("\n\n")
    assert first.endswith("end.") and second.startswith("word")
