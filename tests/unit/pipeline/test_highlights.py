from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest

from karaokify_daemon.config import from_dict
from karaokify_daemon.domain.choice import Candidate
from karaokify_daemon.domain.digest import Digest, Point
from karaokify_daemon.domain.transcript import Segment, Transcript, Word
from karaokify_daemon.pipeline.highlights import Highlighter
from karaokify_daemon.pipeline.named_reels import clips_of

RATE = Fraction(30)
TEXTS = [f"Here is what is said in sentence number {i}." for i in range(30)]


def spoken(texts):
    """Return a transcript of a word each 300 ms, with a pause after each sentence."""
    words, now = [], 400
    for text in texts:
        for token in text.split():
            words.append(Word(token, now, now + 250))
            now += 300
        now += 600
    return Transcript((Segment(tuple(words)),), "en"), now


@pytest.fixture
def find(tmp_path):
    """Return a function that finds highlights, and what was warned of."""
    warnings = []

    def found(texts, noted=None, rate=RATE, **options):
        transcript, duration_ms = spoken(texts)
        noise = np.random.default_rng(1).normal(0, 3000, duration_ms * 16)
        noise.astype("<i2").tofile(tmp_path / "audio.pcm")
        config = from_dict({"highlights": options})
        highlighter = Highlighter(config, "job", warnings.append, lambda: False)
        return highlighter.find(
            transcript, tmp_path / "audio.pcm", duration_ms=duration_ms, rate=rate, noted=noted
        )

    found.warnings = warnings
    return found


def test_one_reel_has_the_title_of_the_recording_and_several_their_own(find):
    one = find(TEXTS, seconds=20)
    assert [reel.ending for reel in one.reels] == [".highlights"]
    assert one.reels[0].title == one.digest.title
    several = find(TEXTS, seconds=[10, 20])
    assert [(r.ending, r.asked_ms) for r in several.reels] == [
        (".short-1", 10_000), (".short-2", 20_000),
    ]  # fmt: skip
    facts = several.facts["reels"]
    assert [fact["ending"] for fact in facts] == [".short-1.mp4", ".short-2.mp4"]
    assert all(0.9 * f["asked_seconds"] <= f["seconds"] <= f["asked_seconds"] for f in facts)


def test_where_only_the_start_of_a_sentence_fits_that_is_its_text(find):
    found = find(["word " * 60 + "end."], seconds=5)
    [clip] = clips_of(found.reels[0], found.sentences)
    assert 10 < len(clip["text"].split()) < 20


def test_what_an_earlier_attempt_was_told_is_not_found_out_again(find):
    theirs = Digest(
        title="Theirs",
        summary="A summary.",
        chapters=(Point(sentence=0, text="One"), Point(sentence=9, text="Two")),
        clips=(Candidate(first=3, last=5, length=0, score=0.9, title="Best"),),
    )
    facts = {"chosen_by": "llm", "llm": {"requests": 1}}
    noted = find(TEXTS, seconds=10).noted | {"digest": theirs.to_dict(), "facts": facts}
    found = find(TEXTS, noted, seconds=10)
    assert found.digest == theirs and found.facts["llm"] == {"requests": 1}
    clips = clips_of(found.reels[0], found.sentences)
    assert clips[0]["sentences"] == [3, 4, 5] and clips[0]["title"] == "Best"
    assert (clips[0]["chosen_by"], clips[0]["score"]) == ("llm", 0.9)
    starts = [chapter.start for chapter in found.chapters]
    assert starts == [0, found.sentences[9].start]
    assert find(TEXTS, found.noted, seconds=10) == found


def test_what_was_told_of_other_sentences_is_not_used(find):
    noted = find(TEXTS, seconds=10).noted | {"facts": {"chosen_by": "llm"}}
    assert find(TEXTS[:10], noted, seconds=10).facts["chosen_by"] == "extractive"


def test_why_there_was_no_answer_is_told_by_every_attempt(find):
    noted = find(TEXTS, seconds=10).noted
    noted["facts"]["why"] = "the language model was of no use: no answer"
    assert not find.warnings
    find(TEXTS, noted, seconds=10)
    assert "of no use" in find.warnings[0]


def test_no_two_of_several_reels_have_the_same_title(find):
    texts = [f"Coral reefs number {i} are large and {w} indeed." for i in range(8)
             for w in ("warm", "clear", "shallow", "bright")]  # fmt: skip
    titles = [reel.title for reel in find(texts, seconds=10, count=5).reels]
    assert len(set(titles)) == 5


def test_where_nothing_is_a_title_the_name_of_the_file_is(find):
    found = find(["Yes of it, and so on."] * 40, seconds=5, count=2)
    assert found.digest.title == "" and [reel.title for reel in found.reels] == ["", ""]


def test_what_is_too_short_is_told(find):
    texts = [f"{'very ' * 30}long sentence number {i}." for i in range(12)]
    find(texts, seconds=30)
    assert "only" in find.warnings[0] and "30 s" in find.warnings[0]


@pytest.mark.parametrize(("rate", "faster"), [(1, 24), (10, 30), (24, 24)])
def test_a_reel_of_a_slow_video_has_more_frames_and_so_all_its_words(find, rate, faster):
    [named] = find(TEXTS, seconds=20, rate=Fraction(rate)).reels
    timeline = named.reel.timeline
    assert timeline.rate == faster
    said = " ".join(word.text for word in timeline.moved(spoken(TEXTS)[0]).words)
    assert said == " ".join(TEXTS[i] for i in sorted(named.reel.sentences))
    told = f"reels have {faster} frames a second: with {rate}, words would be cut off"
    assert (told in find.warnings) == (rate < faster)


def test_what_is_no_speech_is_in_no_clip_where_that_is_asked_for(find):
    told = "Well um they uh I was I was told of"
    texts = [f"{told} {' '.join('abcd'[: i % 5])} sentence number {i}." for i in range(30)]
    kept = clips_of((given := find(texts, seconds=15)).reels[0], given.sentences)
    assert all(len(clip["cuts"]) == 1 for clip in kept)
    found = find(texts, seconds=15, remove_disfluencies=True)
    [reel] = found.reels
    assert 13_500 <= reel.reel.timeline.duration_ms <= 15_000
    said = [word.text for word in reel.reel.timeline.moved(spoken(texts)[0]).words]
    assert {"um", "uh"}.isdisjoint(said) and " ".join(said).count("I was I was") == 0
    told = clips_of(reel, found.sentences)
    assert " ".join(clip["text"] for clip in told) == " ".join(said)
    cuts = told[0]["cuts"]
    assert len(cuts) > 2
    assert all(one[1] < other[0] for one, other in pairwise(cuts))


def test_where_nothing_is_said_there_is_no_reel_and_that_is_told(find):
    found = find([], seconds=10)
    assert found.reels == () and found.chapters == ()
    assert found.facts == {"chosen_by": "nobody", "reels": []}
    assert "nothing is said" in find.warnings[0]


def test_a_summary_may_be_made_without_a_reel(find):
    found = find(TEXTS, summary=True)
    assert found.reels == () and found.digest.summary and found.told()["title"]


def test_a_single_reel_of_several_that_were_asked_for_has_the_name_of_the_first(find):
    assert [reel.ending for reel in find(TEXTS, seconds=60, count=5).reels] == [".short-1"]


def test_why_no_clip_of_the_model_is_in_a_reel_is_told(find):
    texts = [f"Here is what is said in sentence number {i}." for i in range(120)]

    def told(seconds):
        find.warnings.clear()
        noted = find(texts, seconds=seconds).noted | offered(range(0, 120, 6))
        return find(texts, noted=noted, seconds=seconds).facts

    facts = told(15)
    assert facts["chosen_by"] == "extractive" and "as was asked for" in facts["why"]
    [warning] = find.warnings
    assert warning.startswith("highlights has no clip of the language model's")
    facts = told([15, 90])
    assert facts["chosen_by"] == "llm"
    assert [reel["chosen_by"] for reel in facts["reels"]] == ["extractive", "llm"]
    assert [warning.partition(" ")[0] for warning in find.warnings] == ["short-1"]


def test_of_a_recording_that_is_a_reel_as_it_is_nothing_is_told(find):
    find(TEXTS, noted=find(TEXTS, seconds=900).noted | offered([0]), seconds=900)
    assert not any("language model" in warning for warning in find.warnings)


def offered(firsts):
    """Return what a language model has answered that chose clips of four sentences."""
    clips = tuple(Candidate(first=i, last=i + 3, length=0, score=0.5, title="A") for i in firsts)
    return {
        "digest": Digest(title="A", clips=clips).to_dict(),
        "facts": {"chosen_by": "llm", "parts": {"clips": "llm"}},
    }
