"""Signing in through a provider of OpenID Connect, beside names and passwords."""
