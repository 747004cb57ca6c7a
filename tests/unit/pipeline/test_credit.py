import pytest

from karaokify_daemon.domain.choice import Candidate
from karaokify_daemon.domain.digest import Digest, Point
from karaokify_daemon.errors import LlmError
from karaokify_daemon.pipeline.asking import Asked
from karaokify_daemon.pipeline.credit import chooser, credited, settled, uncredited, warning

CLIP = Candidate(first=0, last=1, length=0, score=0.5)
OWN = Digest(title="Own", summary="Own.", points=(Point(sentence=1, text="P"),), file_name="own")


def test_a_whole_answer_is_told_with_what_it_left_open():
    theirs = Digest(title="A", summary="B", file_name="a", clips=(CLIP,))
    facts = credited(Asked(digest=theirs, facts={"requests": 1}), OWN, reels=True)
    assert facts == {
        "chosen_by": "llm",
        "parts": {
            "title": "llm",
            "summary": "llm",
            "key_points": "extractive",
            "suggested_name": "llm",
            "clips": "llm",
        },
        "llm": {"requests": 1},
    }
    assert warning(facts) is None


def test_where_no_clip_can_be_used_the_rest_is_and_both_are_told():
    asked = Asked(digest=Digest(title="A"), problems=("clips[0]: is wrong",) * 5)
    facts = credited(asked, OWN, reels=True)
    assert facts["chosen_by"] == facts["parts"]["clips"] == "extractive"
    assert facts["parts"]["title"] == "llm" and facts["parts"]["summary"] == "extractive"
    why = "the language model's answer was used in part: " + "clips[0]: is wrong; " * 3
    assert facts["why"] == why + "and 2 more"
    assert warning(facts) == (
        f"{facts['why']}; chosen without it: summary, key points, suggested name, clips"
    )


def test_where_only_some_clips_can_be_used_nothing_else_is_chosen_without_it():
    theirs = Digest(title="A", summary="B", file_name="a", clips=(CLIP,))
    asked = Asked(digest=theirs, problems=("clips[0]: is wrong",))
    facts = credited(asked, Digest(), reels=True)
    assert facts["chosen_by"] == "llm" and warning(facts) == facts["why"]


def test_without_reels_nobody_chooses_clips():
    facts = credited(Asked(digest=Digest(title="A")), OWN, reels=False)
    assert facts["chosen_by"] == "llm" and "clips" not in facts["parts"]


@pytest.mark.parametrize(
    ("problem", "why"),
    [
        (
            "the language model gave no usable answer: x",
            "the language model gave no usable answer: x",
        ),
        ("refused the key (401)", "the language model was of no use: refused the key (401)"),
    ],
)
def test_why_there_was_no_answer_names_the_model_once(problem, why):
    facts = uncredited(LlmError(problem, llm={"requests": 2}), "a/b")
    assert facts == {"chosen_by": "extractive", "why": why, "llm": {"requests": 2}}
    assert warning(facts) == f"{why}; highlights were chosen without it"
    assert uncredited(LlmError(problem), "a/b")["llm"] == {"model": "a/b"}


def test_reels_without_a_clip_of_the_model_are_not_chosen_by_it():
    theirs = Candidate(first=0, last=1, length=2000, score=0.5, offered=True)
    facts = credited(Asked(digest=Digest(title="A", clips=(CLIP,))), OWN, reels=True)
    assert settled(facts, [CLIP, theirs]) == settled(facts, []) == facts
    told = settled(facts, [CLIP])
    assert told["chosen_by"] == told["parts"]["clips"] == chooser([CLIP]) == "extractive"
    assert told["parts"]["title"] == "llm" and facts["chosen_by"] == "llm"
    why = "with the language model's clips, no reel is as long as was asked for"
    assert told["why"] == why
    assert settled({**facts, "why": "it was used in part"}, [CLIP])["why"] == (
        f"it was used in part; {why}"
    )
    assert settled({"chosen_by": "extractive"}, [CLIP]) == {"chosen_by": "extractive"}
