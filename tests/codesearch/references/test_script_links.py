"""What the names in files of JavaScript and TypeScript refer to."""

import pytest

from tests.codesearch.references.linking import linked

SHOP = {
    "src/prices.ts": """export interface Row { price: number; note(): string }
export class Base { load(): this { return this } total() {} }
export class PriceList extends Base {
  constructor(private rows: Row[]) { super(); }
  total() { return this.rows.map((row) => row.price) }
  first(): Row | undefined { return this.rows[0] }
  async later(): Promise<Row> { return this.rows[0]; }
}
export const VAT = 3;
const hidden = {deep: {deeper: VAT}};
export {hidden as shown};
export default function make(rows: Row[]) { return new PriceList(rows); }
""",
    "src/index.ts": "export * from './prices.js';\nexport {default as build} from './prices';\n",
    "src/use.tsx": """import make, {PriceList as Prices, shown} from './prices';
import * as all from './index';
import {Thing} from 'elsewhere';
export function use(given: Prices) {
  const made = make([]);
  made.total();
  given.first()?.note();
  const {price} = given.first()!;
  all.build([]).load();
  shown.deep.deeper;
  Thing.total();
  return <Panel title={price}/>;
}
function Panel(props: {title: number}) { return props.title }
async function wait(p: Prices) { (await p.later()).note(); }
""",
}


@pytest.fixture(scope="module")
def links():
    return linked(SHOP)


@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("Prices", "src/prices.ts PriceList"),
        ("make", "src/prices.ts make"),
        ("total", "src/prices.ts PriceList.total"),
        ("note", "src/prices.ts Row.note"),
        ("price", "src/prices.ts Row.price"),
        ("build", "src/prices.ts make"),
        ("load", "src/prices.ts Base.load"),
        ("VAT", "src/prices.ts VAT"),
        ("Panel", "src/use.tsx Panel"),
    ],
)
def test_a_name_means_what_was_imported_or_has_that_type(links, name, target):
    assert target in {
        one[3] for path in links.values() for one in path if one[0] == name and "?" not in one[1]
    }


def test_members_of_this_and_of_what_a_callback_is_given(links):
    found = links["src/prices.ts"]
    assert ("rows", "use", "PriceList.total", "src/prices.ts PriceList.rows") in found
    assert ("price", "use", "PriceList.total", "src/prices.ts Row.price") in found
    assert ("total", "override", "PriceList.total", "src/prices.ts Base.total") in found


def test_what_comes_from_elsewhere_stays_unknown(links):
    totals = [one for one in links["src/use.tsx"] if one[0] == "total"]
    assert totals == [("total", "call", "use", "src/prices.ts PriceList.total")]


def test_javascript_is_read_as_well():
    found = linked(
        {
            "a.js": """import {B} from './b.js';
class A extends B {
  go() { this.left = 1; return this.left + this.up(); }
}
""",
            "b.js": "export class B { up() {} }\n",
        }
    )["a.js"]
    assert ("up", "call", "A.go", "b.js B.up") in found
    assert ("left", "use", "A.go", "a.js A.left") in found
