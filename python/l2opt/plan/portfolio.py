"""Who looks for an exact answer: the search, OR-Tools CP-SAT, or both at once.

Both at once only where there is a deadline, on which results depend in any case: without one, they are the same whether
OR-Tools is installed or not.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace

from l2opt.errors import UsageError
from l2opt.plan.cp import CpRunner, Question, installed
from l2opt.plan.exact import Raced, race
from l2opt.plan.native import native_items

__all__ = ["SOLVERS", "WORK", "Effort", "answer"]

SOLVERS = ("auto", "search", "cp")
WORK = 8_000_000_000
_POLL = 0.05  # seconds between two looks at what others do
_LATER = 5.0  # seconds that the search has for itself; most problems are solved by then


@dataclass(frozen=True, slots=True)
class Effort:
    """When to stop, and who works. With no seconds, the result follows from the items and the work alone."""

    seconds: float | None = None
    work: int = WORK  # columns looked at by the exact search; about 10^8 a second and thread
    threads: int = 1
    stop: Callable[[], bool] | None = None  # asked now and then, by the calling thread; true ends the work
    solver: str = "auto"  # search; cp: CP-SAT alone; auto: the search, with CP-SAT beside it where that is installed

    def __post_init__(self) -> None:
        if self.solver not in SOLVERS:
            raise UsageError(f"solver: want one of {', '.join(SOLVERS)}, got {self.solver!r}")

    def stopped(self) -> bool:
        return self.stop is not None and self.stop()


def answer(question: Question, effort: Effort) -> Raced | None:
    """What is found out; None: the question is not for them."""
    if effort.solver == "cp":
        return _by_cp(question, effort)
    if effort.solver == "auto" and (effort.seconds or 0.0) > 2 * _LATER and installed():
        return _both(question, effort)
    return _searched(question, effort, [])


def _by_cp(question: Question, effort: Effort) -> Raced | None:
    runner, answers = CpRunner(question), list[Raced | None]()
    thread = threading.Thread(
        target=lambda: answers.append(runner.run(effort.seconds or 0.0, effort.threads)), daemon=True
    )
    thread.start()
    while thread.is_alive():
        if effort.stopped():
            runner.stop()
        thread.join(_POLL)
    return answers[0] if answers else None


def _searched(question: Question, effort: Effort, answers: list[Raced]) -> Raced | None:
    """`answers`: of others; one that leaves nothing open ends the search."""
    return race(
        native_items(question.items, 1),
        question.bound,
        question.known,
        question.goal,
        effort.work,
        effort.seconds or 0.0,
        effort.threads,
        lambda: effort.stopped() or any(_ends(question, raced) for raced in answers),
    )


def _both(question: Question, effort: Effort) -> Raced | None:
    runner, answers, done = CpRunner(question), list[Raced](), threading.Event()

    def run() -> None:
        if done.wait(_LATER):
            return
        raced = runner.run((effort.seconds or 0.0) - _LATER, 1)
        if raced is not None:
            answers.append(raced)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    searched = _searched(question, effort, answers)
    done.set()
    while thread.is_alive():
        runner.stop()
        thread.join(_POLL)
    if searched is None or not answers:
        return searched or (answers[0] if answers else None)
    return _joined(searched, answers[0])


def _ends(question: Question, raced: Raced) -> bool:
    if question.goal and raced.bound > question.goal:
        return True
    peak = question.known if raced.offsets is None else raced.peak
    return peak <= max(raced.bound, question.goal)


def _joined(a: Raced, b: Raced) -> Raced:
    best = b if b.offsets is not None and (a.offsets is None or b.peak < a.peak) else a
    bound, nodes = max(a.bound, b.bound), a.nodes + b.nodes
    return replace(best, bound=bound, nodes=nodes, cut=a.cut and b.cut)
