"""What several of a kind are called."""

_IRREGULAR = {"person": "people", "human": "people", "species": "species", "fish": "fish", "wolf": "wolves", "elf": "elves", "werewolf": "werewolves"}


def plural_of(text: str) -> str:
    """Return the plural of what one of a kind is called."""
    if text in _IRREGULAR:
        return _IRREGULAR[text]
    if text.endswith(("ss", "ch", "sh", "x", "hero")):
        return f"{text}es"
    return f"{text[:-1]}ies" if text.endswith("y") and text[-2:-1] not in "aeiou" else f"{text}s"
