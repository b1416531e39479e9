"""Files of all languages, parsed by many threads at once."""

from codesearch.parsing import parse_file
from codesearch.parsing.languages import LANGUAGES
from tests.threads import in_threads

FILES = {
    f"a{language.extensions[0]}": f"// {language.name}\nclass A {{ int f(int a) {{ return a; }} }}\n" * 20
    for language in LANGUAGES
}


def codes(path: str) -> list[str]:
    return [unit.code for unit in parse_file(path, FILES[path]).units]


def test_threads_are_given_the_units_of_their_own_files():
    alone = {path: codes(path) for path in FILES}

    def parse(thread: int) -> bool:
        paths = [*FILES][thread % len(FILES) :] + [*FILES][: thread % len(FILES)]
        return all(codes(path) == alone[path] for path in paths)

    assert all(in_threads(8, parse))
