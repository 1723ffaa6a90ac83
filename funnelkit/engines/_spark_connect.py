"""A session of Spark Connect: begun at an address, and given back to its server at the end.

Part of the Spark engine. What speaks with the server is imported only where there is one: it needs grpc.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from funnelkit.errors import UsageError

SCHEME = "sc://"
_TRIES = 4
"""A server that is not there is asked so many times more, which takes about five seconds; Spark itself tries for ten
minutes."""


def begun(address: str, options: Mapping[str, str]) -> Any:
    """A session of our own on the server at *address*, with *options*.

    Raises UsageError where a package is missing, nobody answers, or the server does not let a session have an option.
    """
    try:
        with _as_a_file(), warnings.catch_warnings():
            # PySpark says at once that it has not seen the newest pandas, of which nothing here makes use.
            warnings.simplefilter("ignore", FutureWarning)
            from pyspark.sql.connect.session import SparkSession as Remote
    except ImportError as error:
        raise UsageError(
            f"{address}: Spark Connect needs packages that are not installed: {_said(error)}",
            hint='pip install "funnelkit[connect]"',
        ) from None
    try:
        session = Remote(connection=address)
    except PySparkException as error:
        raise UsageError(
            f"{address}: this is no address of Spark Connect: {_said(error)}",
            hint="Write it as sc://host:15002 under `spark: master:` in funnelkit.yaml.",
        ) from None
    try:
        _greet(address, session)
        for key, value in options.items():
            _set(address, session, key, value)
    except BaseException:
        end(session)
        raise
    return session


@contextmanager
def _as_a_file() -> Iterator[None]:
    """A program that is no file, as of ``python -c``, PySpark takes for its own tests, and would end it."""
    main = sys.modules["__main__"]
    if main.__spec__ is not None or hasattr(main, "__file__"):
        yield
        return
    main.__file__ = "<program>"
    try:
        yield
    finally:
        del main.__file__


def is_remote(session: Any) -> bool:
    """Whether *session* is one of Spark Connect."""
    return not isinstance(session, SparkSession)


@contextmanager
def active(session: Any) -> Iterator[None]:
    """In here *session* is the active one, if it is remote.

    PySpark takes what a server holds for a frame of the active session, whichever session has asked for it.
    """
    if not is_remote(session):
        yield
        return
    of_thread = type(session)._active_session
    before = getattr(of_thread, "session", None)
    of_thread.session = session
    try:
        yield
    finally:
        of_thread.session = before


def end(session: Any) -> None:
    """Give a remote *session* back, with all that the server holds of it.

    One that is only forgotten waits for its server while Python ends, and may do so for ever.
    """
    with suppress(Exception), _impatient(session):
        session.stop()


def _greet(address: str, session: Any) -> None:
    try:
        with _impatient(session):
            _ = session.version
    except PySparkException as error:
        raise UsageError(
            f"Spark Connect does not answer at {address}: {_said(error)}",
            hint="Check `spark:` in funnelkit.yaml, and that the server runs and can be reached from here.",
        ) from None


def _set(address: str, session: Any, key: str, value: str) -> None:
    try:
        session.conf.set(key, value)
    except PySparkException as error:
        raise UsageError(
            f"{address}: the server does not take the option {key}: {_said(error)}",
            hint="Take it out of `spark: options:` in funnelkit.yaml, and set it where the server is started.",
        ) from None


@contextmanager
def _impatient(session: Any) -> Iterator[None]:
    """In here a server that is not there is not waited for long."""
    from pyspark.sql.connect.client.retries import DefaultPolicy

    before = session.client.get_retry_policies()
    session.client.set_retry_policies([DefaultPolicy(max_retries=_TRIES)])
    try:
        with _as_a_file(), warnings.catch_warnings():
            # That the tries have come to an end is told by an error, too.
            warnings.simplefilter("ignore", UserWarning)
            yield
    finally:
        session.client.set_retry_policies(before)


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
