from karaokify_daemon.domain.choice import Candidate
from karaokify_daemon.domain.material import Material
from karaokify_daemon.domain.offers import fitting, varied
from karaokify_daemon.domain.sentences import Sentence
from karaokify_daemon.domain.transcript import Word

TEXTS = [
    "Bees live in a hive.", "They dance for one another.", "A swarm has left its hive.",
    "Scouts look for a hole.", "How do bees decide?", "Bees vote for a hole.", "That is all.",
]  # fmt: skip


def material(pause=500):
    found, now = [], 0
    for i, text in enumerate(TEXTS):
        words = tuple(
            Word(w, now + 500 * n, now + 500 * n + 450) for n, w in enumerate(text.split())
        )
        found.append(Sentence(i, words))
        now = words[-1].end + pause
    return Material(sentences=found, worth=[0.5] * 7, duration_ms=now, language="en")


def offer(first, last):
    return Candidate(first=first, last=last, length=0, score=0.8, title="Dance")


def spans(clips):
    return {(clip.first, clip.last) for clip in clips}


def test_what_is_too_long_does_not_end_before_an_answer():
    given = material()
    long = given.length(2, 4) + 100
    assert spans(fitting(given, [offer(2, 5)], long, ())) == {(2, 3)}


def test_what_was_offered_is_divided_at_silences_and_not_taken_twice():
    given = material(pause=3000)
    assert spans(fitting(given, [offer(2, 4)], 60_000, {3})) == {(2, 2), (4, 4)}


def test_it_may_have_sentences_more_or_fewer_where_nothing_leans_on_what_is_missing():
    given = material()
    [clip] = fitting(given, [offer(2, 5)], 60_000, ())
    found = list(varied(given, [clip], 60_000, ()))
    assert {(3, 5), (1, 5), (0, 5), (2, 6), (2, 5)} - spans(found) == {(2, 5)}
    assert not any(other.last == 4 for other in found), "before an answer"
    assert all(other.title == "Dance" and other.offered for other in found)
    fewer = next(other for other in found if (other.first, other.last) == (3, 5))
    assert fewer.score < clip.score and fewer.worth < clip.worth == 0.8
    assert (0, 5) not in spans(varied(given, [clip], 60_000, {0}))
    assert (2, 6) not in spans(varied(given, [clip], given.length(2, 5) + 100, ()))


def test_most_of_it_stays():
    given = material()
    [clip] = fitting(given, [offer(2, 5)], 60_000, ())
    said = given.spoken_ms(2, 5)
    for other in varied(given, [clip], 60_000, ()):
        kept = given.spoken_ms(max(2, other.first), min(5, other.last))
        assert kept >= 0.66 * said
