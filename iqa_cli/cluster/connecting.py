"""Ray itself: a cluster on this machine for as long as a run takes, or one that is there; quiet unless asked."""

import logging
import os
import signal
import socket
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext, redirect_stdout
from pathlib import Path
from typing import Any

from iqa_cli.cluster.cluster_address import HERE
from iqa_cli.errors import IqaError, MissingExtraError
from iqa_cli.executing.cores import usable_cores
from iqa_cli.ground.wording import said, shortened
from iqa_cli.process import Terminated

REASON = 200  # characters of a reason that Ray gives
PATIENCE = 10  # seconds until an address is given up
STORE = 256 * 2**20  # bytes of a local cluster's object store: what passes through it are names and scores


def import_ray() -> Any:
    """Ray with Ray Data. Raises MissingExtraError."""
    # What is set here a process of Ray's reads when it starts: it tells nobody of its use.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        import ray.data
    except ImportError as error:
        raise MissingExtraError("--ray", "ray", error) from error
    return ray


@contextmanager
def connected(address: str, debug: bool = False) -> Iterator[Any]:
    """Ray, connected; a cluster on this machine is gone when the context is left, another one stays.

    Args:
        address: `HERE`, or of a cluster that is there.
        debug: let Ray say what it has to say, on stderr.

    Raises:
        MissingExtraError: Ray is not installed.
        IqaError: there is no cluster at that address.
    """
    with ExitStack() as stack:
        stack.enter_context(_calm(debug))
        ray = import_ray()
        _check_answer(address)
        level = logging.INFO if debug else logging.CRITICAL
        how: dict[str, Any] = {"log_to_driver": debug, "logging_level": level}
        if address == HERE:
            session = stack.enter_context(tempfile.TemporaryDirectory(prefix="iqa-ray-", ignore_cleanup_errors=True))
            how |= {"address": "local", "num_cpus": usable_cores(), "include_dashboard": False,
                    "object_store_memory": STORE, "_temp_dir": session}  # fmt: skip
        else:
            how["address"] = address
        heard = signal.getsignal(signal.SIGTERM)
        stack.callback(ray.shutdown)  # of a start that Ctrl-C breaks off, too
        try:
            with nullcontext() if debug else _deaf():
                ray.init(**how)
        except SystemExit as leaving:  # how Ray answers to SIGTERM
            raise Terminated from leaving
        except Exception as error:
            raise IqaError(_told(address, error)) from error
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, heard)  # Ray takes it: its end would leave files half told
        for name in ("ray", "ray.data"):
            logging.getLogger(name).setLevel(level)
        yield ray


def _check_answer(address: str) -> None:
    """Raises IqaError where nothing listens at an address with a port: Ray itself would wait for minutes."""
    host, colon, port = address.removeprefix("ray://").partition("/")[0].rpartition(":")
    if not (colon and port.isdecimal()):
        return
    try:
        socket.create_connection((host, int(port)), PATIENCE).close()
    except (OSError, OverflowError) as error:
        raise IqaError(_told(address, error)) from error


def nodes_of(ray: Any) -> list[Mapping[str, Any]]:
    """What each node that is alive has to offer."""
    return [node["Resources"] for node in ray.nodes() if node["Alive"]]


def _told(address: str, error: Exception) -> str:
    reason = shortened(said(error), REASON)
    below = said(error.__cause__).rpartition("Error: ")[2] if error.__cause__ else ""  # what Ray leaves to a traceback
    reason = f"{reason}: {shortened(below, REASON)}" if below else reason
    if address == HERE:
        return f"--ray: no cluster can be started on this machine ({reason}); --debug tells more"
    return f"--ray {address}: no cluster answers there ({reason}); start one by ray start, or leave the address out"


@contextmanager
def _calm(debug: bool) -> Iterator[None]:
    """Nothing that Ray prints reaches stdout, which is for data; unless in debugging nothing is printed at all."""
    variables = {} if debug else {"RAY_BACKEND_LOG_LEVEL": "fatal", "RAY_DATA_DISABLE_PROGRESS_BARS": "1"}
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        with warnings.catch_warnings(), Path(os.devnull).open("w") as nowhere:
            if not debug:
                warnings.filterwarnings("ignore", module=r"ray(\.|$)")
            with redirect_stdout(sys.stderr if debug else nowhere):
                yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _deaf() -> Iterator[None]:
    """What is written to the descriptor of stderr meanwhile is lost: a line in which Ray says that it will be quiet."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)
