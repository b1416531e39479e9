"""Text → vector.

One protocol, one module a backend; `get_encoder()` returns the one that the settings choose.
"""

from searchapp.encoders.base import Encoder, EncoderError, EncoderSpec
from searchapp.encoders.registry import configured_spec, get_encoder, load_encoder

__all__ = ["Encoder", "EncoderError", "EncoderSpec", "configured_spec", "get_encoder", "load_encoder"]
