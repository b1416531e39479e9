"""A language-model server, for what a model larger than the local network may decide: any that speaks the
protocol of chat completions.
"""

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
    """Where the server is, and what of it is used."""

    address: str
    model: str
    key: str = ""
    seconds: float = 60.0
    corrections: int = 2
    grammar_field: str = ""
    """Where in a request the server takes a grammar, for example `grammar` or `structured_outputs.grammar`;
    empty if it takes none.
    """


class ChatServer:
    """One server of chat completions."""

    def __init__(self, config: ServerConfig, transport: httpx.BaseTransport | None = None) -> None:
        self.config = config
        headers = {"Authorization": f"Bearer {config.key}"} if config.key else {}
        self._client = httpx.Client(
            base_url=config.address.rstrip("/") + "/",
            timeout=config.seconds,
            headers=headers,
            transport=transport,
        )

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
            *path, name = self.config.grammar_field.split(".")
            parent = body
            for field in path:
                parent = parent.setdefault(field, {})
            parent[name] = grammar
        try:
            response = self._client.post("chat/completions", json=body)
            response.raise_for_status()
            content = response.json()["choices"][0]["message"]["content"]
        except httpx.HTTPError as error:
            raise ServerError(
                f"The language-model server does not answer: {str(error).rstrip('.')}.", transient=True
            ) from error
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise ServerError("The language-model server's answer is not one of chat completions.") from error
        return str(content or "")[:_MAX_ANSWER_LENGTH]


def configured_server() -> ChatServer | None:
    """The language-model server that the settings name, if they name one."""
    if not settings.LANGUAGE_MODEL_ADDRESS:
        return None
    key, seconds, field = (
        settings.LANGUAGE_MODEL_KEY,
        settings.LANGUAGE_MODEL_SECONDS,
        settings.LANGUAGE_MODEL_GRAMMAR_FIELD,
    )
    return ChatServer(
        ServerConfig(
            settings.LANGUAGE_MODEL_ADDRESS, settings.LANGUAGE_MODEL, key, seconds, grammar_field=field
        )
    )
