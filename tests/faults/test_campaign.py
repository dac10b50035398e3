"""The campaign in its short form; `make faults` is the long one."""

from pathlib import Path

from tests.faults.checker import check
from tests.faults.environment import campaign_environment
from tests.faults.jobs import MOMENTS
from tests.faults.report import complaints, table

SEED, SECONDS = 20260504, 60


def test_nothing_is_lost_nothing_wrong_and_nothing_stuck_whatever_breaks(tmp_path: Path) -> None:
    with campaign_environment(SEED, tmp_path / "tasks.log") as campaign:
        campaign.run(SECONDS)
        world = campaign.settle()
        findings = check(world)
        assert not findings, complaints(campaign, world, findings, seed=SEED)
        assert not campaign.defects, complaints(campaign, world, findings, seed=SEED)
        told = table(campaign, world, findings)
    faults = set(campaign.faults())
    for kind in ("SMTP: ", "IMAP: ", "database: ", "delivery: ", "process asleep: ", "clock ", "two at once: "):
        assert any(one.startswith(kind) for one in faults), told
    for task in MOMENTS.keys() - {"reset"}:
        assert any(one.startswith(f"kill -9: {task}") for one in faults), told
    assert len(world.transfers) > 30, told
    assert any(line.step == "answer" for line in world.journal), told
