from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.effort import Effort

EFFORTS = st.builds(
    Effort,
    model=st.sampled_from(["large", "small"]),
    device=st.sampled_from(["auto", "cuda", "cuda:1", "cpu"]),
    batch=st.integers(1, 64),
    beam=st.integers(1, 20),
)


def steps(effort, fallback=""):
    found = [effort]
    while smaller := found[-1].smaller(fallback):
        found.append(smaller)
    return found


@given(effort=EFFORTS, fallback=st.sampled_from(["", "small", "tiny"]))
def test_it_goes_down_to_the_processor_in_few_steps_and_never_up(effort, fallback):
    found = steps(effort, fallback)
    assert found[-1].device == "cpu"
    assert len(found) <= 10
    assert all(a.batch >= b.batch and a.beam >= b.beam for a, b in pairwise(found))
    assert all(b.changes(a) for a, b in pairwise(found)), "each step can be told"


def test_first_the_batch_then_the_beam_then_the_model_then_the_device():
    effort = Effort(model="large", device="cuda:1", batch=3, beam=5)
    told = [b.changes(a) for a, b in pairwise(steps(effort, "small"))]
    assert told == [
        "batch 1 instead of 3",
        "beam 1 instead of 5",
        "model small instead of large",
        "device cpu instead of cuda:1",
    ]


def test_without_a_fallback_the_model_stays():
    assert [e.model for e in steps(Effort(model="large", device="auto"))] == ["large", "large"]


def test_a_fallback_that_is_the_model_itself_is_none():
    assert len(steps(Effort(model="small", device="cuda"), "small")) == 2


def test_a_smaller_batch_or_the_processor_costs_nothing_of_the_result():
    wanted = Effort(model="large", device="cuda", batch=8, beam=5)
    assert Effort(model="large", device="cpu", batch=1, beam=5).instead_of(wanted) == {}
    given_up = Effort(model="small", device="cpu", batch=1, beam=1).instead_of(wanted)
    assert given_up == {"model": "large", "beam": 5}


def test_a_larger_model_takes_no_ones_place_and_one_of_unknown_size_may():
    for model, fallback, then in [
        ("large", "small", "small"),
        ("tiny.en", "small", "tiny.en"),
        ("large-v3-turbo", "large", "large-v3-turbo"),
        ("large-v3", "turbo", "turbo"),
        ("small", "/models/own.pt", "/models/own.pt"),
        ("/models/large.pt", "medium", "medium"),
        ("small", "small", "small"),
    ]:
        smaller = Effort(model=model, device="cuda").smaller(fallback)
        assert smaller is not None
        assert smaller.model == then
        assert (smaller.device == "cpu") == (then == model)
