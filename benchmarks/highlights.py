"""How good highlights are that are chosen without a language model, and what a reel costs.

python -m benchmarks.highlights [--talks 30] [--seed 7] [--rounds 3]
"""

import argparse

from benchmarks.highlights_quality import table
from benchmarks.highlights_wall import cost


def main() -> None:
    """Read the command line, measure, print."""
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--talks", type=int, default=30)
    p.add_argument("--seed", type=int, default=7)
    p.add_argument("--rounds", type=int, default=3, help="of renders; 0 leaves them out")
    a = p.parse_args()
    table(a.talks, a.seed)
    if a.rounds:
        print()
        cost(a.rounds)


if __name__ == "__main__":
    main()
