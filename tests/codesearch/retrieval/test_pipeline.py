import numpy as np
import pytest
from django.db import connections

from codesearch.indexing import vectors
from codesearch.models import Unit, VectorIndex
from codesearch.retrieval import QueryError, Retriever, lexical, pipeline, search, similar_units
from codesearch.retrieval.filters import Conditions, conditions_of
from codesearch.retrieval.pipeline import nearest
from codesearch.retrieval.query import parse_query
from tests.conftest import write_files

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shop(index, shop):
    index(shop)


def found(raw: str, **options) -> list[str]:
    return [hit.candidate.name for hit in search(raw, **options).hits]


def test_by_meaning():
    assert found("lower the cost by a percentage", retriever=Retriever.DENSE)[0] == "apply_discount"


def test_by_words():
    assert found("smtp server", retriever=Retriever.LEXICAL)[0] == "send_confirmation"


def test_by_name_the_definition_comes_first():
    hit = search("apply_discount").hits[0]
    assert (hit.candidate.path, hit.candidate.name) == ("shop/prices.py", "apply_discount")
    assert hit.reasons[0] == "name"
    assert found("PriceList")[0] == "PriceList"
    assert found("pricelist")[0] == "PriceList"


def test_by_path():
    assert search("shop/stock.js").hits[0].candidate.path == "shop/stock.js"


def test_tests_come_later_unless_asked_for():
    paths = [hit.candidate.path for hit in search("apply a discount to a price").hits]
    assert paths.index("shop/prices.py") < paths.index("tests/test_prices.py")
    assert search("test apply discount").hits[0].candidate.path == "tests/test_prices.py"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("lang:javascript", {"countStock"}),
        ("kind:class", {"PriceList"}),
        ("name:is_*", {"is_valid_address"}),
        ("path:shop/*.js", {"countStock"}),
        ("path:**/mail.py kind:function", {"send_confirmation", "is_valid_address"}),
        ("kind:function -path:shop", {"test_apply_discount"}),
        ("kind:function,class lang:py -name:*_*", {"PriceList"}),
    ],
)
def test_filters_alone(raw, expected):
    assert set(found(raw, limit=50)) == expected


def test_literal_text_must_be_there():
    assert set(found('"sendmail(" kind:function')) == {"send_confirmation"}
    assert set(found('"server.sendmail(" kind:function')) == {"send_confirmation"}
    assert set(found('"erver.sendmai" kind:function')) == {"send_confirmation"}
    assert set(found('"erver.sendmai" kind:function', retriever=Retriever.LEXICAL)) == {"send_confirmation"}
    assert set(found('"SENDMAIL(" kind:function')) == {"send_confirmation"}
    assert set(found('"sendmail(" "Confirm" kind:function')) == {"send_confirmation"}
    assert not found('"sendmail(" "no such text anywhere"')
    assert not found('"sendmail(" -"Confirm" kind:function')
    assert "send_confirmation" not in found('email -"sendmail("')
    assert "send_confirmation" not in found('kind:function -"sendmail("', limit=50)
    assert found('"no such text anywhere"') == []


def test_a_search_is_given_up_in_time(settings, monkeypatch):
    settings.SEARCH_TIMEOUT_MS = 50
    monkeypatch.setattr(
        "codesearch.retrieval.pipeline.conditions_of", lambda _: Conditions("pg_sleep(1) IS NOT NULL")
    )
    with pytest.raises(QueryError, match="took too long"):
        search("lang:python x")


def test_where_all_words_are_common_units_that_have_them_in_the_name_come_first(monkeypatch):
    monkeypatch.setattr(lexical, "UNITS_BUDGET", 0)
    assert {"PriceList", "price_of", "prices"} <= set(found("price", retriever=Retriever.LEXICAL))
    assert set(found("price", retriever=Retriever.LEXICAL, depth=3)) == {"PriceList", "price_of", "prices"}
    assert len(found("return", retriever=Retriever.LEXICAL, depth=2)) == 2
    assert found("price")[0] == "PriceList"


def test_where_the_encoder_fails_words_alone_find_all_that_they_can(monkeypatch):
    VectorIndex.objects.update(identity="another model")
    assert "Found by words alone" in search("price").notice
    assert set(found('"erver.sendmai" kind:function')) == {"send_confirmation"}
    monkeypatch.setattr(lexical, "UNITS_BUDGET", 0)
    assert len(found("return", depth=2)) == 2


def test_filters_narrow_a_search_and_combine():
    assert {hit.candidate.language for hit in search("count things lang:js").hits} == {"javascript"}
    assert found("price repo:shop")
    assert found("price repo:SH*")
    assert not found("price -repo:shop")


def test_an_unknown_repository_is_explained():
    with pytest.raises(QueryError, match="Did you mean repo:shop"):
        search("x repo:shopp")


@pytest.mark.django_db(transaction=True)
def test_a_filtered_search_never_returns_fewer_than_exist(index, tmp_path, monkeypatch):
    """Many near units in one language, a few far ones in another: the graph alone would give up."""
    monkeypatch.setattr(vectors, "HNSW_FROM", 100)
    files = {
        f"many/m{number}.py": f"def send_email_{number}(address):\n"
        f"    '''Send an email number {number}.'''\n    return {number}\n"
        for number in range(400)
    }
    files |= {
        f"few/f{number}.rb": f"def matrix_determinant_{number}(m)\n  m * {number}\nend\n"
        for number in range(30)
    }
    index(write_files(tmp_path / "big", files), "big")
    served = vectors.serving_index()
    vector = vectors.encoder_of(served).encode(["send an email"])[0]
    in_ruby = conditions_of(parse_query("lang:ruby"))
    assert len(nearest(vector, served, in_ruby, 50)) == Unit.objects.filter(language="ruby").count()


def test_facets_count_all_candidates():
    result = search("price", limit=1)
    assert sum(result.facets["kind"].values()) == result.total
    assert set(result.facets["repo"]) == {"shop"}


def test_paging_gives_every_candidate_once():
    everything = found("price email stock", limit=100)
    paged = [
        name
        for offset in range(0, len(everything), 3)
        for name in found("price email stock", offset=offset, limit=3)
    ]
    assert paged == everything


def test_pasted_code_finds_its_like():
    assert (
        found("function total(boxes) {\n  return boxes.reduce((a, b) => a + b.items, 0);\n}")[0]
        == "countStock"
    )


def test_similar_units_leave_the_unit_itself_out():
    unit = Unit.objects.get(name="apply_discount")
    names = [hit.candidate.name for hit in similar_units(unit)]
    assert "apply_discount" not in names
    assert names


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "   ",
        "?!",
        "-",
        '""',
        "*",
        "\0",
        "'; DROP TABLE codesearch_unit; --",
        "a & b | !c <-> :*",
        "🙂",
        "中文 代码",
        "\\",
    ],
)
def test_odd_queries_are_harmless(raw):
    search(raw)
    assert Unit.objects.exists()


def test_long_queries_are_searched():
    assert search("price " * 3000).hits


def test_vectors_are_interchangeable_between_units():
    index = VectorIndex.objects.get()
    assert index.vectors.count() <= Unit.objects.count()
    vector = vectors.read_vector(index, index.vectors.first().text_hash)
    assert np.isclose(np.linalg.norm(vector), 1, atol=1e-2)


@pytest.mark.django_db(transaction=True)
def test_a_build_that_is_published_during_a_search_is_seen_whole_or_not(index, tmp_path, monkeypatch):
    file = tmp_path / "prices" / "prices.py"
    file.parent.mkdir()
    file.write_text("def price_of(item):\n    return item.price\n\n\ndef tax_of(item):\n    return 7\n")
    index(file.parent, name="prices")
    encode = pipeline._encode

    def publish_first(*arguments):
        file.write_text("# Moved by a line.\n" + file.read_text())
        index(file.parent, name="prices")
        connections.close_all()
        return encode(*arguments)

    monkeypatch.setattr(pipeline, "_encode", publish_first)
    hits = [hit.candidate for hit in search("the price of an item repo:prices kind:function").hits]
    assert sorted((hit.name, hit.start_line) for hit in hits) == [("price_of", 1), ("tax_of", 5)]
