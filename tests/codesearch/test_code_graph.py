from pyoxigraph import RdfFormat, Store

from codesearch.code_graph import CODE, node_address, repository_exists, repository_triples
from kbqa.sparql.models import Graph
from kbqa.sparql.sources import services
from searchapp.jobs.models import Job
from tests.conftest import write_files

FILES = {
    "zoo/animals.py": '''import json
from zoo import food


class Animal:
    """Anything that eats."""

    def eat(self):
        return food.serve(self)


class Bird(Animal):
    def fly(self):
        return self.eat()


class Odd(json.JSONEncoder, Animal):
    def eat(self):
        pass
''',
    "zoo/food.py": """def serve(animal):
    return weigh(animal)


def weigh(animal):
    return len(animal)
""",
    "web/cage.js": """import { lock } from './lock';
export class Cage extends Box {
  open() { return lock(this); }
}
""",
}


def ask(store, pattern):
    names = (
        "PREFIX c: <%s> PREFIX r: <http://www.w3.org/2000/01/rdf-schema#>"
        " SELECT ?n WHERE { %s ?x r:label ?n }"
    )
    return sorted(row[0].value for row in store.query(names % (CODE, pattern)))


def test_what_is_defined_inherited_called_and_imported(index, tmp_path):
    index(write_files(tmp_path / "zoo", FILES), "zoo")
    store = Store()
    store.load("\n".join(repository_triples("zoo")).encode(), format=RdfFormat.N_TRIPLES)
    assert ask(store, '?x c:inheritsFrom ?b . ?b r:label "Animal" .') == ["Bird", "Odd"]
    assert ask(store, '?s c:inheritsFrom ?x . ?s r:label "Odd" .') == ["Animal", "JSONEncoder"]
    assert ask(store, '?s c:inheritsFrom ?x . ?s r:label "Cage" .') == ["Box"]
    assert ask(store, '?x c:calls ?f . ?f r:label "weigh" .') == ["serve"]
    assert ask(store, '?x c:calls ?f . ?f r:label "eat" .') == ["fly"]
    assert ask(store, '?x c:overrides ?f . ?f r:label "eat" .') == ["eat"]
    assert ask(store, '?c c:defines ?x . ?c r:label "Bird" .') == ["fly"]
    assert ask(store, '?m c:imports ?x . ?m r:label "zoo/animals.py" .') == ["json", "zoo/food.py"]
    assert ask(store, '?m c:imports ?x . ?m r:label "web/cage.js" .') == ["./lock"]
    assert repository_exists("zoo")
    assert not repository_exists("none")


def test_a_node_of_code_leads_to_its_line(index, tmp_path, client):
    index(write_files(tmp_path / "zoo", FILES), "zoo")
    address = node_address("zoo", "urn:code:zoo:zoo/animals.py#Bird.fly")
    assert address == "/code/zoo/zoo/animals.py#L13"
    assert client.get(address).status_code == 200
    for other in ("urn:code:zoo:zoo/animals.py", "urn:code:zoo:zoo/animals.py#None", "urn:code:other:a.py#x"):
        assert not node_address("zoo", other)


def test_a_published_repository_is_loaded_again_with_each_build(index, tmp_path):
    folder = write_files(tmp_path / "zoo", FILES)
    index(folder, "zoo")
    graph, job = services.add_graph(name="zoo code", source_kind="repository", location="zoo")
    assert job.kind == "load_graph"
    Job.objects.all().delete()
    (folder / "zoo" / "more.py").write_text("def more():\n    pass\n")
    index(folder, "zoo")
    assert Job.objects.filter(kind="load_graph", subject=graph.subject).exists()
    assert Graph.objects.count() == 1
