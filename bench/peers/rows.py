"""One network and one peer: what each came to, as a line of a table."""

from __future__ import annotations

import csv
import io
import statistics
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from found import PEERS, Found, Peer

__all__ = ["COLUMNS", "Ours", "Refused", "Row", "as_csv", "as_markdown", "from_csv", "summary"]

COLUMNS = (
    "network",
    "peer",
    "peer bytes",
    "same buffers",
    "our bytes",
    "our bound",
    "peer process s",
    "peer planner s",
    "our pack s",
    "our process s",
    "verdict",
)
LISTED = 110  # characters of a peer's complaint that the summary shows


@dataclass(frozen=True)
class Ours:
    """Our plan of a network."""

    bytes: int
    bound: int
    process: float


@dataclass(frozen=True)
class Row:
    """One network and one peer that took it."""

    network: str
    peer: Peer
    found: Found
    packed: tuple[int, float] | None  # bytes and seconds of ours on the peer's buffers
    ours: Ours

    @property
    def ratio(self) -> float:
        return self.ours.bytes / max(1, self.found.bytes)

    @property
    def word(self) -> str:
        return "below" if self.ratio < 1 else "equal" if self.ratio == 1 else "ABOVE"

    @property
    def verdict(self) -> str:
        """Below, equal or above the peer, on the network; and on its buffers if that is above."""
        more = f" by {100 * (self.ratio - 1):.1f}%" if self.word == "ABOVE" else ""
        return self.word + more + (", SAME BUFFERS ABOVE" if self.packed_above else "")

    @property
    def packed_above(self) -> bool:
        return self.packed is not None and self.packed[0] > self.found.bytes

    def cells(self) -> list[str]:
        packed, seconds = (str(self.packed[0]), f"{self.packed[1]:.2f}") if self.packed else ("-", "-")
        planner = "-" if self.found.planner is None else f"{self.found.planner:.3f}"
        sizes = [str(self.found.bytes), packed, str(self.ours.bytes), str(self.ours.bound)]
        times = [f"{self.found.process:.2f}", planner, seconds, f"{self.ours.process:.2f}"]
        return [self.network, self.peer.name, *sizes, *times, self.verdict]


@dataclass(frozen=True)
class Refused:
    """One network that a peer, or ours, did not take, and what it said."""

    network: str
    peer: Peer
    why: str

    def cells(self) -> list[str]:
        return [self.network, self.peer.name, *["-"] * (len(COLUMNS) - 3), f"not taken: {self.why}"]


def as_csv(rows: Sequence[Row | Refused]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="\n").writerows([COLUMNS, *(row.cells() for row in rows)])
    return written.getvalue()


def from_csv(text: str) -> Iterator[Row | Refused]:
    """The rows that `as_csv` wrote. The buffers that peers planned are not among them."""
    peers = {peer.name: peer for peer in PEERS}
    for line in csv.DictReader(io.StringIO(text)):
        network, peer, said = line["network"], peers[line["peer"]], line["verdict"]
        if line["peer bytes"] == "-":
            yield Refused(network, peer, said.removeprefix("not taken: "))
            continue
        planner = None if line["peer planner s"] == "-" else float(line["peer planner s"])
        found = Found(int(line["peer bytes"]), float(line["peer process s"]), planner)
        packed = None if line["same buffers"] == "-" else (int(line["same buffers"]), float(line["our pack s"]))
        ours = Ours(int(line["our bytes"]), int(line["our bound"]), float(line["our process s"]))
        yield Row(network, peer, found, packed, ours)


def summary(rows: Sequence[Row | Refused]) -> Iterator[list[str]]:
    """A heading, then a line a peer."""
    medians = ["median of ours / peer", "same buffers / peer", "same buffers above"]
    yield ["peer", "networks", "ours below", "equal", "above", *medians, "not taken"]
    for peer in PEERS:
        own = [row for row in rows if isinstance(row, Row) and row.peer is peer]
        refused = sum(isinstance(row, Refused) and row.peer is peer for row in rows)
        if not own:
            continue
        words = Counter(row.word for row in own)
        packed = [row for row in own if row.packed]
        same = [row.packed[0] / max(1, row.found.bytes) for row in packed if row.packed]
        yield [
            peer.name,
            *(str(count) for count in (len(own), words["below"], words["equal"], words["ABOVE"])),
            f"{statistics.median(row.ratio for row in own):.3f}",
            f"{statistics.median(same):.3f}" if same else "it does not tell",
            str(sum(row.packed_above for row in packed)) if same else "-",
            str(refused),
        ]


def as_markdown(rows: Sequence[Row | Refused]) -> str:
    """The summary, every network where ours is above a peer without cascades, and what was not taken."""
    heading, *lines = summary(rows)
    made = [_line(heading), "|---" * len(heading) + "|", *map(_line, lines)]
    above = [row for row in rows if isinstance(row, Row) and row.word == "ABOVE" and not row.peer.cascades]
    made += [
        "",
        "Networks where ours is above, cascades aside:",
        "",
        _line(["network", "peer", "peer bytes", "our bytes", "our bound"]),
    ]
    made += ["|---" * 5 + "|"]
    made += [_line([row.network, row.peer.name, *map(str, _sizes(row))]) for row in above] or ["| none | | | | |"]
    refused = [row for row in rows if isinstance(row, Refused)]
    if refused:
        whys = Counter((row.peer.name, row.why[:LISTED]) for row in refused)
        made += ["", "Not taken:", ""]
        made += [f"- {name}, {count}: {why}" for (name, why), count in sorted(whys.items())]
    return "\n".join([*made, ""])


def _sizes(row: Row) -> tuple[int, int, int]:
    return row.found.bytes, row.ours.bytes, row.ours.bound


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
