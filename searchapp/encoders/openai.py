"""Any server with an OpenAI-compatible `/v1/embeddings`."""

from collections.abc import Sequence
from typing import Any

import httpx
import numpy as np
from django.conf import settings

from searchapp.encoders.base import EncoderError, EncoderSpec, Vectors
from searchapp.encoders.batching import Batch, encode_in_batches, unit_length

_TIMEOUT_SECONDS = 120.0
_CHARACTERS_PER_TOKEN = 4
_TOKEN_BUDGET = 32_768


class OpenAiEncoder:
    """A client of one model of one server."""

    def __init__(self, spec: EncoderSpec) -> None:
        if not spec.url:
            raise EncoderError("The openai backend needs ENCODER_URL, for example http://127.0.0.1:8080/v1")
        self._url = spec.url.rstrip("/") + "/embeddings"
        self._model, self._limit = spec.model, spec.max_tokens * _CHARACTERS_PER_TOKEN
        key = settings.ENCODER_API_KEY
        self._client = httpx.Client(
            timeout=_TIMEOUT_SECONDS,
            headers={"Authorization": f"Bearer {key}"} if key else {},
            follow_redirects=False,
        )
        self.identity = f"{spec.model}@{spec.url.rstrip('/')}/{spec.max_tokens}"
        self.dimension = len(self._request(["dimension"])[0])

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Float32 [len(texts), dimension], each row of unit length.

        Raises EncoderError, transient for outages.
        """
        distinct: list[str] = []

        def lengths_of(unique_texts: list[str]) -> list[int]:
            distinct.extend(text[: self._limit] or " " for text in unique_texts)
            return [len(text) // _CHARACTERS_PER_TOKEN + 1 for text in distinct]

        def encode_batch(batch: Batch) -> Vectors:
            return unit_length(
                np.asarray(self._request([distinct[index] for index in batch]), dtype=np.float32)
            )

        return encode_in_batches(texts, self.dimension, lengths_of, encode_batch, _TOKEN_BUDGET)

    def _request(self, texts: list[str]) -> list[list[float]]:
        try:
            answer = self._client.post(self._url, json={"model": self._model, "input": texts})
        except httpx.HTTPError as error:
            raise EncoderError(
                f"The embeddings server {self._url} cannot be reached: {error}", transient=True
            ) from error
        if answer.status_code != httpx.codes.OK:
            transient = answer.status_code == httpx.codes.TOO_MANY_REQUESTS or answer.status_code >= 500
            raise EncoderError(
                f"The embeddings server answered {answer.status_code}: {answer.text[:300]}",
                transient=transient,
            )
        return _vectors(answer, len(texts))


def _vectors(answer: httpx.Response, expected: int) -> list[list[float]]:
    try:
        rows: list[dict[str, Any]] = sorted(answer.json()["data"], key=lambda row: row["index"])
        vectors = [row["embedding"] for row in rows]
    except (ValueError, KeyError, TypeError) as error:
        raise EncoderError(
            f"The embeddings server's answer is not in the OpenAI format: {answer.text[:300]}"
        ) from error
    if len(vectors) != expected:
        raise EncoderError(f"The embeddings server returned {len(vectors)} vectors for {expected} texts.")
    return vectors
