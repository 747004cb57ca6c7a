"""Our WebVTT as a browser reads it, and our TTML as the reader of its makers does."""

import base64
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from html import unescape

import pytest

from karaokify_daemon.domain.captions import caption_lines
from karaokify_daemon.domain.plain import plain
from karaokify_daemon.domain.subtitles import ttml, vtt
from karaokify_daemon.domain.transcript import Segment, Transcript, Word

WORDS = [
    ("Hello", 500, 900),
    ("-->", 900, 1400),
    ("<b>bold</b>", 1610, 2005),
    ("&amp;", 4000, 4200),
    ("a\0b", 4200, 4400),
    ("שלום", 4400, 4900),
    ("مرحبا\u202e", 5000, 5300),
    ("WEBVTT", 9000, 9500),
    ("\n00:00:09.600", 9500, 9600),
    ("👩‍👩‍👧", 9600, 9700),
    ("a\uffffb", 9700, 9800),
    ("last", 9800, 9990),
]
PAGE = r"""<video><track default src="data:text/vtt;base64,%s"></video><pre></pre>
<script>
const element = document.querySelector("track"), out = document.querySelector("pre");
element.track.mode = "hidden";
element.onload = () => out.textContent = JSON.stringify([...element.track.cues].map(cue => [
  Math.round(cue.startTime * 1000), Math.round(cue.endTime * 1000),
  [...cue.getCueAsHTML().childNodes].map(node => [node.nodeName, node.data])]))
  .replace(/[^ -~]/g, unit => "\\u" + unit.charCodeAt(0).toString(16).padStart(4, "0"));
element.onerror = () => out.textContent = "not read";
</script>"""


@pytest.fixture
def captions():
    return caption_lines(Transcript((Segment(tuple(Word(*w) for w in WORDS)),)), max_chars=24)


def cues_in_browser(text, folder):
    """Return [start, end, [[kind of node, its text]]] of each cue, times in milliseconds."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("there is no Chromium here")
    page = folder / "page.html"
    page.write_text(PAGE % base64.b64encode(text.encode()).decode())
    for _ in range(10):  # a busy machine may spend all virtual time before the track is loaded
        if found := dumped(browser, page):
            return json.loads(found)
    raise AssertionError("the browser never loaded the track")


def dumped(browser, page):
    """Return what the page's script wrote, empty where it was not yet asked to."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=10000"]
    done = subprocess.run(
        [browser, *options, f"--user-data-dir={page.parent}/profile", "--dump-dom", page.as_uri()],
        capture_output=True,
        timeout=120,
        check=True,
        env={"HOME": str(page.parent), "PATH": "/usr/bin:/bin"},
    )
    (found,) = re.findall("<pre>(.*?)</pre>", done.stdout.decode(), re.DOTALL)
    return unescape(found)


def clock_ms(text):
    hours, minutes, seconds = text.split(":")
    return round(((int(hours) * 60 + int(minutes)) * 60 + float(seconds)) * 1000)


def test_a_browser_shows_each_cue_of_our_webvtt_with_its_words_in_time(captions, tmp_path):
    cues = cues_in_browser(vtt(captions), tmp_path)
    assert [cue[:2] for cue in cues] == [[c.start, c.end] for c in captions]
    for (_, _, nodes), caption in zip(cues, captions, strict=True):
        assert {kind for kind, _ in nodes} == {"#text", "timestamp"}
        shown = "".join(data for kind, data in nodes if kind == "#text")
        # Chromium leaves out U+FFFF, which is no character, and keeps what is around it.
        assert shown.split("\n") == [plain(text).replace("\uffff", "") for text in caption.texts]
        stamps = {clock_ms(data) for kind, data in nodes if kind == "timestamp"}
        assert {w.start for row in caption.rows for w in row.words} <= stamps


def test_the_reader_of_imsc_takes_our_ttml_with_its_words_in_time(captions):
    imsc = pytest.importorskip("ttconv.imsc.reader")
    model = pytest.importorskip("ttconv.model")
    root = ET.ElementTree(ET.fromstring(ttml(captions, title="<T>", language="en")))
    read = imsc.to_model(root)
    assert read.get_lang() == "en"
    paragraphs = [e for e in read.get_body().dfs_iterator() if isinstance(e, model.P)]
    times = [(p.get_begin() * 1000, p.get_end() * 1000) for p in paragraphs]
    assert times == [(c.start, c.end) for c in captions]
    words = [(w, c) for c in captions for row in c.rows for w in row.words]
    steps = [
        ("".join(text.get_text() for text in span), step, p.get_begin())
        for p in paragraphs
        for span in p.dfs_iterator()
        if isinstance(span, model.Span)
        for step in span.iter_animation_steps()
    ]
    assert len(steps) == len(words)
    for (text, step, origin), (word, _) in zip(steps, words, strict=True):
        assert text == plain(word.text).replace("\uffff", "\ufffd")
        assert (origin + step.begin) * 1000 == word.start
        assert (origin + step.end) * 1000 == word.end
