import json
import pickle

import pytest
import structlog

from karaokify_daemon.adapters.llm import Reply
from karaokify_daemon.config import Llm
from karaokify_daemon.domain.asking import tokens
from karaokify_daemon.errors import CancelledError, LlmError
from karaokify_daemon.pipeline.asking import ask
from tests.support.chat import answer, sentences, shown, talk


class Scripted:
    """A model that answers what it is told to, or what a function makes of the question."""

    provider = "scripted"

    def __init__(self, *answers, dollars=0.25):
        self.answers, self.dollars = list(answers), dollars
        self.asked, self.requests, self.closed = [], 0, False

    def __call__(self, settings, budget):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.closed = True

    def complete(self, messages, schema, cancelled):
        self.asked.append(messages)
        self.requests += 1
        given = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(given, Exception):
            raise given
        text = given({"messages": messages}) if callable(given) else given
        text = text if isinstance(text, str) else json.dumps(text)
        return Reply(
            text=text, model="m-1", prompt_tokens=10, completion_tokens=5, dollars=self.dollars
        )


@pytest.fixture
def asked(tmp_path):
    def run(model, found=None, **options):
        names = ("window_tokens", "required")
        settings = Llm(model="a/b", **{n: options.pop(n) for n in names if n in options})
        options = {"language": "en", "lengths": [15], "count": 1} | options
        return ask(
            talk() if found is None else found,
            settings=settings,
            state=tmp_path,
            cache=tmp_path / "cache",
            connect=model,
            **options,
        )

    return run


def every_third(body):
    return answer(*((id_, id_) for id_ in shown(body)[::3]))


def test_one_window_is_one_request(asked):
    model = Scripted(answer())
    result = asked(model)
    assert [(clip.first, clip.last, clip.length) for clip in result.digest.clips] == [
        (0, 1, 0),
        (3, 4, 0),
    ]
    assert result.facts["requests"] == 1 and result.facts["dollars"] == 0.25
    assert model.closed


def test_many_windows_are_merged_group_by_group_and_no_request_is_much_longer_than_a_window(asked):
    model = Scripted(lambda body: every_third(body) | {"summary": "word " * 200})
    result = asked(model, talk(1500), window_tokens=500)
    lengths = [sum(tokens(message["content"]) for message in asked) for asked in model.asked]
    assert len(lengths) > 50
    assert max(lengths) < 4 * lengths[0]
    assert result.digest.clips


def test_several_windows_are_merged_in_one_more(asked):
    model = Scripted(every_third)
    result = asked(model, talk(80), window_tokens=500)
    assert result.facts["requests"] == 4
    assert result.facts["prompt_tokens"] == 40 and result.facts["dollars"] == 1.0
    assert ["<parts>\n" in messages[1]["content"] for messages in model.asked] == [False] * 3 + [
        True
    ]


def test_clips_that_are_too_long_are_ended_sooner(asked):
    usual = ["A sentence."] * 9
    found = sentences(*usual)
    long = sentences(*usual, each_ms=14_000)
    mixed = [*found[:5], *long[5:]]  # 5 of 3 s, 4 of 14 s: what is usual is 3 s
    digest = asked(Scripted(answer((0, 4), (5, 8))), mixed, lengths=[15]).digest
    assert [(clip.first, clip.last) for clip in digest.clips] == [(0, 3), (5, 5)]


def test_without_reels_there_need_be_no_clips(asked):
    result = asked(Scripted(answer(clips=[])), lengths=[])
    assert result.digest.title and result.digest.clips == ()


def test_too_few_clips_are_not_enough_for_a_reel(asked):
    model = Scripted(answer((0, 0)), answer())
    assert asked(model).facts["repaired"] == 1
    assert "hold 1 sentences together, not 3" in model.asked[1][3]["content"]


def test_nothing_to_ask_about_is_an_error(asked):
    model = Scripted(answer())
    with pytest.raises(LlmError, match="no sentences"):
        asked(model, [])
    assert model.requests == 0


@pytest.mark.parametrize("error", [LlmError("no"), CancelledError("was stopped")])
def test_errors_come_out_and_the_model_is_closed(asked, error):
    model = Scripted(error)
    with pytest.raises(type(error)):
        asked(model)
    assert model.closed


def test_unknown_prices_are_not_told_as_nothing(asked):
    assert asked(Scripted(answer(), dollars=None)).facts["dollars"] is None


def test_windows_that_were_answered_are_not_asked_again(asked):
    with pytest.raises(LlmError):
        asked(Scripted(every_third, every_third, LlmError("no")), talk(80), window_tokens=500)
    again = Scripted(every_third)
    assert asked(again, talk(80), window_tokens=500).facts["requests"] == 2


@pytest.mark.parametrize(
    "change", [{"language": "de"}, {"lengths": [30]}, {"count": 3}, {"found": talk(11)}]
)
def test_another_question_is_asked(asked, change):
    asked(Scripted(answer()), found=talk(10), count=1)
    options = {"found": talk(10), "count": 1} | change
    assert asked(Scripted(answer((0, 2), (4, 5))), **options).facts["requests"] == 1


def test_an_answer_that_is_damaged_or_out_of_date_is_asked_anew(asked, tmp_path):
    asked(Scripted(answer()))
    (entry,) = (tmp_path / "cache").rglob("*.json")
    entry.write_text("{")
    with structlog.testing.capture_logs() as logs:
        assert asked(Scripted(answer())).facts["requests"] == 1
    assert [line["event"] for line in logs] == ["cache.corrupt"]


def test_an_answer_that_cannot_be_kept_is_used_all_the_same(asked, tmp_path):
    (tmp_path / "cache").write_text("in the way")
    with structlog.testing.capture_logs() as logs:
        assert asked(Scripted(answer())).digest.title == "A title"
    assert "cache.not_written" in [line["event"] for line in logs]


def test_a_refused_answer_is_not_kept(asked, tmp_path):
    with pytest.raises(LlmError):
        asked(Scripted("no"))
    asked(Scripted(answer((0, 1), (77, 78))))
    assert not (tmp_path / "cache").exists()


def test_a_clip_that_is_a_sentence_too_long_costs_neither_the_answer_nor_a_request(asked):
    result = asked(Scripted(answer((0, 5), (8, 9))), lengths=[15])
    assert result.facts["requests"] == 1 and result.problems == ()
    assert [(clip.first, clip.last) for clip in result.digest.clips] == [(0, 3), (8, 9)]


def test_of_answers_that_are_refused_twice_there_is_what_is_valid_of_either(asked):
    first = answer((0, 1), (3, 4), title="", chapters="none")
    second = answer(clips=[], summary="")
    result = asked(Scripted(first, second))
    assert [(clip.first, clip.last) for clip in result.digest.clips] == [(0, 1), (3, 4)]
    assert result.digest.title == "A title" and result.digest.chapters
    assert result.digest.summary == first["summary"]
    assert result.problems == ("summary: is empty",)
    assert (result.facts["requests"], result.facts["repaired"]) == (2, 0)
    assert asked(Scripted(first, "no")).digest.clips == result.digest.clips


def test_the_clips_of_a_required_answer_are_required_too(asked):
    partly = answer(clips=[])
    with pytest.raises(LlmError, match="clips: hold 0 sentences"):
        asked(Scripted(partly), required=True)
    assert asked(Scripted(answer((0, 1), (77, 78))), required=True).digest.clips
    assert asked(Scripted(partly), required=False).digest.title == "A title"


def test_what_was_wrong_is_told_in_short(asked):
    wrong = {"title": "", "clips": [], "times": 1}
    with pytest.raises(LlmError) as failed:
        asked(Scripted("no", wrong))
    problem = failed.value.problem
    assert problem.startswith("the language model gave no usable answer, nor when it was asked to")
    assert problem.count("has no field") == 3 and problem.endswith(" more")
    assert problem.count("the language model") == 1


@pytest.mark.parametrize(
    ("answers", "requests", "tokens"),
    [(["no"], 2, 20), (["no", LlmError("is down")], 2, 10), ([LlmError("is down")], 1, 0)],
)
def test_an_error_tells_what_was_asked_and_what_that_cost(asked, answers, requests, tokens):
    with pytest.raises(LlmError) as failed:
        asked(Scripted(*answers))
    error = pickle.loads(pickle.dumps(failed.value))
    assert error.details["llm"] == {
        "provider": "scripted",
        "model": "a/b",
        "answered_by": "m-1" if tokens else "",
        "requests": requests,
        "prompt_tokens": tokens,
        "completion_tokens": tokens // 2,
        "dollars": tokens / 40,
        "cached": False,
        "repaired": 0,
    }
