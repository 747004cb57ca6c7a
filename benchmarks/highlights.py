"""How good the choice of highlights is that is made without a language model.

python -m benchmarks.highlights [--talks 30] [--seed 7]
"""

import argparse

from benchmarks.highlights_quality import table


def main() -> None:
    """Read the command line, measure, print."""
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--talks", type=int, default=30)
    p.add_argument("--seed", type=int, default=7)
    a = p.parse_args()
    table(a.talks, a.seed)


if __name__ == "__main__":
    main()
