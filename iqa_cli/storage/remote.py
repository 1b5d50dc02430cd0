"""Files at URLs, by fsspec: read whole or in part, and tried again where a failure may pass by itself."""

import errno
import random
import ssl
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from iqa_cli.errors import IqaError, MissingExtraError, UsageError
from iqa_cli.storage.names import protocol_of

PAUSES = [0.25, 1.0, 4.0]  # seconds before it is tried again, about
CONNECTING, SILENT = 10, 30  # seconds until a server that does not answer, or falls silent, is given up
_PROBE = 512  # bytes
IN_FLIGHT = 64  # connections to one server
_CLOUD = {"s3", "s3a", "gs", "gcs", "http", "https"}  # what the extra brings
_BUSY = {408, 425, 429, 500, 502, 503, 504}  # HTTP: what may pass
_REFUSED = {401, 403}
_BROKEN = {  # classes of aiohttp, botocore and urllib3, which need not be installed
    "ClientConnectionError", "ClientPayloadError", "HTTPClientError", "ResponseStreamingError", "IncompleteReadError",
    "FSTimeoutError", "ServerDisconnectedError", "ProtocolError", "EndpointConnectionError",
}  # fmt: skip
_FOR_NOW = {"SlowDown", "Throttling", "ThrottlingException", "RequestTimeout", "InternalError", "ServiceUnavailable"}
_NO_CREDENTIALS = {"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "DefaultCredentialsError"}

T = TypeVar("T")


class Unreachable(OSError):
    """Nothing comes of a URL for a reason that is not its file's: no rights, connection or answer, a busy server."""


class Denied(Unreachable, PermissionError):
    """No rights, or no credentials."""


class NoBucket(FileNotFoundError):
    """No such bucket."""


def is_unreachable(error: BaseException) -> bool:
    """Whether an error comes from one of these."""
    return any(isinstance(cause, Unreachable) for cause in _causes(error))


def filesystem_of(url: str) -> tuple[Any, str]:
    """The file system of a URL, which threads share, and the path that it has there.

    Credentials, end points and further options are those that fsspec and the package of the protocol find themselves,
    in the environment and in their files.

    Raises:
        MissingExtraError: the package of the protocol is not installed.
        UsageError: no such protocol.
    """
    from fsspec.core import url_to_fs

    protocol = protocol_of(url)
    try:
        return url_to_fs(url, **_options(protocol))
    except ImportError as error:
        if protocol not in _CLOUD:
            raise UsageError(f"{url}: {error}; install that package") from error
        cause = error.__cause__ if isinstance(error.__cause__, ImportError) else error
        raise MissingExtraError(f"reading {protocol}://", "cloud", cause) from error
    except ValueError as error:
        raise UsageError(f"{url}: {_one_line(error)}: check what stands before ://") from error


def read(url: str, start: int | None = None, end: int | None = None) -> bytes:
    """A file, or its bytes from `start` up to `end`; all of them where the server gives no parts: then more than asked.

    Raises:
        OSError: it cannot be read, with the reason and the remedy in words (`strerror`).
        IqaError: as `filesystem_of`.
    """
    fs, path = filesystem_of(url)
    if start is None and end is None:
        return retried(url, lambda: fs.cat_file(path))
    return retried(url, lambda: fs.cat_file(path, start=start, end=end))


def read_part(url: str, start: int, end: int) -> bytes:
    """Bytes of a file of which both ends are in it. Raises as `read`, and where the server gives no parts."""
    data = read(url, start, end) if end > start else b""
    if len(data) > end - start:
        raise OSError(errno.EIO, "the server gives no parts of files: download it first", url)
    return data


def gives_parts(url: str, size: int) -> bool:
    """Whether the server of a URL gives parts of a file of `size` bytes, found out without reading all of it."""
    if protocol_of(url) not in ("http", "https"):
        return True
    fs, path = filesystem_of(url)

    def probe() -> bool:
        try:
            with fs.open(path, "rb", block_size=_PROBE, cache_type="none", size=size) as opened:
                opened.seek(_PROBE)
                return len(opened.read(_PROBE)) == _PROBE
        except ValueError:  # it sends all
            return False

    return retried(url, probe)


def facts_of(url: str) -> dict[str, Any]:
    """What the server tells of a file or folder without giving it: `size`, `type`, ... Raises as `read`."""
    fs, path = filesystem_of(url)
    return retried(url, lambda: fs.info(path))


def retried(url: str, action: Callable[[], T]) -> T:
    """What `action` gives; tried again after each of `PAUSES` where its failure may pass by itself.

    Raises OSError with the reason in words (`strerror`): FileNotFoundError, Unreachable, or another.
    """
    for pause in [*PAUSES, None]:
        try:
            return action()
        except IqaError:
            raise
        except Exception as error:  # file systems of any kind raise what they like
            if pause is None or not may_pass(error):
                raise _refusal(error, url) from error
        time.sleep(pause * random.uniform(0.75, 1.25))
    raise AssertionError("the last attempt returns or raises")


def may_pass(error: BaseException) -> bool:
    """Whether a failure may pass by itself: no answer in time, a broken connection, a server that is busy."""
    if (status := _status(error)) is not None:
        return status in _BUSY
    if _untrusted(error):
        return False
    for cause in _causes(error):
        if isinstance(cause, FileNotFoundError | PermissionError) and cause.__cause__ is None:
            return False
        if isinstance(cause, TimeoutError | ConnectionError) or _BROKEN & _classes(cause):
            return True
    return False


def _refusal(error: Exception, url: str) -> OSError:
    """The same as an OSError that says in words what is wrong, and what to do."""
    status, again = _status(error), f"; tried {len(PAUSES) + 1} times, try later" if may_pass(error) else ""
    causes = list(_causes(error))
    names = set().union(*map(_classes, causes))
    if names & _NO_CREDENTIALS:
        hint = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE; for a public bucket FSSPEC_S3_ANON=true"
        told = f"no credentials: set {hint}" if protocol_of(url) in ("s3", "s3a") else f"no credentials: {error}"
        return Denied(errno.EACCES, _one_line(told), url)
    if status in _REFUSED or (status is None and any(isinstance(cause, PermissionError) for cause in causes)):
        return Denied(errno.EACCES, f"access denied ({status or 403}); check the credentials", url)
    if _code(error) == "NoSuchBucket":
        return NoBucket(errno.ENOENT, "no such bucket", url)
    if status in (404, 410) or (status is None and not again and isinstance(error, FileNotFoundError)):
        return FileNotFoundError(errno.ENOENT, "no such file or folder", url)
    if status is not None:
        kind = Unreachable if again or status >= 500 else OSError
        return kind(errno.EIO, f"the server answers {status}{again}", url)
    if _untrusted(error):
        variable = "AWS_CA_BUNDLE" if protocol_of(url) in ("s3", "s3a") else "SSL_CERT_FILE"
        told = f"the certificate of the server is not trusted; name a file with that of its issuer in {variable}"
        return Unreachable(errno.EIO, told, url)
    if any(isinstance(cause, TimeoutError) for cause in causes):
        return Unreachable(errno.EIO, f"no answer in time{again}", url)
    text = _one_line(causes[-1]) or type(causes[-1]).__name__
    if again:
        return Unreachable(errno.EIO, f"the connection breaks: {text}{again}", url)
    return OSError(errno.EIO, text, url)


def _untrusted(error: BaseException) -> bool:
    """Whether a server shows a certificate that is not trusted, which no second attempt changes."""
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in _causes(error))


def _code(error: BaseException) -> str | None:
    """What S3 calls a failure, if it does."""
    told = (getattr(cause, "response", None) for cause in _causes(error))
    return next((each.get("Error", {}).get("Code") for each in told if isinstance(each, dict)), None)


def _options(protocol: str) -> dict[str, Any]:
    """How a file system is opened: with time limits, and without attempts and listings of its own."""
    if protocol in ("http", "https"):
        try:
            from aiohttp import ClientTimeout
        except ImportError:
            return {}  # whose lack `filesystem_of` tells
        limit = ClientTimeout(total=None, sock_connect=CONNECTING, sock_read=SILENT)
        headers = {"Accept-Encoding": "identity"}  # parts of what is sent compressed would be parts of that
        return {"client_kwargs": {"timeout": limit}, "headers": headers, "use_listings_cache": False}
    if protocol in ("s3", "s3a"):
        limits = {"connect_timeout": CONNECTING, "read_timeout": SILENT, "max_pool_connections": IN_FLIGHT}
        return {
            "config_kwargs": {**limits, "retries": {"total_max_attempts": 1, "mode": "standard"}},
            "use_listings_cache": False,
        }
    return {}


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or following.__context__


def _status(error: BaseException) -> int | None:
    """The HTTP status that a failure comes from, if any."""
    for cause in _causes(error):
        status = getattr(cause, "status", None)  # of aiohttp
        told = getattr(cause, "response", None)  # of botocore
        if isinstance(told, dict):
            if told.get("Error", {}).get("Code") in _FOR_NOW:
                return 503
            status = told.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if isinstance(status, int) and status >= 400:
            return status
    return None


def _classes(error: BaseException) -> set[str]:
    return {kind.__name__ for kind in type(error).__mro__}


def _one_line(error: object) -> str:
    return " ".join(str(error).split())
