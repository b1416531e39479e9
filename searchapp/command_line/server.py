"""A server, by its API: what a person without the installation at hand works with."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from searchapp.command_line.errors import CommandFailed
from searchapp.command_line.output import Progress

DEFAULT = "http://127.0.0.1:8000"
_CONNECT_SECONDS, _SECONDS = 10.0, 300.0
_POLL_SECONDS = 1.0
_ENDED = ("succeeded", "failed", "cancelled")


class Server:
    """A server at an address, with a key or without."""

    def __init__(
        self, address: str = DEFAULT, key: str = "", transport: httpx.BaseTransport | None = None
    ) -> None:
        self.address = address.rstrip("/")
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._has_key = bool(key)
        self._client = httpx.Client(
            base_url=self.address,
            headers=headers,
            timeout=httpx.Timeout(_SECONDS, connect=_CONNECT_SECONDS),
            transport=transport,
        )

    def get(self, path: str, **parameters: Any) -> Any:
        """What a GET answers. Raises CommandFailed."""
        return self._sent("GET", path, params=parameters)

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """What a POST of JSON answers. Raises CommandFailed."""
        return self._sent("POST", path, json=body or {})

    def upload(self, path: str, field: str, file: Path, fields: Mapping[str, str]) -> Any:
        """What a POST of a file in a form answers. Raises CommandFailed."""
        try:
            with file.open("rb") as content:
                return self._sent("POST", path, data=dict(fields), files={field: (file.name, content)})
        except OSError as error:
            raise CommandFailed(f"{file} cannot be read: {error.strerror}.") from error

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """What a tool for agents answers. Raises CommandFailed."""
        message = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": tool, "arguments": arguments},
        }
        headers = {"Accept": "application/json, text/event-stream"}
        told = self._sent("POST", "/api/mcp", json=message, headers=headers)
        if "error" in told:
            raise CommandFailed(str(told["error"].get("message", "The server did not understand the call.")))
        result: dict[str, Any] = told["result"]
        answer: dict[str, Any] = result.get("structuredContent") or {}
        if result.get("isError"):
            raise CommandFailed(str(answer.get("error", "The tool failed.")))
        return answer

    def wait(self, job: int, progress: Progress) -> dict[str, Any]:
        """Wait until a job has ended. Raises CommandFailed where it did not succeed."""
        while True:
            told: dict[str, Any] = self.get(f"/api/v1/jobs/{job}/")
            progress(told["message"] or told["title"], told["done"], told["total"] or None)
            if told["state"] in _ENDED:
                break
            time.sleep(_POLL_SECONDS)
        if told["state"] != "succeeded":
            raise CommandFailed(told["error"] or f"{told['title']}: {told['state']}.")
        return told

    def _sent(self, method: str, path: str, **given: Any) -> Any:
        try:
            response = self._client.request(method, path, **given)
        except httpx.InvalidURL as error:
            raise CommandFailed(f"{self.address} is not an address: {error}.") from error
        except httpx.HTTPError as error:
            raise CommandFailed(self._unreachable(error)) from error
        if response.is_success:
            return self._json(response)
        raise CommandFailed(self._refusal(response))

    def _json(self, response: httpx.Response) -> Any:
        try:
            return response.json() if response.content else {}
        except ValueError as error:
            raise CommandFailed(f"What answers at {self.address} is not Searchapp.") from error

    def _unreachable(self, error: httpx.HTTPError) -> str:
        if isinstance(error, httpx.ReadTimeout):
            return f"{self.address} did not answer within {_SECONDS:.0f} seconds."
        return (
            f"No server answers at {self.address}. Start one with `searchapp up`, or name another with "
            "--server or SEARCHAPP_SERVER."
        )

    def _refusal(self, response: httpx.Response) -> str:
        if response.is_redirect:
            return f"{self.address} sends to {response.headers.get('Location')}: use that address."
        if response.status_code == httpx.codes.UNAUTHORIZED:
            wrong = "does not know the key" if self._has_key else "wants a key"
            return f"{self.address} {wrong}: set SEARCHAPP_KEY to one that was made in its admin."
        try:
            detail = response.json()["detail"]
        except (ValueError, KeyError, TypeError):
            detail = f"{self.address} answered with status {response.status_code}."
        return str(detail)
