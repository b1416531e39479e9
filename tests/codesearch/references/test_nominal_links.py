"""What the names refer to in languages that write types down."""

import pytest

from tests.codesearch.references.linking import linked

FILES = {
    "java": {
        "a/Animal.java": """package a;
import a.b.Food;
public class Animal extends Base {
  private final Food food;
  public Animal(Food food) { this.food = food; }
  public Food eat() { helper(); return food; }
  void run(Animal other) { other.eat().serve(); for (var g : list()) { g.serve(); } }
}""",
        "a/Base.java": """package a;
class Base { void helper() {} java.util.List<Food> list() { return null; } }""",
        "a/b/Food.java": "package a.b;\npublic class Food { public void serve() {} }",
    },
    "go": {
        "g/x.go": """package g
import "m/g/util"
type DB struct { log *Log; Mutex }
func (d *DB) Get(key string) *Log {
	d.log.Write(); util.Clean(key); x := NewLog(); x.Write(); d.Lock()
	return d.log
}
""",
        "g/log.go": """package g
type Log struct {}
func NewLog() *Log { return &Log{} }
type Mutex struct {}
func (m *Mutex) Lock() {}
func use(d *DB) { d.Get("x").Write() }
""",
        "g/write.go": "package g\nfunc (l *Log) Write() {}\n",
        "g/util/u.go": "package util\nfunc Clean(s string) {}\n",
    },
    "rust": {
        "r/a.rs": """use crate::b::Thing;
struct S { t: Thing, v: Vec<Thing> }
impl S {
    fn go(&self) { self.t.run(); let y = Thing::make(); y.run(); for q in &self.v { q.run(); } }
}
""",
        "r/b.rs": """pub struct Thing;
impl Thing { pub fn make() -> Self { Thing } pub fn run(&self) {} }
trait Run { fn other(&self); }
impl Run for Thing { fn other(&self) { self.run() } }
""",
    },
    "cpp": {
        "c/db.hpp": """namespace n {
struct Base { void close(); };
class Slice { public: const char* data() const; int size_; };
class DB : public Base { public: int Get(const Slice& k); private: Slice s_; };
}""",
        "c/db.cc": """#include "db.hpp"
namespace n {
static int helper(const Slice& q) { return q.size_; }
int DB::Get(const Slice& k) { close(); s_.data(); DB* d = new DB(); d->Get(k); return helper(k); }
}""",
    },
    "csharp": {
        "s/A.cs": """namespace N { class A : B { public C P { get; set; }
  public C M(C x) {
    P.Do(); x.Do(); var y = new C(); y.Do(); Hey();
    foreach (var z in L()) { z.Do(); } return y; } } }""",
        "s/B.cs": """namespace N { class B { protected void Hey() {} public List<C> L() { return null; } }
class C { public void Do() {} } }""",
    },
}


@pytest.mark.parametrize(
    ("language", "path", "expected"),
    [
        (
            "java",
            "a/Animal.java",
            {
                ("Food", "import", "", "a/b/Food.java Food"),
                ("Base", "inherit", "Animal", "a/Base.java Base"),
                ("food", "use", "Animal.eat", "a/Animal.java Animal.food"),
                ("helper", "call", "Animal.eat", "a/Base.java Base.helper"),
                ("eat", "call", "Animal.run", "a/Animal.java Animal.eat"),
                ("serve", "call", "Animal.run", "a/b/Food.java Food.serve"),
                ("Animal", "type", "Animal.run", "a/Animal.java Animal"),
            },
        ),
        (
            "go",
            "g/x.go",
            {
                ("Write", "call", "DB.Get", "g/write.go Log.Write"),
                ("log", "use", "DB.Get", "g/x.go DB.log"),
                ("Clean", "call", "DB.Get", "g/util/u.go Clean"),
                ("NewLog", "call", "DB.Get", "g/log.go NewLog"),
                ("Lock", "call", "DB.Get", "g/log.go Mutex.Lock"),
                ("Mutex", "inherit", "DB", "g/log.go Mutex"),
            },
        ),
        (
            "rust",
            "r/a.rs",
            {
                ("run", "call", "S.go", "r/b.rs Thing.run"),
                ("make", "call", "S.go", "r/b.rs Thing.make"),
                ("t", "use", "S.go", "r/a.rs S.t"),
            },
        ),
        (
            "rust",
            "r/b.rs",
            {
                ("Run", "inherit", "Thing", "r/b.rs Run"),
                ("other", "override", "Thing.other", "r/b.rs Run.other"),
            },
        ),
        (
            "cpp",
            "c/db.cc",
            {
                ("close", "call", "DB.Get", "c/db.hpp Base.close"),
                ("data", "call", "DB.Get", "c/db.hpp Slice.data"),
                ("DB", "type", "DB.Get", "c/db.hpp DB"),
                ("size_", "use", "helper", "c/db.hpp Slice.size_"),
                ("helper", "call", "DB.Get", "c/db.cc helper"),
                ('"db.hpp"', "import", "", "c/db.hpp"),
            },
        ),
        (
            "csharp",
            "s/A.cs",
            {
                ("B", "inherit", "A", "s/B.cs B"),
                ("Do", "call", "A.M", "s/B.cs C.Do"),
                ("Hey", "call", "A.M", "s/B.cs B.Hey"),
                ("P", "use", "A.M", "s/A.cs A.P"),
            },
        ),
    ],
)
def test_a_name_means_what_its_types_say(language, path, expected):
    assert expected - linked(FILES[language])[path] == set()


def test_a_method_outside_of_its_class_is_found_beside_its_declaration():
    calls = {one for one in linked(FILES["cpp"])["c/db.cc"] if one[0] == "Get" and one[1] == "call"}
    assert {target for one in calls for target in one[3:]} == {"c/db.hpp DB.Get", "c/db.cc DB.Get"}
