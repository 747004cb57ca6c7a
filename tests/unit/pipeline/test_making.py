from contextlib import contextmanager
from fractions import Fraction

from karaokify_daemon.adapters.files.outbox import Bundle
from karaokify_daemon.config import Config
from karaokify_daemon.domain.job import Job, Stage
from karaokify_daemon.domain.record import Record
from karaokify_daemon.domain.transcript import Transcript
from karaokify_daemon.pipeline.making import Maker
from karaokify_daemon.pipeline.notes import Notes


class Course:
    def reused(self, stage, found):
        self.stage_reused = stage

    @contextmanager
    def stage(self, stage, needs=None):
        yield lambda fraction: None


def made(tmp_path, **found):
    """Make the files of a job whose files an earlier attempt has made; return facts, warnings."""
    job = Job(id="1", media=tmp_path / "talk.mp3")
    notes, course, warnings = Notes(Record(id="1", media=job.media)), Course(), []
    maker = Maker(
        None, job, Config(), course, None, None, notes=notes, warn=warnings.append, film=None
    )
    with Bundle.begin(tmp_path, "talk", "0" * 64) as bundle:
        bundle.empty()
        (bundle.path / "talk.txt").write_text("Hello.")
        notes.finished(Stage.VERIFY, files=bundle.files(), videos={}, **found)
        facts = maker.make(bundle, Transcript(()), None, duration_ms=1000, rate=Fraction(30))
    assert course.stage_reused is Stage.RENDER
    return facts, warnings


def test_what_an_earlier_attempt_has_found_is_told_by_the_one_that_publishes(tmp_path):
    facts = {"sound": {"gain_db": 1.0}, "encoders": {"talk.mp4": "h264_nvenc"}}
    assert made(tmp_path, warnings=["no font"], **facts) == (facts, ["no font"])


def test_notes_of_an_older_version_tell_less(tmp_path):
    assert made(tmp_path) == ({"sound": {}, "encoders": {}}, [])
