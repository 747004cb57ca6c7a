import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from karaokify_daemon.config.languages import LANGUAGES
from karaokify_daemon.domain.digest import Digest
from karaokify_daemon.domain.leaning import asks, leans
from karaokify_daemon.domain.sentences import sentences
from karaokify_daemon.domain.transcript import Segment, Transcript, Word
from karaokify_daemon.pipeline.digesting import Extractive
from tests.support.talks import BICYCLE, BREAD, spoken

REEF = [
    "Coral reefs are built by small animals.",
    "A coral needs algae, and algae need light.",
    "When the sea is warm, the coral loses its algae.",
    "That is what we call coral bleaching.",
]
ENGINE = [
    "A piston moves in the cylinder of the engine.",
    "The valve lets the fuel into the cylinder.",
    "Without a valve, no engine burns its fuel.",
    "So the piston gets hot, and the cylinder, too.",
]
TALK = [
    "We met some old friends last night.",
    "It was late, and nobody was hungry.",
    "Then somebody called and we had to go.",
]


def said(texts, language="en", per_word=400):
    words = " ".join(texts).split() if language not in ("zh", "ja", "th") else "".join(texts)
    timed = tuple(Word(w, per_word * i, per_word * i + 350) for i, w in enumerate(words))
    found = sentences(Transcript((Segment(timed),) if timed else (), language))
    return found, per_word * len(words)


def extractive(found, language, duration):
    own = Extractive(found, language)
    return own.digest(duration), own.worths([None] * len(found))


def digest_of(texts, language="en"):
    found, duration = said(texts, language)
    return extractive(found, language, duration)


def test_a_digest_is_in_the_words_of_the_recording():
    texts = (REEF + TALK) * 8 + (TALK + ENGINE) * 8
    digest, worth = digest_of(texts)
    assert len(worth) == len(texts) and 0 <= min(worth) <= max(worth) <= 1
    assert 0 < len(digest.title.split()) <= 6
    assert digest.file_name and digest.file_name == digest.file_name.lower()
    assert all(sentence in texts for sentence in digest.summary.replace(". ", ".|").split("|"))
    assert 3 <= len(digest.points) <= 7 and not digest.clips
    assert digest.chapters[0].sentence == 0 and all(part.text for part in digest.chapters)


@pytest.mark.parametrize(("texts", "language"), [(BREAD, "en"), (BICYCLE, "de")])
def test_a_summary_and_its_points_ask_nothing_and_say_things_alone(texts, language):
    found, duration = spoken(texts, language, per_word=900)
    digest = Extractive(found, language).digest(duration)
    assert not any(asks(found[p.sentence], language) for p in digest.points)
    assert not any(leans(found[p.sentence], language) for p in digest.points)
    assert "?" not in digest.summary and "asks" not in digest.summary
    titles = [part.text for part in digest.chapters]
    assert len(set(titles)) == len(titles) and digest.title not in titles
    assert digest.chapters == () or (len(titles) > 1 and digest.chapters[0].sentence == 0)


def test_a_clip_is_named_after_what_is_said_in_it():
    own = Extractive(said(REEF + TALK + ENGINE)[0], "en")
    assert "oral" in own.title(0, 3)
    assert own.title(7, 10) == "The valve lets the fuel into the cylinder"


@pytest.mark.parametrize("language", [*sorted(LANGUAGES), "xx", ""])
def test_every_language_has_a_digest(language):
    digest, worth = digest_of(["Das ist ein Riff.", "珊瑚礁很大。", "Риф большой.", "ok"], language)
    assert worth and digest.summary and digest.points


def test_nothing_said_has_none():
    digest, worth = extractive([], "en", 60_000)
    assert digest == Digest() and worth == []


@pytest.mark.parametrize("text", ["Yes.", "um", "...", "la la la la la la la la", "\u200f?"])
def test_of_a_word_there_is_a_digest_too(text):
    digest, worth = digest_of([text])
    assert worth and digest.chapters == () and digest.file_name.strip("-") == digest.file_name


@settings(max_examples=50)
@given(
    st.lists(st.sampled_from("love you tonight la baby oh the moon is".split()), max_size=300),
    st.sampled_from(["en", "de", "th", "xx"]),
)
def test_lyrics_without_marks_have_a_digest_that_is_always_the_same(words, language):
    found, duration = said([" ".join(words)], language)
    digest, worth = extractive(found, language, duration)
    assert len(worth) == len(found) and len(digest.summary) <= 600
    assert (digest, worth) == extractive(found, language, duration)
