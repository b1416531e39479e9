"""Files and folders that hold keys and passwords and nothing that anybody searches for."""

import re

_SECRET = re.compile(
    r"(^|/)(\.ssh|\.gnupg|\.aws|\.azure|\.kube|\.docker|\.password-store)/"
    r"|(^|/)(\.env(\.(?!(example|sample|template|dist)$)[^/]*)?|[._]netrc|\.pgpass|\.git-credentials|\.npmrc"
    r"|\.pypirc|\.htpasswd|\.my\.cnf|id_(rsa|dsa|ecdsa|ed25519)|[^/]+\.(pem|key|p12|pfx|jks|keystore|kdbx))$"
)


def is_secret(path: str) -> bool:
    """Whether a path (with a slash at its end if it is a folder) is one of a secret."""
    return _SECRET.search(path) is not None
