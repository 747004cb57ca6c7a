from hypothesis import given
from hypothesis import strategies as st

from karaokify_daemon.domain.alikeness import Alike

SETS = st.lists(st.frozensets(st.integers(0, 12), max_size=8), max_size=30)


@given(SETS, st.sampled_from([0.5, 0.65, 0.9]))
def test_all_that_are_alike_are_found(sets, least):
    index = Alike(sets, least)
    for i, own in enumerate(sets):
        every = {
            j: len(own & sets[j]) / len(own | sets[j])
            for j in range(i)
            if own and len(own & sets[j]) >= least * len(own | sets[j])
        }
        assert dict(index.found(i)) == every
        index.add(i)


def test_what_many_have_is_compared_with_some_of_them():
    sets = [frozenset([0, i]) for i in range(1, 3000)]
    index = Alike(sets, 0.3)
    for i in range(len(sets)):
        index.add(i)
    assert 0 < len(list(index.found(17))) < 500
