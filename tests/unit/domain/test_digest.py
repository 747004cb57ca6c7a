import json

from karaokify_daemon.domain.choice import Candidate
from karaokify_daemon.domain.digest import Digest, Point

WHOLE = Digest(
    title="Reefs",
    summary="Built by animals.",
    points=(Point(sentence=1, text="They bleach"),),
    chapters=(Point(sentence=0, text="Start"),),
    file_name="reefs",
    clips=(Candidate(first=1, last=2, length=10, score=0.5, title="A", offered=True),),
)


def test_a_digest_survives_being_written_and_read():
    assert Digest.from_dict(json.loads(json.dumps(WHOLE.to_dict()))) == WHOLE


def test_what_is_missing_is_taken_from_the_other_but_never_its_clips():
    assert Digest(title="Mine").or_else(WHOLE) == Digest(
        title="Mine",
        summary=WHOLE.summary,
        points=WHOLE.points,
        chapters=WHOLE.chapters,
        file_name="reefs",
    )
