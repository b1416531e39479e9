"""Files of all languages, parsed by many threads at once."""

from codesearch.parsing import parse_file
from codesearch.parsing.languages import LANGUAGES
from tests.threads import in_threads

FILES = {
    f"a{language.extensions[0]}": f"// {language.name}\nclass A {{ int f(int a) {{ return a; }} }}\n" * 20
    for language in LANGUAGES
}


def test_threads_are_given_the_units_of_their_own_files():
    alone = {path: [unit.code for unit in parse_file(path, text).units] for path, text in FILES.items()}

    def parse(thread: int) -> bool:
        paths = [*FILES][thread % len(FILES) :] + [*FILES][: thread % len(FILES)]
        return all(
            [unit.code for unit in parse_file(path, FILES[path]).units] == alone[path] for path in paths
        )

    assert all(in_threads(8, parse))
