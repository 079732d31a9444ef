"""Networks measured by several processes. One that dies costs only the network that it worked on."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import TypeVar

from l2opt.tools.bench_measure import Outcome

__all__ = ["spread"]

T = TypeVar("T")


@dataclass
class _Worker:
    process: BaseProcess
    pipe: Connection
    index: int  # of the task that it works on


def spread(work: Callable[[T], Outcome], tasks: Sequence[T], jobs: int) -> Iterator[tuple[int, Outcome]]:
    """Each task's index with what `work` made of it, as they are done, `jobs` at a time. All must be picklable."""
    waiting = list(range(len(tasks)))[::-1]
    workers: list[_Worker] = []
    try:
        while waiting or workers:
            while waiting and len(workers) < jobs:
                workers.append(_started(work, tasks, waiting.pop()))
            ready = wait([worker.pipe for worker in workers])
            for worker in [each for each in workers if each.pipe in ready]:
                index, outcome = worker.index, _received(worker)
                if outcome is None or not waiting:
                    workers.remove(worker)
                    outcome = _ended(worker, outcome)
                else:
                    worker.index = waiting.pop()
                    worker.pipe.send(tasks[worker.index])
                yield index, outcome
    finally:
        for worker in workers:
            worker.process.terminate()
            worker.process.join()


def _started(work: Callable[[T], Outcome], tasks: Sequence[T], index: int) -> _Worker:
    context = multiprocessing.get_context("spawn")  # a forked MLIR has lost its threads
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(work, theirs), daemon=True)
    process.start()
    theirs.close()
    ours.send(tasks[index])
    return _Worker(process, ours, index)


def _serve(work: Callable[[T], Outcome], pipe: Connection) -> None:
    """What a process does: a task at a time, until there are no more."""
    while (task := pipe.recv()) is not None:
        pipe.send(work(task))


def _received(worker: _Worker) -> Outcome | None:
    """What the worker sent; None if it died."""
    try:
        outcome: Outcome = worker.pipe.recv()
    except (EOFError, ConnectionResetError):
        return None
    return outcome


def _ended(worker: _Worker, outcome: Outcome | None) -> Outcome:
    """The worker's last outcome, after its end."""
    if outcome is not None:
        worker.pipe.send(None)
    worker.process.join()
    worker.pipe.close()
    if outcome is not None:
        return outcome
    code = worker.process.exitcode or 0
    how = f"died of signal {-code}" if code < 0 else f"ended with exit code {code}"
    return Outcome(error=f"the process that planned it {how}")
