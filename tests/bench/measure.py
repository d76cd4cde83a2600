"""Samples, their medians, and what is said of them against a goal."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

NAME_WIDTH = 44
TIMES = "\N{MULTIPLICATION SIGN}"


@dataclass(frozen=True)
class Goal:
    """At most so much: `unit` is `TIMES` (a ratio to the other side), s, MB or queries."""

    most: float
    unit: str

    def __str__(self) -> str:
        return f"≤ {amount(self.most, self.unit)}"


@dataclass(frozen=True)
class Samples:
    """What one side needed, once per round; in `unit`."""

    name: str
    values: Sequence[float]
    unit: str = "s"

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def __str__(self) -> str:
        low, high = min(self.values), max(self.values)
        spread = f"{amount(low, self.unit)} … {amount(high, self.unit)}, {len(self.values)} rounds"
        return f"  {self.name:{NAME_WIDTH}} {amount(self.median, self.unit):>9}   ({spread})"


@dataclass(frozen=True)
class Figure:
    """One figure: ours, the other side's if there is one, and the goal.

    A goal in `TIMES` is about the ratio of the medians, any other one about our median; with `beyond`
    less what the other side took. `parts` are shares of our middle round, by name.
    """

    title: str
    ours: Samples
    theirs: Samples | None = None
    goal: Goal | None = None
    beyond: bool = False
    parts: dict[str, float] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        return self.ours.median / self.theirs.median if self.theirs else None

    @property
    def result(self) -> float:
        """What the goal is about, in its unit."""
        if self.goal and self.goal.unit == TIMES and self.theirs:
            return self.ours.median / self.theirs.median
        if self.beyond and self.theirs:
            return self.ours.median - self.theirs.median
        return self.ours.median

    @property
    def verdict(self) -> str:
        """What came out and whether that is good enough."""
        if not self.goal:
            return "no goal"
        word = "met" if self.result <= self.goal.most else "missed"
        beyond = " beyond the app's own start" if self.beyond else ""
        return f"goal {self.goal}{beyond}: {amount(self.result, self.goal.unit)} {word}"

    def __str__(self) -> str:
        lines = [self.title, str(self.ours)]
        if self.theirs:
            lines += [str(self.theirs), f"  {'ratio':{NAME_WIDTH}} {amount(self.ratio or 0, TIMES):>9}"]
        if self.goal:
            lines.append(f"  {self.verdict}")
        total = self.ours.median
        lines += [f"    {name:{NAME_WIDTH - 2}} {part:7.2f} s  {part / total:4.0%}" for name, part in self._shares()]
        return "\n".join(lines)

    def _shares(self) -> list[tuple[str, float]]:
        """The parts, and what lies between them."""
        between = self.ours.median - sum(self.parts.values())
        return [*self.parts.items(), ("between the steps", between)] if self.parts else []

    @property
    def row(self) -> str:
        """The figure as a row of a Markdown table."""
        theirs = f"{self.theirs.name}: {amount(self.theirs.median, self.theirs.unit)}" if self.theirs else "none"
        ratio = amount(self.ratio, TIMES) if self.ratio else ""
        ours = amount(self.ours.median, self.ours.unit)
        cells = [self.title, ours, theirs, ratio, self.verdict]
        return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


HEAD = "| figure | Slipway | beside it | ratio | verdict |\n|---|---|---|---|---|"


def by_turns(rounds: int, *sides: Callable[[int], float]) -> list[list[float]]:
    """Ask each side in turn, `rounds` times: A B, A B, …; return the answers by side."""
    turns = [[side(number) for side in sides] for number in range(rounds)]
    return [list(column) for column in zip(*turns, strict=True)]


def of_the_middle(totals: Sequence[float], parts: Sequence[dict[str, float]]) -> dict[str, float]:
    """The parts of the round whose total is the median, so that they add up."""
    by_total = sorted(range(len(totals)), key=totals.__getitem__)
    return parts[by_total[(len(totals) - 1) // 2]]


def amount(value: float, unit: str) -> str:
    """A number with its unit, as precise as it deserves."""
    if unit == TIMES:
        return f"{value:.2f}{TIMES}"
    return f"{value:.2f} s" if unit == "s" else f"{value:.0f} {unit}"
