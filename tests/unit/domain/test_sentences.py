from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.sentences import sentences
from karaokify_daemon.domain.transcript import Segment, Transcript, Word


def said(text, language="en", pauses=None, per_word=300):
    """Return a transcript of words of 300 ms, with pauses (ms) after some of them, by number."""
    words, now = [], 0
    for i, word in enumerate(text.split(" ") if language != "zh" else text):
        words.append(Word(word, now, now + per_word))
        now += per_word + (pauses or {}).get(i, 0)
    # Recognition has cut it where no sentence ends.
    half = max(1, len(words) // 2 - 1)
    parts = [tuple(part) for part in (words[:half], words[half:]) if part]
    return Transcript(tuple(Segment(part) for part in parts), language)


def texts(*args, **options):
    return [sentence.text for sentence in sentences(said(*args, **options))]


def test_marks_end_sentences_and_segments_do_not():
    assert texts("Who is there? It is I, the fox. Come in!") == [
        "Who is there?",
        "It is I, the fox.",
        "Come in!",
    ]


def test_not_every_point_ends_a_sentence():
    assert texts("Dr. Fox pays 3.5 percent. He does.") == ["Dr. Fox pays 3.5 percent.", "He does."]
    assert texts("Das ist z. B. gut. Er kam am 3. Mai.", "de") == [
        "Das ist z. B. gut.",
        "Er kam am 3. Mai.",
    ]


def test_languages_without_spaces():
    chinese = "你好吗？我很好。"  # noqa: RUF001 - its own marks
    assert texts(chinese, "zh") == [chinese[:4], chinese[4:]]


def test_a_long_pause_ends_a_sentence_without_a_mark():
    assert texts("One two three four. Five six", pauses={1: 1500, 4: 600}) == [
        "One two",
        "three four.",
        "Five six",
    ]


def test_without_any_mark_short_pauses_end_sentences():
    words = " ".join(f"w{i}" for i in range(60))
    assert [len(text.split()) for text in texts(words, pauses={9: 400, 29: 700, 40: 300})] == [
        10,
        20,
        30,
    ]


def test_a_sentence_without_end_is_divided_at_its_longest_pauses():
    words = "Who? Me? You? No! Yes! " + " ".join(f"w{i}" for i in range(169)) + " end."
    found = sentences(said(words, pauses={34: 200, 89: 300}))[5:]
    assert [len(sentence.words) for sentence in found] == [30, 55, 42, 43]


def test_a_sentence_that_is_divided_a_thousand_times_is_divided_to_its_end():
    words = " ".join(["a"] * 4470 + ["Yes."] * 200)
    falling = {i: 1499 - i // 3 for i in range(2, 4470, 3)}
    found = sentences(said(words, pauses=falling))
    assert sum(len(sentence.words) for sentence in found) == 4670
    assert max(sentence.end - sentence.start for sentence in found) <= 25_000


def test_without_any_mark_sentences_are_shorter():
    words = " ".join(f"w{i}" for i in range(100))
    found = sentences(said(words, pauses={29: 200, 59: 300}))
    assert [len(sentence.words) for sentence in found] == [30, 30, 20, 20]


def test_nothing_said_has_no_sentences():
    assert sentences(Transcript(())) == []


@given(
    st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=("Z", "C")), min_size=1, max_size=8),
            st.integers(0, 2500),
        ),
        min_size=1,
        max_size=80,
    ),
    st.sampled_from(["en", "de", "zh", "ar", "xx", ""]),
)
def test_each_word_is_in_one_sentence_in_order(drawn, language):
    words, now = [], 0
    for text, pause in drawn:
        words.append(Word(text, now, now + 200))
        now += 200 + pause
    found = sentences(Transcript((Segment(tuple(words)),), language))
    assert [word for sentence in found for word in sentence.words] == words
    assert [sentence.id for sentence in found] == list(range(len(found)))
    assert all(sentence.words for sentence in found)
