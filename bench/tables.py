"""Measure every zoo anew with `l2opt bench zoo`, and write what the README says of them.

`bench/tables/` keeps the tables as the command wrote them; the README's part between its two marks is made from those.
`--readme` only makes that part again.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from l2opt.tools.bench_files import read_csv
from l2opt.tools.bench_measure import Ask
from l2opt.tools.bench_summary import ARTICLE, ARTICLE_MERGING, MIB, SLOTS, Table

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
FOLDER = ROOT / "bench" / "tables"
MARKS = ("<!-- made by bench/tables.py -->\n", "<!-- until here -->\n")
CAPACITIES = (2 * MIB, 4 * MIB)


@dataclass(frozen=True)
class Zoo:
    """A table to make: its name, what the README calls it, and the command's words."""

    name: str
    title: str
    place: str  # from the checkout
    words: tuple[str, ...]


ZOOS = (
    Zoo("own", "`bench/zoo`", "bench/zoo", ("--assume=f32=i8",)),
    Zoo("own-elementwise", "with `--fuse=elementwise`", "bench/zoo", ("--assume=f32=i8", "--fuse=elementwise")),
    Zoo("other", "123 further networks", "../shared/zoo", ("--assume=f32=i8",)),
    Zoo("other-elementwise", "with `--fuse=elementwise`", "../shared/zoo", ("--assume=f32=i8", "--fuse=elementwise")),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--readme", action="store_true", help="measure nothing")
    names = [zoo.name for zoo in ZOOS]
    parser.add_argument("--only", choices=names, help="measure that table, and keep the others")
    parser.add_argument("--jobs", type=int, default=2, help="processes at a time (default: 2)")
    parsed = parser.parse_args()
    for zoo in ZOOS if not parsed.readme else ():
        if parsed.only not in (None, zoo.name):
            continue
        if not (ROOT / zoo.place).is_dir():
            print(f"{zoo.place}: not here, its table stays as it is", file=sys.stderr)
            continue
        print(f"{zoo.name}: {' '.join(command(zoo))}", file=sys.stderr)
        program = str(Path(sysconfig.get_path("scripts"), "l2opt"))
        words = [*command(zoo)[1:], f"--jobs={parsed.jobs}", f"--csv={FOLDER / zoo.name}.csv"]
        if subprocess.run([program, *words], cwd=ROOT, stdout=subprocess.DEVNULL).returncode:
            print(f"{zoo.name}: some networks were not planned", file=sys.stderr)
    text = README.read_text()
    README.write_text(with_part(text, part()))
    return 0


def command(zoo: Zoo) -> list[str]:
    """The command that makes a zoo's table."""
    return ["l2opt", "bench", "zoo", zoo.place, *zoo.words]


def with_part(readme: str, made: str) -> str:
    """The README with what lies between its marks replaced."""
    pattern = "".join(f"({re.escape(mark)})(.*)" for mark in MARKS)[: -len("(.*)")]
    replaced, count = re.subn(pattern, lambda found: f"{found[1]}{made}{found[3]}", readme, flags=re.DOTALL)
    assert count == 1, f"{README.name}: want the marks {MARKS} once"
    return replaced


def part() -> str:
    """The README's tables, from the files of all the zoos."""
    return "\n".join(_lines([(zoo, table_of(zoo)) for zoo in ZOOS if (FOLDER / f"{zoo.name}.csv").is_file()]))


def table_of(zoo: Zoo) -> Table:
    """A zoo's table as it was measured."""
    return read_csv((FOLDER / f"{zoo.name}.csv").read_text(), Ask(CAPACITIES))


def _lines(tables: list[tuple[Zoo, Table]]) -> Iterator[str]:
    yield f"| fit 2 MB / 4 MB | {' | '.join(zoo.title for zoo, _ in tables)} | the article |"
    yield "|---|" + "---:|" * (len(tables) + 1)
    yield f'| networks | {" | ".join(str(len(table.planned)) for _, table in tables)} | "several" |'
    stages = tables[0][1].stages
    article = dict(zip((stages[0], stages[-1]), ARTICLE.values(), strict=True))
    for stage in stages:
        cells = [_shares(table, stage) for _, table in tables]
        of_article = " / ".join(f"{percent}%" for percent in article[stage].values()) if stage in article else ""
        yield f"| {stage} | {' | '.join(cells)} | {of_article} |"
    for what in (stage for stage in stages[stages.index(SLOTS) + 1 :]):
        cells = [_reduction(table, what) for _, table in tables]
        yield f"| peak of {what}, lower than {SLOTS} by | {' | '.join(cells)} | {ARTICLE_MERGING} |"
    yield ""


def _shares(table: Table, stage: str) -> str:
    if stage not in table.stages:
        return ""
    return " / ".join(f"{share.percent:.0f}%" for share in table.shares(stage))


def _reduction(table: Table, stage: str) -> str:
    """The median with its quartiles."""
    found = next((each for each in table.reductions() if (each.stage, each.before) == (stage, SLOTS)), None)
    if found is None:
        return ""
    low, middle, high = found.quartiles
    return f"{middle:.0f}% ({low:.0f}, {high:.0f})"


if __name__ == "__main__":
    sys.exit(main())
