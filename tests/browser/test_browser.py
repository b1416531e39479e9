"""The pages in a real browser: keys, instant results, themes, narrow screens, accessibility."""

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect, sync_playwright

from codesearch import services
from kbqa.sparql.models import GraphQuestion
from searchapp.jobs.runner import run_stages
from tests.browser.chromium import ARGUMENTS, find
from tests.conftest import FILES, write_files

AXE = Path(__file__).parents[2] / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture(scope="module")
def browser():
    path = find()
    assert path, "There is no Chromium; run `make browser`."
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def site(transactional_db, live_server, tmp_path):
    """Return the address of a site with one repository."""
    shop = write_files(tmp_path / "shop", FILES)
    _, job = services.add_repository(name="shop", source_kind="folder", location=str(shop), trusted=True)
    run_stages(job.pk, follow=True)
    return live_server.url


@pytest.fixture
def page(browser, site):
    context = browser.new_context(viewport={"width": 1200, "height": 800}, base_url=site)
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on(
        "console",
        lambda message: (
            problems.append(message.text) if message.type == "error" and "422" not in message.text else None
        ),
    )
    yield opened
    context.close()
    assert problems == []


def search_for(page: Page, text: str) -> None:
    page.locator("#q").fill(text)
    page.locator("[data-hit]").first.wait_for()


def sign_in(page: Page, name: str) -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill("a long password")
    page.get_by_role("button", name="Sign in").click()


def test_a_click_on_a_name_shows_where_it_is_defined_and_used(page: Page):
    page.goto("/code/shop/tests/test_prices.py")
    spot = page.evaluate(
        """() => {
            const walker = document.createTreeWalker(document.getElementById("L5"), NodeFilter.SHOW_TEXT);
            for (let node = walker.nextNode(); node; node = walker.nextNode()) {
                const at = node.textContent.indexOf("apply_discount");
                if (at < 0) continue;
                const range = document.createRange();
                range.setStart(node, at + 3);
                range.setEnd(node, at + 4);
                const box = range.getBoundingClientRect();
                return [box.x + box.width / 2, box.y + box.height / 2];
            }
        }"""
    )
    page.mouse.click(*spot)
    definition = page.locator("#symbol [data-definition]")
    expect(definition).to_have_attribute("href", "/code/shop/shop/prices.py#L14")
    expect(page.locator("#symbol")).to_contain_text("Imported")
    definition.click()
    expect(page.locator("#L14")).to_have_class(re.compile("chosen"))


def test_results_come_while_typing_and_the_address_is_shareable(page: Page):
    page.goto("/")
    expect(page.locator("#q")).to_be_focused()
    page.locator("#q").press_sequentially("apply_discount", delay=5)
    expect(page.locator("[data-hit-link]").first).to_have_text("apply_discount")
    expect(page).to_have_url("/?q=apply_discount")
    page.reload()
    expect(page.locator("[data-hit-link]").first).to_have_text("apply_discount")


def test_keys_alone_lead_from_question_to_code(page: Page):
    page.goto("/?q=email")
    page.locator("body").click(position={"x": 5, "y": 700})
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-hit-link]").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("[data-hit-link]").nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.wait_for_url("**/code/shop/**#L*")
    expect(page.locator(".line.chosen")).to_be_visible()


def test_facets_narrow_and_widen(page: Page):
    page.goto("/?q=price")
    page.get_by_role("link", name="Python").click()
    expect(page.locator("#q")).to_have_value("price lang:python")
    page.get_by_role("link", name="Python").click()
    expect(page.locator("#q")).to_have_value("price")


def test_all_facets_are_in_sight_on_a_phone(page: Page):
    page.set_viewport_size({"width": 375, "height": 800})
    page.goto("/?q=price")
    sections = page.locator(".facets section").all()
    assert len(sections) == 3
    for section in sections:
        box = section.bounding_box()
        assert box
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 375


def test_several_lines_can_be_pasted(page: Page):
    page.goto("/")
    page.locator("#q").fill("def f(price, percent):\n    return price * (100 - percent) / 100")
    page.keyboard.press("Enter")
    expect(page.locator("[data-hit-link]").first).to_have_text("apply_discount")


def test_a_mistake_is_explained_while_typing(page: Page):
    page.goto("/")
    page.locator("#q").press_sequentially("x lang:klingon", delay=5)
    expect(page.get_by_role("alert")).to_contain_text("lang:klingon is not known")


def test_the_theme_is_remembered(page: Page):
    page.goto("/")
    toggle = page.locator("[data-theme-toggle]")
    toggle.click()
    toggle.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_staff_add_a_repository(page: Page, tmp_path):
    User.objects.create_superuser("admin", password="a long password")
    page.goto("/repositories/add")
    sign_in(page, "admin")
    page.get_by_label("Folder on the server").first.check()
    expect(page.get_by_label("Git address").last).to_be_hidden()
    page.locator("#id_folder").fill("/nowhere")
    expect(page.get_by_role("group", name="Groups")).to_be_hidden()
    page.get_by_label("Chosen groups").check()
    expect(page.get_by_role("group", name="Groups")).to_be_visible()
    page.get_by_label("Signed-in people").check()
    page.get_by_role("button", name="Add and index").click()
    expect(page.get_by_role("alert")).to_contain_text("may be indexed")


def test_a_graph_is_asked_judged_and_queried(page: Page, load):
    load()
    page.goto("/graphs")
    page.get_by_role("link", name="films", exact=True).click()
    page.locator("#q").fill("who is the director of Silent Harbour?")
    page.keyboard.press("Enter")
    expect(page.locator(".answer-value")).to_have_text("Marta Oliveira")
    User.objects.create_user("reader", password="a long password")
    page.locator("#judgement").get_by_role("link", name="Sign in").click()
    sign_in(page, "reader")
    expect(page.locator(".answer-value")).to_have_text("Marta Oliveira")
    page.get_by_role("button", name="Yes").click()
    expect(page.get_by_text("Kept. Thank you.")).to_be_visible()
    page.get_by_role("link", name="Edit and run").click()
    page.locator(".cm-content").press("Control+Enter")
    expect(page.locator("td a").first).to_have_text("Marta Oliveira")
    page.locator("td a").first.click()
    expect(page.locator("h1")).to_have_text("Marta Oliveira")


def test_another_reading_is_chosen_without_asking_again(page: Page, load):
    load()
    page.goto("/graphs/films?q=who+is+the+director+of+Falcon%3F")
    answer = page.url
    assert "/answers/graph-" in answer
    page.locator(".readings a").nth(1).click()
    expect(page.locator(".readings a").nth(1)).to_have_attribute("aria-current", "true")
    page.go_back()
    expect(page.locator(".answer-value")).to_have_text("Marta Falcon")
    assert page.url == answer
    assert GraphQuestion.objects.count() == 1


def test_what_an_answer_rests_on_is_drawn(page: Page, load):
    load()
    page.goto("/graphs/films?q=who+is+the+director+of+Falcon%3F")
    expect(page.locator("[data-graph-view] canvas")).to_have_count(0)
    page.get_by_text("Show it as a graph").click()
    expect(page.locator("[data-graph-view] canvas").first).to_be_visible()
    assert page.evaluate("document.querySelector('[data-graph-view] canvas').width") > 0


def test_a_database_is_asked_corrected_and_queried(page: Page, connect):
    connect()
    User.objects.create_user("reader", password="a long password")
    page.goto("/sign-in?next=/databases")
    sign_in(page, "reader")
    page.get_by_role("link", name="shop", exact=True).click()
    page.locator("#q").fill("How many customers are there?")
    page.keyboard.press("Enter")
    page.get_by_text("Correct the query").click()
    page.get_by_label("The query that is right").fill("SELECT count(*) FROM customer")
    page.get_by_role("button", name="Keep the correction").click()
    expect(page.get_by_text("Kept. Thank you.")).to_be_visible()
    page.get_by_role("link", name="Edit and run").click()
    editor = page.locator(".cm-content")
    editor.press("Control+a")
    editor.press_sequentially("SELECT name, price FROM prod", delay=20)
    page.locator(".cm-tooltip-autocomplete").get_by_text("product").first.click()
    editor.press("Control+Enter")
    expect(page.locator("td").first).to_have_text("lamp")
    expect(page.locator("[data-chart] canvas")).to_be_visible()


def test_a_chart_is_chosen_kept_and_saved_and_all_rows_are_exported(page: Page, connect):
    connect()
    page.goto("/databases/shop/query?sql=SELECT+name,+price+FROM+product+WHERE+price+%3E+10")
    drawing, kind = page.locator("[data-chart] canvas"), page.get_by_label("Kind of chart")
    drawing.wait_for()
    expect(page.get_by_role("img", name="Price by name. Highest: bicycle 450")).to_be_visible()
    expect(kind).to_have_value("bar")
    kind.select_option("Points")
    expect(page).to_have_url(re.compile("chart=point"))
    page.reload()
    drawing.wait_for()
    expect(kind).to_have_value("point")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as SVG").click()
    picture = saved.value.path().read_text()
    assert saved.value.suggested_filename == "Price-by-name.svg"
    assert {"Price by name", "Name", "Price", "bicycle"} <= set(re.findall(">([^<]+)</text>", picture))
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as PNG").click()
    assert saved.value.path().read_bytes().startswith(b"\x89PNG")
    kind.select_option("Table only")
    expect(drawing).to_be_hidden()
    with page.expect_download() as saved:
        page.get_by_role("link", name="CSV").click()
    assert saved.value.path().read_text().splitlines() == [
        "name,price",
        "lamp,20.5",
        "red chair,75.0",
        "bicycle,450.0",
    ]


def test_the_focus_is_chosen(page: Page, connect):
    database = connect()
    page.goto(f"/databases/{database.slug}?q=names+of+all+products")
    page.get_by_text("Which part of the schema").click()
    boxes = page.locator(".focus input")
    for place in range(boxes.count()):
        boxes.nth(place).set_checked(boxes.nth(place).get_attribute("value") in ("city.name", "city.country"))
    page.get_by_role("button", name="Ask about these columns").click()
    expect(page.get_by_role("region", name="Readings to choose from")).to_contain_text("names of cities")
    expect(page.get_by_text("Only the 2 columns that you chose")).to_be_visible()
    asked = page.url
    page.reload()
    expect(page.get_by_text("Only the 2 columns that you chose")).to_be_visible()
    assert page.url == asked
    page.get_by_role("link", name="Let it choose").click()
    expect(page.locator(".query").first).to_contain_text("product")


def test_rows_are_sorted_turned_and_copied(page: Page, connect):
    database = connect()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(
        f"/databases/{database.slug}/query?sql=SELECT+a.name,+b.age+FROM+customer+a,+customer+b,+customer+c"
    )
    rows = page.locator("table[data-rows] tbody tr")
    expect(rows).to_have_count(50)
    expect(page.locator(".table-tools")).to_contain_text("1–50 of 125")
    page.get_by_role("button", name="age").click()
    expect(rows.first.locator("td").nth(1)).to_have_text("28")
    page.get_by_role("button", name="age").click()
    expect(page.locator("th[aria-sort=descending]")).to_have_text("age")
    expect(rows.first.locator("td").nth(1)).to_have_text("61")
    page.get_by_role("button", name="Next rows").click()
    page.get_by_role("button", name="Next rows").click()
    expect(page.locator(".table-tools")).to_contain_text("101–125 of 125")
    expect(rows.last.locator("td").nth(1)).to_have_text("")
    page.get_by_role("button", name="Copy all rows").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()").splitlines()
    assert len(copied) == 126
    assert copied[0] == "name\tage"
    assert copied[1].endswith("\t61")


def test_copied_rows_have_no_formulas(page: Page, connect):
    database = connect()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"/databases/{database.slug}/query?sql=SELECT+%27%3D1%2B1%27+AS+t,+-5+AS+n")
    page.get_by_role("button", name="Copy all rows").click()
    expect(page.get_by_text("Copied")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").splitlines()[1] == "'=1+1\t-5"


PATHS = (
    "/", "/?q=price", "/?q=lang:x", "/?q=zzz+lang:go", "/repositories/", "/repositories/shop",
    "/code/shop/shop/prices.py", "/jobs/", "/help", "/sign-in", "/graphs", "/nowhere", "/graphs/films",
    "/graphs/films?q=who+is+the+director+of+Falcon%3F", "/graphs/films?q=list+all+films",
    "/graphs/films?q=what+is+the+weather", "/graphs/films/query?query=SELECT+*+WHERE+%7B+%3Fs+%3Fp+%3Fo+%7D",
    "/graphs/films/query?query=x", "/graphs/films/node?iri=http%3A%2F%2Ffilms.example%2Fp1", "/databases",
    "/databases/shop", "/databases/shop?q=names+of+all+products",
    "/databases/shop/query?sql=SELECT+name,+price+FROM+product", "/databases/shop/query?sql=DROP",
)  # fmt: skip


@pytest.mark.parametrize("width", [360, 1200])
def test_pages_fit_and_are_accessible(browser, site, load, connect, width):
    """In both schemes of colours, which are styles alone: each page is asked for once."""
    load()
    connect()
    # The content security policy would keep the checker's script out as well.
    context = browser.new_context(
        viewport={"width": width, "height": 800}, base_url=site, color_scheme="light", bypass_csp=True
    )
    page = context.new_page()
    found = []
    for path in PATHS:
        page.goto(path)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append((path, "wider than the screen", ""))
        page.add_script_tag(path=str(AXE))
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            violations = page.evaluate("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']})")[
                "violations"
            ]
            found += [(path, scheme, each["id"], each["nodes"][0]["html"][:200]) for each in violations]
    context.close()
    assert found == []


def test_the_admin_and_the_api_page_work_under_their_policies(browser, site, staff):
    context = browser.new_context(base_url=site)
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    opened.goto("/admin/login/")
    opened.locator("[name=username]").fill("staff")
    opened.locator("[name=password]").fill("a long password")
    opened.locator("[type=submit]").click()
    for address in ("/admin/", "/admin/codesearch/repository/", "/admin/auth/user/add/"):
        opened.goto(address)
        expect(opened.locator("#nav-sidebar, nav").first).to_be_visible()
    opened.goto("/api/docs/")
    opened.get_by_text("/api/v1/jobs/", exact=True).first.wait_for()
    context.close()
    assert problems == []
