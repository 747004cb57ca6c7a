"""What the benchmarks conclude from what they measure."""

import doctest
import json
import subprocess
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from benchmarks import (
    footprints,
    latency,
    memory,
    overhead,
    peer_programs,
    peers,
    report,
    scaling,
    timing,
    trees,
)
from benchmarks.footprints import Peaks
from benchmarks.overhead import Run
from benchmarks.peer_programs import UnavailableError
from benchmarks.report import Goal
from benchmarks.scenes import Scene
from benchmarks.timing import Cost


@pytest.mark.parametrize("module", [footprints, latency, scaling], ids=lambda m: m.__name__)
def test_examples_in_the_benchmarks(module):
    failed, tried = doctest.testmod(module)
    assert tried and not failed


@pytest.mark.parametrize(
    ("goal", "is_reached"),
    [
        (Goal(what="x", found=1.0, most=1.0), True),
        (Goal(what="x", found=1.1, most=1.0), False),
        (Goal(what="x", found=1.0, least=1.0), True),
        (Goal(what="x", found=0.9, least=1.0), False),
        (Goal(what="x", found=0.5, least=0.1, most=0.4), False),
        (Goal(what="x", found=float("nan"), most=1.0), False),
        (Goal(what="x", found=float("nan"), least=1.0), False),
    ],
)
def test_a_goal_is_reached_within_its_limits(goal, is_reached):
    assert goal.is_reached is is_reached
    assert str(goal).startswith("reached" if is_reached else "missed")


def test_a_report_tells_what_is_missed_and_writes_everything_down(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(report, "FOLDER", tmp_path / "bench")
    rows = [{"way": "a", "s": 123.4}, {"way": "b", "s": 0.00123, "more": 7}]
    goals = [Goal(what="a", found=2, most=1), Goal(what="b", found=1, most=1)]
    assert report.report("speed", "Speed", rows, goals, note=5) is False
    assert capsys.readouterr().out.splitlines() == [
        "",
        "Speed",
        "way        s  more",
        "a        123",
        "b    0.00123     7",
        "missed   a: 2 (goal: at most 1)",
        "reached  b: 1 (goal: at most 1)",
    ]
    told = json.loads((tmp_path / "bench/speed.json").read_text())
    assert told["rows"] == rows
    assert [goal["reached"] for goal in told["goals"]] == [False, True]
    assert told["machine"]["cpus"] >= 1
    assert told["note"] == 5


def test_the_least_of_some_rounds_in_turn_counts():
    done = []
    costs = timing.least([lambda: done.append("a"), lambda: time.sleep(0.02)], 2)
    assert done == ["a", "a"]
    assert costs[0].wall < 0.02 <= costs[1].wall
    assert costs[1].cpu < 0.02


def test_ways_are_sorted_by_speed_and_told_beside_ours():
    costs = {
        peers.OURS: Cost(8, 10), peers.BARE: Cost(5, 8), peers.OURS_BARE: Cost(6, 9),
        peers.TYPED: Cost(9, 6), "captacity 0.3.1": Cost(90, 100),
    }  # fmt: skip
    rows = peers.told("a still", costs, 60)
    assert rows[0]["way"] == peers.TYPED
    assert rows[-1] == {
        "over": "a still", "way": "captacity 0.3.1", "speed": 0.6, "wall s": 100, "CPU s": 90,
        "speed / ours": 0.1,
    }  # fmt: skip
    reached = {goal.what.rpartition(" as ")[2]: goal.is_reached for goal in peers.goals(rows)}
    assert reached == {"ffmpeg -vf ass": False, "captacity 0.3.1": True}


def run(wall, cpu, **found):
    return Run(cost=Cost(cpu, wall), found=found, stages={"render": 5.0, "transcribe": 4.0})


def test_the_floor_is_what_the_serial_way_leaves_idle():
    row = overhead.figures("demo", run(6, 12), run(10, 15), run(40, 50), 2)
    assert (row["service / resident"], row["service / loaded"]) == (0.6, 0.15)
    assert row["floor"] == 0.75
    assert row["service cores"] == 2
    assert (row["stages s"], row["of these render s"]) == (9, 5)


def test_goals_of_the_service_depend_on_the_model():
    row = overhead.figures("demo", run(6, 12), run(10, 15), run(10, 50), 2)
    assert [goal.is_reached for goal in overhead.goals([row])] == [True]
    assert [goal.is_reached for goal in overhead.goals([row | {"model": "small"}])] == [True, False]


def test_ways_that_made_something_else_are_not_compared():
    media = [SimpleNamespace(name="a"), SimpleNamespace(name="b")]
    whole, other = run(1, 1, a=(5, 1.0), b=(7, 2.0)), run(1, 1, a=(5, 1.0), b=(6, 2.0))
    overhead.refuse_other(media, {"service": whole, "resident": whole})
    with pytest.raises(RuntimeError, match=r"resident made something else of \['b'\]"):
        overhead.refuse_other(media, {"service": whole, "resident": other})
    with pytest.raises(RuntimeError, match="resident: bundles"):
        overhead.refuse_other(media, {"service": whole, "resident": run(1, 1, a=(5, 1.0))})


def test_peaks_are_kept_by_kind_and_summed_at_one_moment():
    peaks = Peaks()
    peaks.note([("service", 100, 90), ("ffmpeg", 50, 40), ("ffmpeg", 70, 30)])
    peaks.note([("service", 110, 60), ("worker", 500, 20)])
    assert peaks.of_kind == {"service": 110, "ffmpeg": 70, "worker": 500}
    assert peaks.together == 160


def test_memory_grows_from_the_first_length_after_the_models_own():
    rows = []
    for seconds, worker in ((10, 500), (600, 900), (10_800, 2100)):
        peaks = Peaks(of_kind={"service": 80_000_000, "worker": worker * 10**6, "ffmpeg": 10**8})
        rows.append(memory.row(seconds, peaks, rows))
    assert [row["above model"] for row in rows] == [0, 400, 1600]
    found = {goal.what: goal.found for goal in memory.goals(rows)}
    assert found["flat: service, 10800 s / 600 s"] == 1
    assert found["flat: worker, 10800 s / 600 s"] == pytest.approx(2100 / 900)
    assert found["worker above the model, MB"] == 1600


def test_a_process_is_watched_with_what_it_starts():
    child = "import subprocess, sys; b = bytearray(60_000_000); import time; time.sleep(0.5)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    with (
        subprocess.Popen([sys.executable, "-c", parent]) as process,
        footprints.watched(process.pid) as peaks,
    ):
        process.wait()
    assert peaks.of_kind["other"] > 60_000_000 > peaks.of_kind["service"]


@pytest.mark.parametrize("over", ["a still", "a video"])
def test_every_way_of_rendering_makes_the_whole_video(tmp_path, over):
    scene = Scene(tmp_path, "320x180", 2)
    costs = peers.of_ways(scene, scene.moving if over == "a video" else None, 1)
    ways = {peers.OURS, peers.BARE, peers.OURS_BARE, peers.TYPED, peers.PASSES}
    assert costs.keys() == ways
    assert all(cost.cpu > 0 for cost in costs.values())


def test_a_video_that_is_too_short_is_no_result(tmp_path):
    scene = Scene(tmp_path, "320x180", 2)
    scene.encode(scene.source())
    peers.check(scene.output, "320x180", 2)
    with pytest.raises(RuntimeError, match="320x180"):
        peers.check(scene.output, "320x180", 3)


def test_a_program_that_cannot_be_installed_is_left_out_with_a_reason(tmp_path, monkeypatch):
    monkeypatch.setattr(peer_programs, "VENVS", tmp_path)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    peer = replace(peer_programs.PEERS[1], imports=("no-such-program",))
    with pytest.raises(UnavailableError, match=r"could not be installed: .*no-such-program"):
        peer_programs.runner(peer)


def test_a_service_is_followed_and_not_held_up_by_its_log(tmp_path):
    config = trees.tree(tmp_path / "tree", intake={"settle_seconds": 1e6})
    for i in range(1500):  # more lines than a pipe holds
        (config.parent / "inbox" / f"talk-{i}.wav").write_bytes(i.to_bytes(4, "little"))
    with trees.service(config) as running:
        running.wait_for("inbox.waiting", file="talk-7.wav")
        assert latency.cpu_seconds(running.process.pid) > 0
        running.process.terminate()
        running.wait_for("service.stopped", seconds=60)
