from karaokify_daemon.domain.keyness import keyness
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.transcript import Word

FREQUENT = {"the": 0.05, "is": 0.01, "water": 2e-4, "go": 9e-4, "reef": 2e-6, "coral": 7e-6}


def said(*texts):
    return [Sentence(i, tuple(Word(w, 0, 1) for w in t.split())) for i, t in enumerate(texts)]


def test_what_is_rarer_in_the_language_weighs_more():
    found = keyness(
        said("the reef is a coral", "go by coral water or reef", "a water so go to the reef"),
        FREQUENT,
        frozenset({"a", "to", "so", "by", "or"}),
    )
    assert "the" not in found and "is" not in found
    assert found["reef"] > found["coral"] > found["water"] > found.get("go", 0)


def test_a_set_phrase_counts_once_and_one_context_less_than_several():
    reef = ["the reef of coral", "coral makes a reef", "every reef has coral"]
    found = keyness(said(*reef, *["please subscribe to it"] * 9), FREQUENT, frozenset())
    assert found["reef"] > found["subscribe"]


def test_words_beside_other_key_words_weigh_more():
    together = ["one reef two coral", "six coral ten reef", "my reef his coral"]
    apart = ["one umbrella", "my umbrella fell", "her umbrella broke"]
    usual = dict.fromkeys("one two six ten my his her fell broke".split(), 0.01)
    found = keyness(said(*together, *apart), usual, frozenset())
    assert found["coral"] > 2 * found["umbrella"] > 0


def test_each_stretch_of_a_long_recording_has_its_keywords():
    numbers = [f"{i}th" for i in range(400)]
    first = [f"{n} violin melody {n} resonance of it" for n in numbers]
    second = [f"so {n} glacier with ice {n} crevasse" for n in numbers[:40]]
    found = keyness(said(*first, *second), FREQUENT, frozenset({"of", "it", "so", "with"}))
    assert found["violin"] == 1.0 and found["glacier"] > 0.05


def test_nothing_said_is_about_nothing():
    assert keyness([], FREQUENT, frozenset()) == {}
    assert keyness(said("the is"), FREQUENT, frozenset()) == {}
