import multiprocessing
import os
import socket
import subprocess

import pytest

from karaokify_daemon.adapters.files import claims
from karaokify_daemon.errors import IntakeError
from tests.support.files import dead_pid, other_process, put, write_lock

CLAIM = (
    "from pathlib import Path\n"
    "from karaokify_daemon.adapters.files import claims\n"
    "claim = claims.claim(Path(sys.argv[1]))\n"
    "assert claim\n"
)


@pytest.fixture
def media(tmp_path):
    return put(tmp_path, "talk.mp3")[0]


def locks(folder):
    return [p for p in folder.iterdir() if ".lock" in p.name]


def lock_of(media):
    with claims.claim(media):
        return locks(media.parent)[0]


def test_a_claimed_recording_cannot_be_claimed_again_until_released(media):
    claim = claims.claim(media)

    assert claim is not None
    assert claims.claim(media) is None
    claim.release()
    claim.release()
    with claims.claim(media) as again:
        assert again.media == media
    assert not locks(media.parent)


def test_recordings_are_claimed_one_by_one(media):
    (other,) = put(media.parent, "talk.wav")

    with claims.claim(media), claims.claim(other) as second:
        assert second is not None


def test_another_process_is_named_as_the_holder(media):
    with other_process(CLAIM, media) as process:
        assert claims.claim(media) is None
        assert claims.holder(media) == f"process {process.pid} on {socket.gethostname()}"
        process.kill()
        process.wait()
        assert claims.holder(media) == f"process {process.pid} on {socket.gethostname()}"
    with claims.claim(media):
        assert claims.holder(media) == f"process {os.getpid()} on {socket.gethostname()}"
    assert claims.holder(media) is None


def test_the_claim_of_a_dead_process_is_taken_over(media):
    write_lock(lock_of(media), dead_pid())

    claim = claims.claim(media)

    assert claim is not None
    claim.release()


def test_the_claim_of_a_dead_process_that_nobody_waits_for_is_taken_over(media):
    with subprocess.Popen(["true"]) as process:  # until this block ends
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        write_lock(lock_of(media), process.pid)
        claim = claims.claim(media)
        assert claim is not None
        claim.release()
        write_lock(lock_of(media), process.pid)
        assert claims.unlock(media) is None


def test_the_claim_of_a_recycled_process_number_is_taken_over(media):
    lock_of(media).write_text(f"{os.getpid()}\n{socket.gethostname()}\n12345\n")

    claim = claims.claim(media)

    assert claim is not None
    claim.release()


def test_the_claim_of_another_host_holds_whoever_runs_here(media):
    write_lock(lock_of(media), dead_pid(), "elsewhere")

    assert claims.claim(media) is None
    assert claims.holder(media).endswith("on elsewhere")
    assert claims.sweep(media.parent) == 0


def test_a_lock_without_sense_names_nobody(media):
    path = lock_of(media)

    path.write_bytes(b"\xff\xfe")
    assert claims.holder(media) == "an unknown process"
    path.unlink()
    path.symlink_to(media)
    assert claims.holder(media) == "an unknown process"


def test_a_recording_that_is_gone_or_is_a_link_cannot_be_claimed(tmp_path, media):
    link = tmp_path / "link.mp3"
    link.symlink_to(media)

    assert claims.claim(tmp_path / "gone.mp3") is None
    assert claims.claim(link) is None
    assert not locks(tmp_path)


def test_a_claim_in_a_folder_that_is_gone_is_an_error_and_does_not_create_it(tmp_path):
    with pytest.raises(IntakeError, match="cannot be claimed"):
        claims.claim(tmp_path / "gone" / "talk.mp3")
    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize("name", ["x" * 251 + ".mp3", "caf\udce9.mp3", "a\nb.mp3", "-rf.mp3"])
def test_any_name_can_be_claimed(tmp_path, name):
    (media,) = put(tmp_path, name)

    with claims.claim(media) as claim:
        assert claim is not None
        assert all(path.name.startswith(".") for path in locks(tmp_path))


def _race(media, dead, barrier, wins, rounds):
    """Claim one recording again and again, all at once; note how many got it in each round."""
    lock = claims._lock_path(media)
    for n in range(rounds):
        if barrier.wait() == 0 and dead is not None:
            write_lock(lock, dead)
        barrier.wait()
        claim = claims.claim(media)
        if claim is not None:
            with wins.get_lock():
                wins[n] += 1
        barrier.wait()  # hold it until everybody has tried
        if claim is not None:
            claim.release()


@pytest.mark.parametrize(("left_by_the_dead", "rounds"), [(False, 50), (True, 500)])
def test_of_processes_that_race_for_a_recording_exactly_one_gets_it(
    media, left_by_the_dead, rounds
):
    spawn = multiprocessing.get_context("spawn")
    barrier, wins = spawn.Barrier(4, timeout=60), spawn.Array("i", rounds)
    dead = dead_pid() if left_by_the_dead else None
    racers = [
        spawn.Process(target=_race, args=(media, dead, barrier, wins, rounds)) for _ in range(4)
    ]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()

    assert list(wins) == [1] * rounds


def test_a_sweep_removes_claims_of_the_dead_and_leaves_those_of_the_living(tmp_path, media):
    (tmp_path / "lyrics").mkdir()
    gone, inner = put(tmp_path, "gone.mp3")[0], put(tmp_path / "lyrics", "song.mp3")[0]
    for path in (gone, inner):
        write_lock(lock_of(path), dead_pid())
    gone.unlink()
    (litter,) = put(tmp_path, f"{lock_of(media).name}.break.1.abc")

    with claims.claim(media), other_process(CLAIM, put(tmp_path, "other.mp3")[0]):
        assert claims.sweep(tmp_path) == 2
        assert len(locks(tmp_path)) == 2
        assert not locks(tmp_path / "lyrics")
    assert not litter.exists()
    assert not locks(tmp_path)


def test_a_sweep_of_an_inbox_that_is_gone_is_an_error(tmp_path):
    with pytest.raises(IntakeError):
        claims.sweep(tmp_path / "gone")
