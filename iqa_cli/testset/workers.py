"""Work spread over processes, its results in order. Imports nothing heavy: see `_start`."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from threading import Thread
from typing import Any

from iqa_cli.errors import IqaError

_AHEAD = 4  # tasks given out for each process: enough that none waits, few enough for any number of tasks

Run = Callable[[Callable[..., Any], Iterable[tuple]], Iterator[Any]]


@contextmanager
def workers(jobs: int) -> Iterator[Run]:
    """Yield `run(function, tasks)`, which calls `function(*task)` in `jobs` processes and gives results in order.

    With one job all is done in this process. Whatever ends the context early, Ctrl-C included,
    stops the processes at once: a file that is being written may be left unfinished.

    Raises:
        IqaError: a process died.
    """
    if jobs == 1:
        yield lambda function, tasks: (function(*task) for task in tasks)
        return
    others = set(multiprocessing.active_children())
    # Not forked: a copy of a process with threads, such as that of the progress bar, may hang.
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), initializer=_start)
    try:
        yield partial(_in_order, pool, jobs * _AHEAD)
    except BaseException as error:
        for worker in set(multiprocessing.active_children()) - others:
            worker.terminate()
        if isinstance(error, BrokenProcessPool):
            raise IqaError(
                "a worker process died, most likely for lack of memory: "
                "give fewer --jobs or a --max-side, and go on with --resume"
            ) from error
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def available_cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _in_order(
    pool: ProcessPoolExecutor, ahead: int, function: Callable[..., Any], tasks: Iterable[tuple]
) -> Iterator[Any]:
    running: deque[Future[Any]] = deque()
    for task in tasks:
        running.append(pool.submit(function, *task))
        if len(running) >= ahead:
            yield running.popleft().result()
    while running:
        yield running.popleft().result()


def _start() -> None:
    """What a worker does before NumPy is imported there."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the parent answers for them
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ[f"{library}_NUM_THREADS"] = "1"  # the processes share the cores already
    Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    """A worker whose parent was killed would wait for tasks for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)
