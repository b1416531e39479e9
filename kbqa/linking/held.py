"""Which of several owners, graphs or databases, have words and names: asked of all of them at once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import F

from kbqa.linking.models import NameBase, WordBase
from kbqa.linking.words import fold, stem


@dataclass
class Held:
    """What one owner has of the words and names that were looked for."""

    words: set[str] = field(default_factory=set)
    """Folded words that occur in its names."""
    keys: set[str] = field(default_factory=set)
    """Keys (see `key_of`) that are the whole of a name."""


def held_by(
    owners: Iterable[int],
    words: Sequence[str],
    keys: Sequence[str],
    tables: tuple[type[WordBase], type[NameBase]],
) -> dict[int, Held]:
    """What each owner's served version has of folded `words` and of `keys`; two statements in all.

    `tables` hold the words and the names of owners of one kind.
    """
    of_words, of_names = tables
    owner = next(f.name for f in of_words._meta.fields if f.is_relation)
    served = {f"{owner}__in": list(owners), "load": F(f"{owner}__serving__load")}
    held: dict[int, Held] = defaultdict(Held)
    rows = of_words._default_manager.filter(**served, word__in=list(words), count__gt=0)
    for key, word in rows.values_list(f"{owner}_id", "word"):
        held[key].words.add(word)
    names = of_names._default_manager.filter(**served, key__in=list(keys))
    for key, name in names.values_list(f"{owner}_id", "key").distinct():
        held[key].keys.add(name)
    return held


def keys_in(words: Sequence[str], longest: int) -> dict[str, int]:
    """Keys of all runs of at most `longest` of a text's words, with the number of words of each.

    >>> keys_in(["new", "york"], 2)
    {'new': 1, 'new york': 2, 'york': 1}
    """
    stems = [stem(word) for text in words for word in fold(text).split()]
    return {
        " ".join(sorted(stems[start:end])): end - start
        for start in range(len(stems))
        for end in range(start + 1, min(len(stems), start + longest) + 1)
    }
