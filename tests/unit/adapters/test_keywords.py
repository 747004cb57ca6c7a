import pytest
from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.adapters.keywords import frequencies, keywords, stop_words
from karaokify_daemon.config.languages import LANGUAGES
from karaokify_daemon.domain.sentences import sentences
from karaokify_daemon.domain.transcript import Segment, Transcript, Word

TALK = (
    "Welcome back to the show. Today we talk about coral reefs. A reef is built by animals, "
    "and corals need clean water. When the water is warm, corals lose their algae. Without algae, "
    "the reef turns white. So that is what we will be talking about, and I am glad you are here."
)


def about(text, language):
    words = text.split() if language not in ("zh", "ja", "th") else text
    timed = tuple(Word(word, 400 * i, 400 * i + 350) for i, word in enumerate(words))
    segments = (Segment(timed),) if timed else ()
    return keywords(sentences(Transcript(segments, language)), language)


def test_the_words_it_is_about_weigh_most_and_words_of_grammar_nothing():
    found = about(TALK, "en")
    best = sorted(found, key=lambda word: -found[word])[:4]
    assert {"reef", "corals", "algae"} <= set(best)
    assert not {"the", "is", "and", "when"} & set(found)
    assert max(found.values()) == 1.0 and min(found.values()) > 0


def test_what_is_said_in_the_same_words_again_and_again_counts_once():
    found = about(TALK + " Remember to subscribe to the newsletter." * 9, "en")
    assert found["newsletter"] < found["reef"] and found["subscribe"] < found["reef"]


def test_without_spaces_pairs_of_characters_count():
    text = "珊瑚礁是由珊瑚建造的。珊瑚需要海水。我们今天去看电影。海水太热珊瑚会死。"
    found = about(text, "zh")
    assert max(found, key=lambda pair: found[pair]) == "珊瑚"


@pytest.mark.parametrize("language", ["haw", "xx", ""])
def test_of_a_language_that_nothing_is_known_of_rare_words_count(language):
    common = [f"ba bo bi {word} bu" for word in "ko ki ka kura ke ku na kura ne ni".split()]
    found = about(". ".join(common * 3) + ".", language)
    assert not {"ba", "bo", "bi"} & set(found)


@pytest.mark.parametrize("language", [*sorted(LANGUAGES), "xx", "", "de-CH"])
def test_no_language_is_too_strange(language):
    assert isinstance(about("Ein Riff wird von Tieren gebaut. 你好。", language), dict)


def test_the_nearest_language_is_not_the_language():
    assert frequencies("haw") == {} == frequencies("la")
    assert frequencies("no")["hund"] > 0 and frequencies("de")["hund"] > 0
    assert "und" in stop_words("de") and "ahm" in stop_words("de")


@pytest.mark.parametrize("text", ["", " ", "...", "a"])
def test_a_text_about_nothing_has_none(text):
    assert about(text, "en") == {}


@given(st.text(max_size=200), st.sampled_from(["en", "de", "zh", "th", "xx"]))
def test_weights_are_shares_and_always_the_same(text, language):
    found = about(text, language)
    assert all(0 < weight <= 1 for weight in found.values())
    assert found == about(text, language)
