from dataclasses import replace

import pytest

from karaokify_daemon.domain.admission import (
    Disk,
    Floors,
    Found,
    Needs,
    Picture,
    refusal,
    refusal_alone,
    to_decode,
    to_render,
    to_transcribe,
)

GB = 10**9
ALL = Floors(memory=GB, disk=GB, gpu=GB, load=2.0, temperature=90.0, battery=False)


def test_without_floors_nothing_is_waited_for():
    poor = Found(
        memory=0,
        disks=[Disk(name="cache", free=0, total=GB)],
        load=99,
        gpu=0,
        temperature=200,
        on_battery=True,
    )
    needs = Needs(memory=GB, disks=(("cache", GB),), cards=(0,))
    assert refusal(needs, poor, Floors()) is None
    assert refusal(needs, Found(), ALL) is None


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (Found(disks=[Disk(name="cache", free=2 * GB, total=1000 * GB)]),
         "needs 3.0 GB on the disk of the cache, 2.0 GB are free"),
        (Found(memory=GB // 2),
         "needs 6.0 GB of memory beside limits.min_free_memory_mb, 500.0 MB are free"),
        (Found(gpu=GB // 2),
         "500.0 MB are free on the graphics card, limits.min_free_gpu_mb = 1000"),
        (Found(load=2.54), "the load is 2.5 per processor, limits.max_load = 2"),
        (Found(temperature=95.2), "the machine is 95 °C hot, limits.max_temperature = 90"),
        (Found(on_battery=True), "the machine runs on its battery"),
    ],
)  # fmt: skip
def test_each_shortage_is_told_with_its_figures(found, reason):
    needs = Needs(memory=4 * GB, disks=(("cache", 2 * GB),), cards=(0,))
    assert refusal(needs, found, ALL) == reason


def test_what_is_needed_must_fit_beside_the_floor():
    needs, floors = Needs(memory=2 * GB), Floors(memory=GB)
    assert refusal(needs, Found(memory=4 * GB), floors) is None
    assert refusal(needs, Found(memory=4 * GB - 1), floors) is not None


def test_a_small_disk_is_not_refused_for_the_floor_of_a_large_one():
    small = Found(disks=[Disk(name="cache", free=3_000_000, total=100_000_000)])
    assert refusal(Needs(disks=(("cache", 0),)), small, Floors(disk=GB)) is None
    assert refusal(Needs(disks=(("cache", GB),)), small, Floors(disk=GB)) is not None


def test_alone_an_estimate_of_memory_is_no_reason_but_the_floor_is():
    needs, floors = Needs(memory=100 * GB), Floors(memory=GB)
    assert refusal_alone(needs, Found(memory=GB), floors) is None
    told = refusal_alone(needs, Found(memory=GB // 2), floors)
    assert told == "500.0 MB are free of memory, limits.min_free_memory_mb = 1000"


def test_an_hour_decoded_is_115_mb():
    assert to_decode(3_600_000, 10**9).disks == (("cache", 115_200_000),)
    assert to_decode(10**9, 1000).disks == (("cache", 32_000),)


def test_one_of_unknown_length_counts_as_an_hour_where_so_long_ones_are_taken():
    assert to_decode(None, 10**9) == to_decode(3_600_000, 10**9)
    assert to_decode(None, 1000) == to_decode(1000, 1000)
    assert to_decode(0, 10**9) == to_decode(None, 10**9)


def test_larger_models_need_more_and_a_loaded_one_nothing():
    names = ["tiny.en", "base", "small", "medium", "large-v3-turbo", "large-v3"]
    needs = [to_transcribe(0, name).memory for name in names]
    assert needs == sorted(set(needs))
    assert to_transcribe(0, None) == Needs()
    assert to_transcribe(3_600_000, None).memory == pytest.approx(2 * GB, rel=0.05)
    assert to_transcribe(0, "/models/own.pt").memory == 2 * GB
    assert to_transcribe(0, "small").cards == (0,)


def test_the_model_that_another_takes_the_place_of_gives_its_memory():
    assert to_transcribe(0, "large", instead_of=["medium"]).memory == 4 * GB
    assert to_transcribe(0, "large", instead_of=["medium", "small"]).memory == 6.7 * GB
    assert to_transcribe(0, "large", instead_of=["medium", None]).memory == 8.5 * GB
    assert to_transcribe(0, "small", instead_of=["medium"]).memory == 0


def picture(**changes):
    given = {"width": 1920, "height": 1080, "rate": 25.0, "duration_ms": 3_600_000, "crf": 20}
    return Picture(**given | {"moving": False} | changes)


def test_what_moves_takes_more_and_a_coarser_picture_less():
    def needed(**changes):
        return dict(to_render([picture(**changes)]).disks)["outbox"]

    assert needed(crf=26) < needed() < needed(moving=True)
    assert 0.5 * GB < needed() < 2 * GB
    assert to_render([picture(), picture()]).disks[0][1] > 1.9 * needed()


def test_each_decoder_of_a_reel_needs_memory():
    usual = to_render([picture()]).memory
    assert to_render([picture(decoded=1920 * 1080)]).memory == usual
    reel = to_render([picture(), picture(decoders=41, decoded=1920 * 1080)])
    assert reel.memory - usual == pytest.approx(40 * 45_000_000, rel=0.05)


def test_what_is_archived_on_another_disk_counts_there_and_the_journal_needs_its_floor():
    assert dict(to_render([picture()], 5_000).disks)["archive"] == 5_000
    needs = replace(to_render([], 5_000), memory=0)
    archive, state = (Disk(name=name, free=6_000, total=10**6) for name in ("archive", "state"))
    reason = refusal(needs, Found(disks=[archive, state]), Floors(disk=1))
    assert reason is not None and "disk of the archive" in reason
    full = Disk(name="state", free=10, total=10**6)
    reason = refusal(needs, Found(disks=[full]), Floors(disk=1_000))
    assert reason is not None and "disk of the state" in reason


def test_folders_on_one_disk_need_their_sum():
    needs = Needs(disks=(("outbox", 4 * GB), ("archive", 4 * GB)))

    def found(outbox, archive):
        names = (("outbox", outbox), ("archive", archive))
        return Found(disks=[Disk(name=n, device=d, free=7 * GB, total=100 * GB) for n, d in names])

    assert refusal(needs, found(1, 2), Floors(disk=1)) is None
    told = refusal(needs, found(1, 1), Floors(disk=1))
    assert told == "needs 12.0 GB on the disk of the outbox, 7.0 GB are free"


def test_the_graphics_cards_are_those_that_are_configured():
    assert to_transcribe(0, "small", places=["cpu"]).cards == ()
    assert to_transcribe(0, "small", places=["cuda:2", "cpu", "cuda:1"]).cards == (1, 2)
    assert to_transcribe(0, None, places=["cuda"]).cards == ()
