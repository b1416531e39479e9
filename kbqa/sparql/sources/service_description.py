"""What a SPARQL endpoint says of itself (SPARQL 1.1 Service Description)."""

from pyoxigraph import RdfFormat, parse, serialize

from kbqa.sparql.stores.base import NoSuchForm
from kbqa.sparql.stores.query_process import TRIPLES, Refused, negotiated

_SD = "http://www.w3.org/ns/sparql-service-description#"
_FORMATS = (
    "SPARQL_Results_JSON",
    "SPARQL_Results_XML",
    "SPARQL_Results_CSV",
    "SPARQL_Results_TSV",
    "Turtle",
    "N-Triples",
    "JSON-LD",
    "RDF_XML",
)


def described(address: str, accept: str) -> tuple[bytes, str]:
    """The description of the endpoint at an address, and its media type. Raises NoSuchForm."""
    try:
        kind = negotiated(accept, TRIPLES)
    except Refused as refused:
        raise NoSuchForm(f"The service description can be had as {refused}.") from refused
    listed = ", ".join(f"<http://www.w3.org/ns/formats/{name}>" for name in _FORMATS)
    turtle = (
        f"@prefix sd: <{_SD}> . <{address}> a sd:Service ; sd:endpoint <{address}> ; "
        f"sd:supportedLanguage sd:SPARQL11Query ; sd:feature sd:UnionDefaultGraph ; "
        f"sd:resultFormat {listed} ."
    )
    triples = (quad.triple for quad in parse(turtle, format=RdfFormat.TURTLE))
    return serialize(triples, format=TRIPLES[kind], prefixes={"sd": _SD}) or b"", kind
