"""Walking a repository: folders, files, what a name means, what was left out."""

import re
from html import unescape

import pytest

from codesearch.models import Build
from codesearch.selectors import served_units
from tests.conftest import FILES, write_files

pytestmark = pytest.mark.django_db

LONG = "".join(f"def function_{number}(x):\n    return x + {number}  # '\"\n\n" for number in range(700))


@pytest.fixture
def walked(index, tmp_path):
    """A repository with a long file."""
    return index(write_files(tmp_path / "shop", FILES | {"shop/long.py": LONG}))


def test_folders_list_what_lies_in_them_and_what_was_left_out(walked, client):
    top = client.get("/code/shop/").content.decode()
    assert 'href="/code/shop/shop/"' in top
    assert 'href="/code/shop/README.md"' in top
    assert re.search(r"secret\.py</td><td[^>]*>left out: named by \.gitignore", top)
    inner = client.get("/code/shop/shop/").content.decode()
    assert 'href="/code/shop/shop/prices.py"' in inner
    assert "README.md" not in inner
    assert client.get("/code/shop/nowhere/", follow=True).status_code == 404
    assert client.get("/code/none/", follow=True).status_code == 404


def test_a_file_that_was_left_out_says_why(walked, client):
    page = client.get("/code/shop/secret.py")
    assert page.status_code == 200
    assert "named by .gitignore" in page.content.decode()
    assert client.get("/code/shop/build/out.py").status_code == 200
    assert client.get("/code/shop/none.py").status_code == 404


def test_raw_text_is_nothing_but_text(walked, client):
    answer = client.get("/raw/shop/shop/mail.py")
    assert answer.content.decode() == FILES["shop/mail.py"]
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer["Content-Security-Policy"]


def test_a_long_file_is_small_and_holds_all_its_text(walked, client):
    page = client.get("/code/shop/shop/long.py").content.decode()
    assert LONG.count("\n") > 2_000
    assert len(page.encode()) < 100_000
    plain = unescape(re.sub(r"<[^>]+>", "", page))
    assert all(f"def function_{number}(x):" in plain for number in range(700))
    assert 'id="L100"' in page
    assert 'id="L101"' not in page
    (first,) = re.findall(r'hx-get="(/lines/shop/shop/long\.py\?first=301)"', page)
    stretch = client.get(first).content.decode()
    assert re.findall(r'id="L(\d+)"', stretch) == [str(number) for number in range(301, 501)]
    assert '<span class="k">def</span>' in stretch
    assert client.get("/lines/shop/shop/long.py?first=302").status_code == 404


def test_a_link_to_another_commit_says_so(walked, client):
    Build.objects.update(revision="a" * 40)
    walked.source_kind, walked.location = "git", "https://github.com/acme/shop.git"
    walked.save()
    page = client.get("/code/shop/shop/mail.py").content.decode()
    assert f'href="/code/shop/shop/mail.py?at={"a" * 40}"' in page
    assert f"https://github.com/acme/shop/blob/{'a' * 40}/shop/mail.py" in page
    assert "This link is to the file as of commit" not in page
    other = client.get("/code/shop/shop/mail.py", {"at": "b" * 40}).content.decode()
    assert "This link is to the file as of commit" in other
    assert f"https://github.com/acme/shop/blob/{'b' * 40}/shop/mail.py" in other


def test_what_a_name_means_and_who_uses_it(walked, client):
    part = client.get("/symbols/shop/tests/test_prices.py", {"line": 5, "column": 14}).content.decode()
    assert "/code/shop/shop/prices.py#L14" in part
    assert "Called" in part
    assert "Imported" in part
    nothing = client.get("/symbols/shop/tests/test_prices.py", {"line": 2, "column": 0}).content.decode()
    assert "Nothing is known of this name" in nothing
    unit = served_units().get(name="apply_discount")
    page = client.get(f"/references/{unit.pk}").content.decode()
    assert "/code/shop/tests/test_prices.py#L5" in page


def test_a_line_of_a_stack_trace_opens_the_line(walked, client):
    page = client.get(
        "/", {"q": 'File "/srv/app/shop/prices.py", line 15, in apply_discount'}
    ).content.decode()
    assert 'href="/code/shop/shop/prices.py#L15"' in page


@pytest.mark.parametrize("address", ["/code/shop/a%00b", "/code/a%00/b", "/code/a%00/", "/raw/shop/a%00b",
                                     "/lines/shop/a%00b", "/symbols/shop/a%00b", "/repositories/a%00",
                                     "/api/v1/code/repositories/shop/files/a%00b/"])  # fmt: skip
def test_null_characters_name_nothing(walked, client, address):
    assert client.get(address, follow=True).status_code == 404
