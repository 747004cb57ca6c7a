from karaokify_daemon.config import from_dict
from karaokify_daemon.service.workers import Workers


def test_one_that_dies_again_and_again_is_told():
    workers = Workers(from_dict({"limits": {"workers": 2}}))
    assert workers.trouble == ""
    second = workers._all[1]
    second._deaths = 2
    assert workers.trouble == ""
    second._deaths = 3
    assert workers.trouble == "the worker has died 3 times in a row"
