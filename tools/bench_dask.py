"""Networks measured on a Dask cluster: the same work on other machines, with the same results.

The files' contents are sent, so that workers need no file of ours, only this package. A task whose worker is lost runs
again elsewhere; one that takes several workers with it is an error of its network.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from l2opt.errors import L2OptError
from l2opt.tools.bench_measure import Outcome, Task

__all__ = ["spread"]

TIMEOUT = "10s"  # for the scheduler to answer


def spread(work: Callable[[Task], Outcome], tasks: Sequence[Task], address: str) -> Iterator[tuple[int, Outcome]]:
    """Each task's index with what `work` made of it, as they are done. Raises L2OptError if there is no scheduler."""
    from distributed import Client, as_completed

    try:
        client = Client(address, timeout=TIMEOUT)
    except (OSError, ValueError, TypeError) as error:
        raise L2OptError(f"--dask: no scheduler answers at {address!r}: {error}") from error
    with client:
        indices = {}
        for index, task in enumerate(tasks):
            sent = _with_content(task)
            if isinstance(sent, Outcome):
                yield index, sent
            else:
                indices[client.submit(work, sent, pure=False)] = index
        for future in as_completed(indices):
            failed = future.exception()
            yield indices[future], future.result() if failed is None else Outcome(error=_failure(failed))
            future.release()


def _with_content(task: Task) -> Task | Outcome:
    try:
        with open(task.path, "rb") as file:
            return replace(task, data=file.read())
    except OSError as error:
        return Outcome(error=f"{task.path}: cannot read: {error.strerror}")


def _failure(error: BaseException) -> str:
    lost = type(error).__name__ == "KilledWorker"
    return "every worker that planned it was lost" if lost else f"{type(error).__name__}: {error}".partition("\n")[0]
