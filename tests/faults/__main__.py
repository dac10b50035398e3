"""`make faults`: break everything for a while, then count."""

import argparse
import sys
from pathlib import Path
from random import SystemRandom

from tests.faults.checker import check
from tests.faults.environment import campaign_environment
from tests.faults.report import complaints, table


def main() -> int:
    """Run a campaign and print its table; 1 if anything was lost, wrong or stuck."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--log", type=Path, default=None, help="where the task processes log")
    given = parser.parse_args()
    seed = SystemRandom().randrange(10**6) if given.seed is None else given.seed
    print(f"seed {seed}, {given.seconds:g} seconds", flush=True)
    with campaign_environment(seed, given.log) as campaign:
        campaign.run(given.seconds)
        world = campaign.settle()
        findings = check(world)
        if findings or campaign.defects:
            print(complaints(campaign, world, findings, seed=seed))
        print(table(campaign, world, findings))
    return 1 if findings or campaign.defects else 0


if __name__ == "__main__":
    sys.exit(main())
