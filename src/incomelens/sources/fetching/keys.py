"""Secrets from the environment, and how they are kept out of every text.

A key enters the address of a request just before it is sent. Everything that comes back from there
(errors of the HTTP library quote addresses, servers quote requests) passes a :class:`Redaction`
before it is shown, logged or raised.
"""

import logging
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from urllib.parse import quote, quote_plus, urlsplit, urlunsplit

from incomelens.common.errors import InputError
from incomelens.sources.fetching.registry import Secret, SourceFile

HTTP_LOGGERS = ("urllib3.connectionpool", "urllib3.util.retry", "requests")


def key_parameters(file: SourceFile, environment: Mapping[str, str]) -> dict[str, str]:
    """Query parameters that carry the provider's key; empty where none is set or asked for.

    Raises
    ------
    InputError
        If the provider refuses requests without a key and the environment has none.
    """
    secret = file.secret
    if secret is None:
        return {}
    value = environment.get(secret.environment, "").strip()
    if value:
        return {secret.parameter: value}
    if secret.required:
        raise InputError(f"{file.label}: {missing_key(secret)}")
    return {}


def missing_key(secret: Secret) -> str:
    """Say which key is missing and how to come by it."""
    where = f"get one at {secret.page} and " if secret.page else ""
    return (
        f"the provider asks for a key and the environment has no {secret.environment}; "
        f"{where}`export {secret.environment}=<your key>` before the run"
    )


def public_address(address: str) -> str:
    """Return an address without the user name and password that a mirror's may carry.

    Examples
    --------
    >>> public_address("https://me:secret@mirror.org/raw?a=1")
    'https://mirror.org/raw?a=1'
    """
    parts = urlsplit(address)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


class Redaction:
    """Replaces secret values in texts, also where they are percent-encoded.

    Parameters
    ----------
    parameters : mapping
        Query parameters that carry a key.
    address : str
        Address of the request, for the password that it may carry.
    """

    def __init__(self, parameters: Mapping[str, str], address: str = "") -> None:
        secrets = {value: f"<{name}>" for name, value in parameters.items()}
        credentials = urlsplit(address).netloc.rpartition("@")[0]
        if credentials:
            secrets[credentials] = "<credentials>"
            secrets[credentials.rpartition(":")[2]] = "<password>"
        self._shown = {
            form: replacement
            for value, replacement in secrets.items()
            for form in (value, quote(value, safe=""), quote(value), quote_plus(value))
        }

    def __call__(self, text: object) -> str:
        """Return the text without the secrets."""
        text = str(text)
        for value in sorted(self._shown, key=len, reverse=True):
            text = text.replace(value, self._shown[value])
        return text

    @contextmanager
    def in_logs(self) -> Generator[None]:
        """Keep the secrets out of what the HTTP libraries log inside the block."""

        def redact(record: logging.LogRecord) -> bool:
            record.msg, record.args = self(record.getMessage()), ()
            return True

        loggers = [logging.getLogger(name) for name in HTTP_LOGGERS]
        for logger in loggers:
            logger.addFilter(redact)
        try:
            yield
        finally:
            for logger in loggers:
                logger.removeFilter(redact)
