"""A language-model server, where one is configured: any that speaks the protocol of chat completions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx
from django.conf import settings

from searchapp.errors import Unavailable

_MAX_TOKENS = 800
_MAX_ANSWER_LENGTH = 20_000


class ServerError(Unavailable):
    """The server did not answer as it should; the message says how."""


@dataclass(frozen=True)
class ServerConfig:
    """The server's address, and the settings of requests to it."""

    address: str
    model: str
    key: str = ""
    seconds: float = 60.0
    corrections: int = 2
    grammar_field: str = ""
    """The field of a request for a grammar, as `structured_outputs.grammar`; empty if there is none."""


class ChatServer:
    """One server of chat completions."""

    def __init__(self, config: ServerConfig, transport: httpx.BaseTransport | None = None) -> None:
        self.config, self._transport = config, transport

    def complete(
        self, messages: Sequence[dict[str, str]], *, most_tokens: int = _MAX_TOKENS, grammar: str = ""
    ) -> str:
        """The server's answer; held to a grammar (GBNF), if there is one and the server takes any.

        Raises ServerError.
        """
        body: dict[str, Any] = {
            "model": self.config.model,
            "messages": list(messages),
            "temperature": 0,
            "max_tokens": most_tokens,
            "stream": False,
        }
        if grammar and self.config.grammar_field:
            _set(body, self.config.grammar_field, grammar)
        try:
            response = self._posted(body)
            response.raise_for_status()
            content = response.json()["choices"][0]["message"]["content"]
        except httpx.HTTPError as error:
            raise ServerError(
                f"The language-model server does not answer: {str(error).rstrip('.')}.", transient=True
            ) from error
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise ServerError("The language-model server's answer is not one of chat completions.") from error
        return str(content or "")[:_MAX_ANSWER_LENGTH]

    def _posted(self, body: dict[str, Any]) -> httpx.Response:
        """The response to a request, which is not followed elsewhere. Raises httpx.HTTPError."""
        key = self.config.key
        with httpx.Client(
            base_url=self.config.address.rstrip("/") + "/",
            timeout=self.config.seconds,
            headers={"Authorization": f"Bearer {key}"} if key else {},
            transport=self._transport,
            follow_redirects=False,
        ) as client:
            return client.post("chat/completions", json=body)


def _set(body: dict[str, Any], path: str, value: str) -> None:
    """Set a field of a request by its path, the names on the way joined by dots."""
    *parents, name = path.split(".")
    for parent in parents:
        body = body.setdefault(parent, {})
    body[name] = value


def configured_server() -> ChatServer | None:
    """The language-model server that the settings name, if they name one."""
    if not settings.LANGUAGE_MODEL_ADDRESS:
        return None
    config = ServerConfig(
        address=settings.LANGUAGE_MODEL_ADDRESS,
        model=settings.LANGUAGE_MODEL,
        key=settings.LANGUAGE_MODEL_KEY,
        seconds=settings.LANGUAGE_MODEL_SECONDS,
        grammar_field=settings.LANGUAGE_MODEL_GRAMMAR_FIELD,
    )
    return ChatServer(config)
