import json
import pickle
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.answers import (
    LONGEST_POINT,
    LONGEST_SUMMARY,
    LONGEST_TITLE,
    MOST_CHAPTERS,
    MOST_CLIPS,
    MOST_POINTS,
    SCHEMA,
    Bounds,
    RefusedError,
    read,
    written,
)
from karaokify_daemon.domain.choice import Candidate
from karaokify_daemon.domain.digest import Digest, Point
from tests.support.chat import answer

BOUNDS = Bounds(shown=range(10), longest=3)


def problems(text, bounds=BOUNDS):
    with pytest.raises(RefusedError) as refused:
        read(text if isinstance(text, str) else json.dumps(text), bounds)
    return refused.value.problems


def test_a_good_answer_is_a_digest():
    digest = read(json.dumps(answer((0, 2), (5, 5))), BOUNDS)
    assert digest.title == "A title"
    assert digest.summary == "A summary of one paragraph."
    assert digest.points == (Point(sentence=0, text="A point"),)
    assert digest.chapters == (Point(sentence=0, text="A chapter"),)
    assert digest.file_name == "a-name"
    assert digest.clips == (
        Candidate(first=0, last=2, length=0, score=0.9, title="Clip 0"),
        Candidate(first=5, last=5, length=0, score=0.89, title="Clip 1"),
    )


GOOD = json.dumps(answer())


@pytest.mark.parametrize(
    "text",
    [
        f"```json\n{GOOD}\n```",
        f"```\n{GOOD}```",
        f"Here is the answer:\n\n```json\n{json.dumps(answer(), indent=2)}\n```\nI hope it helps!",
        f"Sure! {GOOD} Is there anything else?",
        f'<think>It is {{"title": "wrong"}} perhaps.</think>{GOOD}',
        f'The form is {{"a": 1}} or {{so}}; my answer: {GOOD}',
        f"\ufeff\n {GOOD}\n\n",
    ],
    ids=["fenced", "no language", "both", "prose", "thought", "braces", "blanks"],
)
def test_json_is_found_in_what_stands_around_it(text):
    assert read(text, BOUNDS) == read(GOOD, BOUNDS)


@pytest.mark.parametrize(
    "text",
    [
        *("", " \n", "I cannot do that.", GOOD[:-30], GOOD[1:], "null", "[]", "{}", "7", '"title"'),
        *("{" * 100_000, '{"title":' * 50_000, "[" * 100_000),
        *(GOOD.replace("90", "NaN"), GOOD.replace("90", "9" * 5000)),
    ],
)
def test_what_is_no_answer_is_refused_and_nothing_of_it_is_valid(text):
    with pytest.raises(RefusedError) as refused:
        read(text, BOUNDS)
    assert refused.value.problems and refused.value.valid == Digest()


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"title": ""}, "title: is empty"),
        ({"title": None}, "title: is not a text"),
        ({"summary": "\u202e \n"}, "summary: is empty"),
        ({"key_points": {}}, "key_points: is not a list"),
        ({"key_points": ["A point"]}, "key_points[0]: is not an object"),
        (
            {"key_points": [{"sentence": "0", "text": "A"}]},
            "key_points[0].sentence: is not the id of a sentence, an integer",
        ),
        (
            {"chapters": [{"sentence": 10, "title": "A"}]},
            "chapters[0].sentence: 10 is not the id of a sentence that was shown",
        ),
        (
            {"chapters": [{"sentence": 3, "title": "A"}, {"sentence": 3, "title": "B"}]},
            "chapters: are not in the order of their sentences, each another",
        ),
        ({"clips": []}, "clips: hold 0 sentences together, not 1 at least"),
        ({"times": [1.5]}, 'the answer: has an unknown field "times"'),
        ({"file_name": 7}, "file_name: is not a text"),
        (
            {"key_points": [{"sentence": 1, "text": "A"}] * (MOST_POINTS + 1)},
            f"key_points: has more than {MOST_POINTS} items",
        ),
    ],
)
def test_what_is_wrong_is_told(changes, problem):
    assert problems(answer(**changes)) == [problem]


@pytest.mark.parametrize(
    ("clip", "problem"),
    [
        ({"first": -1}, ".first: -1 is not the id of a sentence that was shown"),
        ({"last": 10**40}, ".last: 100000000000 is not the id of a sentence that was shown"),
        ({"first": True}, ".first: is not the id of a sentence, an integer"),
        ({"first": 0.0}, ".first: is not the id of a sentence, an integer"),
        ({"first": 2}, ": its first sentence is behind its last"),
        ({"last": 6}, ": is longer than 3 sentences"),
        ({"score": 101}, ".score: is not a number from 0 to 100"),
        ({"score": True}, ".score: is not a number from 0 to 100"),
        ({"score": "90"}, ".score: is not a number from 0 to 100"),
        ({"score": 10**400}, ".score: is not a number from 0 to 100"),
        ({"title": []}, ".title: is not a text"),
        ({"start": 1.5}, ': has an unknown field "start"'),
    ],
)
def test_what_is_wrong_with_a_clip_is_told(clip, problem):
    whole = {"first": 0, "last": 1, "score": 50, "title": "A"} | clip
    assert problems(answer(clips=[whole])) == [f"clips[0]{problem}"]


def test_a_clip_of_twice_as_many_sentences_is_taken_as_they_may_be_short():
    digest = read(json.dumps(answer((0, 5), (6, 8))), BOUNDS)
    assert [(clip.first, clip.last) for clip in digest.clips] == [(0, 5), (6, 8)]


@pytest.mark.parametrize("spans", [[(0, 2), (2, 3)], [(3, 4), (0, 1)], [(1, 1), (1, 1)]])
def test_clips_that_overlap_or_are_out_of_order_are_refused(spans):
    assert problems(answer(*spans)) == [
        "clips[1]: overlaps the clip before it, or stands before that"
    ]


def test_a_clip_has_no_sentences_in_it_that_were_not_shown():
    bounds = Bounds(shown={0, 1, 3, 4}, longest=5)
    assert problems(answer((0, 3)), bounds) == ["clips[0]: has sentences in it that were not shown"]


def test_too_little_for_a_reel_is_refused():
    bounds = Bounds(shown=range(10), longest=3, least=6)
    assert problems(answer((0, 2)), bounds) == ["clips: hold 3 sentences together, not 6 at least"]
    assert len(read(json.dumps(answer((0, 2), (4, 6))), bounds).clips) == 2


def test_where_no_reel_is_asked_for_there_need_be_no_clips():
    assert read(json.dumps(answer(clips=[])), Bounds(shown=range(10), longest=0)).clips == ()


def test_all_problems_are_told_at_once():
    found = problems({"title": 1, "clips": [{"first": 99}], "when": "now"})
    assert len(found) == len(set(found)) > 8
    assert len(problems(answer(chapters=[{} for _ in range(30)]))) == 20


def test_nothing_in_a_text_acts():
    digest = read(
        json.dumps(
            answer(
                title="{\\an8\\pos(0,0)}Big <b>news</b>\n\u202etxt",
                summary="See https://evil.example/?q=1 and [it](javascript:x) www.evil.example `x`",
                file_name="../../etc/passwd",
            )
        ),
        BOUNDS,
    )
    assert digest.title == "(/an8/pos(0,0))Big \u2039b\u203anews\u2039/b\u203a txt"
    assert digest.summary == "See and it 'x'"
    assert digest.file_name == "etc-passwd"


def test_long_texts_are_cut_between_words():
    digest = read(json.dumps(answer(title="word " * 40, summary="\u4e2d" * 5000)), BOUNDS)
    assert digest.title == "word " * 15 + "word\u2026"
    assert len(digest.summary) == LONGEST_SUMMARY


def salvaged(given, bounds=BOUNDS):
    with pytest.raises(RefusedError) as refused:
        read(json.dumps(given), bounds)
    return refused.value.valid


def test_of_what_is_refused_there_is_what_is_valid():
    whole = read(GOOD, BOUNDS)
    assert salvaged(answer(title="")) == replace(whole, title="")
    assert salvaged(answer(summary=7)) == replace(whole, summary="")
    assert salvaged(answer(times=[1])) == whole
    assert salvaged(answer(clips=[])) == replace(whole, clips=())
    assert salvaged(answer(key_points=[{"sentence": 77, "text": "A"}])) == replace(whole, points=())
    chapters = [
        {"sentence": n, "title": t} for n, t in ((5, "C"), (1, "A"), (5, "D"), (99, "E"), (3, ""))
    ]
    assert salvaged(answer(chapters=chapters)).chapters == (
        Point(sentence=1, text="A"), Point(sentence=5, text="C"),
    )  # fmt: skip


def test_of_clips_that_are_refused_there_are_those_that_are_valid():
    def clip(first, last, score=50, **more):
        return {"first": first, "last": last, "score": score, "title": "A"} | more

    given = [
        clip(7, 8, 90), clip(0, 1), clip(1, 2, 60), clip(4, 4, start=1.5), clip(9, 12),
        clip(5, 5, 101), clip(6, 3), clip(5, 5, title=7), "clip", clip(6, 6, 10),
    ]  # fmt: skip
    found = salvaged(answer(clips=given)).clips
    assert [(clip.first, clip.last) for clip in found] == [(1, 2), (6, 6), (7, 8)]
    long = [clip(0, 6), clip(8, 9)]
    assert [c.first for c in salvaged(answer(clips=long)).clips] == [8]


def test_of_what_is_no_answer_nothing_is_valid():
    with pytest.raises(RefusedError) as refused:
        read("no", BOUNDS)
    assert refused.value.valid == Digest()


def test_what_is_far_too_long_is_refused_unread():
    assert problems(json.dumps(answer((0, 2))) + " " * 200_000) == [
        "the answer is longer than 200000 characters"
    ]


def test_what_was_refused_survives_pickling():
    with pytest.raises(RefusedError) as refused:
        read(json.dumps(answer(title="", clips=[])), BOUNDS)
    copy = pickle.loads(pickle.dumps(refused.value))
    assert (copy.problems, copy.valid) == (refused.value.problems, refused.value.valid)
    assert str(copy) == str(refused.value)


@pytest.mark.parametrize("name", ["", "...", "\u202e", "/"])
def test_a_file_name_of_nothing_is_taken_from_the_title(name):
    assert read(json.dumps(answer(file_name=name)), BOUNDS).file_name == "A-title"


values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 12) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["first", "last", "score", "title", "x"]), inner),
    max_leaves=8,
)
clips = st.fixed_dictionaries(
    {
        "first": st.integers(-1, 10),
        "last": st.integers(-1, 10),
        "score": st.integers(-1, 101) | st.floats(0, 100),
        "title": st.text(max_size=120),
    }
)
nearly = st.fixed_dictionaries(
    {
        "title": st.text(max_size=200),
        "summary": st.text(min_size=1, max_size=50),
        "key_points": st.lists(
            st.fixed_dictionaries({"sentence": st.integers(0, 9), "text": st.text(max_size=300)}),
            max_size=2,
        ),
        "chapters": st.lists(
            st.fixed_dictionaries({"sentence": st.integers(0, 9), "title": st.text(max_size=90)}),
            max_size=2,
        ),
        "file_name": st.text(max_size=100),
        "clips": st.lists(clips, max_size=3),
    }
)


def taken(text):
    """Return what is taken of an answer, and whether it was refused."""
    try:
        return read(text, BOUNDS), False
    except RefusedError as refused:
        return refused.valid, True


@given(st.text() | values.map(json.dumps) | st.builds(answer, clips=values).map(json.dumps))
def test_whatever_is_answered_is_taken_or_refused(text):
    digest, refused = taken(text)
    check(digest, refused)


@given(nearly)
def test_what_is_taken_is_within_all_bounds(given_answer):
    digest, refused = taken(json.dumps(given_answer))
    check(digest, refused)
    whole = digest.or_else(replace(read(GOOD, BOUNDS), clips=()))
    again = read(json.dumps(written(whole)), replace(BOUNDS, least=0))
    assert [(c.first, c.last) for c in again.clips] == [(c.first, c.last) for c in digest.clips]


def check(digest, refused):
    assert refused or (digest.title and digest.summary and digest.clips)
    last = -1
    for clip in digest.clips:
        assert last < clip.first <= clip.last < 10 and clip.last - clip.first < 6
        assert 0 <= clip.score <= 1 and 0 < len(clip.title) <= LONGEST_TITLE
        last = clip.last
    assert [p.sentence for p in digest.points] == sorted(p.sentence for p in digest.points)
    starts = [chapter.sentence for chapter in digest.chapters]
    assert starts == sorted(set(starts)) and set(starts) <= set(range(10))
    assert len(digest.points) <= MOST_POINTS and len(digest.chapters) <= MOST_CHAPTERS
    assert len(digest.clips) <= MOST_CLIPS
    assert all(0 < len(point.text) <= LONGEST_POINT for point in digest.points)
    texts = [digest.title, digest.summary, digest.file_name, *(c.title for c in digest.clips)]
    texts += [point.text for point in (*digest.points, *digest.chapters)]
    assert not set("".join(texts)) & set("{}\\<>\n\r\0\u202e")


def test_the_schema_allows_what_is_known_and_nothing_else():
    def objects(schema):
        if schema["type"] == "object":
            yield schema
            for inner in schema["properties"].values():
                yield from objects(inner)
        elif schema["type"] == "array":
            yield from objects(schema["items"])

    for one in objects(SCHEMA):
        assert one["additionalProperties"] is False
        assert set(one["required"]) == set(one["properties"])
