"""The commands and their options; each does one thing, here or on a server."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from searchapp.command_line import local
from searchapp.command_line.errors import CommandFailed
from searchapp.command_line.output import Output
from searchapp.command_line.server import DEFAULT, Server
from searchapp.errors import SearchappError

app = typer.Typer(
    name="searchapp",
    help="Answers from your own code, knowledge graphs and databases, with the query behind every answer.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

ServerOption = Annotated[
    str, typer.Option("--server", envvar="SEARCHAPP_SERVER", help="The address of a server.", metavar="URL")
]
KeyOption = Annotated[
    str, typer.Option("--key", envvar="SEARCHAPP_KEY", help="An API key, made in the server's admin.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON lines also at a terminal.")]
NameOption = Annotated[str, typer.Option(help="Its name; by default the last part of the source.")]
Folder = Annotated[Path, typer.Argument(help="A folder of the backup's own.")]

_ARCHIVES = (".zip", ".tar.gz", ".tgz")
_ROWS = 20
_PASSED_ON = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


class Kind(StrEnum):
    """How a source is told to a server."""

    FILE = "file"
    URL = "url"
    UPLOAD = "upload"
    GIT = "git"
    ARCHIVE = "archive"
    ENDPOINT = "endpoint"
    REPOSITORY = "repository"


@app.command()
def up(
    port: Annotated[int | None, typer.Option(help="The port; by default PORT or 8000.")] = None,
    host: Annotated[str, typer.Option(help="The address to listen on; by default HOST or 127.0.0.1.")] = "",
) -> None:
    """Run the product on this machine, with PostgreSQL and Redis, until Ctrl-C."""
    os.environ.update({"PORT": str(port)} if port else {}, **({"HOST": host} if host else {}))
    from searchapp.embedded import up as product

    product.main()


@app.command()
def index(
    source: Annotated[str, typer.Argument(help="A git address, a folder, or a .zip or .tar.gz file.")],
    name: NameOption = "",
    ref: Annotated[str, typer.Option(help="Branch, tag or commit.")] = "",
    server: ServerOption = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Index a repository of code, or bring one up to date."""
    output = Output(as_json=as_json)
    if not server:
        local.run(output, "index_code", source, f"--name={name}", f"--ref={ref}")
        return
    fields = _filled(name=name, ref=ref)
    path = Path(source).expanduser()
    if "://" in source:
        body = {**fields, "source_kind": str(Kind.GIT), "location": source}
        added = Server(server, key).post("/api/v1/code/repositories/", body)
    elif path.is_file() and source.lower().endswith(_ARCHIVES):
        fields["source_kind"] = str(Kind.ARCHIVE)
        added = Server(server, key).upload("/api/v1/code/repositories/", "archive", path, fields)
    else:
        raise CommandFailed(f"A server takes git addresses, and .zip or .tar.gz files; {source} is neither.")
    _follow(output, Server(server, key), f"code:{added['name']}", added)


@app.command()
def load(
    source: Annotated[
        str, typer.Argument(help="An RDF file, the address of one or of an endpoint, or repository:NAME.")
    ],
    name: NameOption = "",
    endpoint: Annotated[bool, typer.Option(help="SOURCE is the address of a SPARQL 1.1 endpoint.")] = False,
    server: ServerOption = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Load a knowledge graph, or load one anew."""
    output = Output(as_json=as_json)
    if not server:
        local.run(output, "load_graph", source, f"--name={name}", *(["--endpoint"] if endpoint else []))
        return
    fields, remote = _filled(name=name), Server(server, key)
    if endpoint or "://" in source:
        kind = Kind.ENDPOINT if endpoint else Kind.URL
        added = remote.post("/api/v1/graphs/", {**fields, "source_kind": str(kind), "location": source})
    elif source.startswith("repository:"):
        location = source.removeprefix("repository:")
        body = {**fields, "source_kind": str(Kind.REPOSITORY), "location": location}
        added = remote.post("/api/v1/graphs/", body)
    else:
        fields["source_kind"] = str(Kind.FILE)
        added = remote.upload("/api/v1/graphs/", "file", Path(source).expanduser(), fields)
    _follow(output, remote, f"graph:{added['slug']}", added)


@app.command()
def connect(
    source: Annotated[
        str, typer.Argument(help="An SQLite file, or postgresql://user:password@host/database.")
    ],
    name: NameOption = "",
    server: ServerOption = "",
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Connect a database, or scan one anew."""
    output = Output(as_json=as_json)
    if not server:
        local.run(output, "connect_database", source, f"--name={name}")
        return
    fields, remote = _filled(name=name), Server(server, key)
    if "://" in source:
        added = remote.post("/api/v1/databases/", {**fields, "source_kind": str(Kind.URL), "url": source})
    else:
        fields["source_kind"] = str(Kind.UPLOAD)
        added = remote.upload("/api/v1/databases/", "file", Path(source).expanduser(), fields)
    _follow(output, remote, f"db:{added['slug']}", added)


@app.command()
def search(
    query: Annotated[list[str], typer.Argument(help="Words, a name or code, and filters.")],
    limit: Annotated[int, typer.Option(min=1, max=100, help="How many at most.")] = 10,
    server: ServerOption = DEFAULT,
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Search the code of a server."""
    output = Output(as_json=as_json)
    found = Server(server, key).get("/api/v1/code/search", q=" ".join(query), page_size=limit)
    for hit in found["results"]:
        output.record(hit)
    places = [
        (f"{hit['repository']}/{hit['path']}:{hit['start_line']}", hit["kind"], hit["qualified_name"])
        for hit in found["results"]
    ]
    if places:
        output.table(("where", "kind", "name"), places)
    output.say(found["notice"] or f"{found['total']:,} found." if places else "Nothing was found.")


@app.command()
def ask(
    question: Annotated[list[str], typer.Argument(help="A question in English.")],
    source: Annotated[
        str, typer.Option(help="Whom to ask: code:NAME, graph:NAME or db:NAME; by default all.")
    ] = "",
    server: ServerOption = DEFAULT,
    key: KeyOption = "",
    as_json: JsonOption = False,
) -> None:
    """Ask a server's code, graphs and databases in words."""
    output = Output(as_json=as_json)
    told = Server(server, key).call("ask", question=" ".join(question), source=source)
    for answer in told["answers"]:
        output.record(answer)
    if not output.is_json:
        _show_answers(output, told)


@app.command(
    name="eval",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)
def evaluate(context: typer.Context) -> None:
    """Measure whether this checkout's scores hold: --data FOLDER, and what `check_expected --help` says."""
    from importlib.util import find_spec

    if find_spec("evaluation") is None:
        raise CommandFailed("Evaluations are part of a checkout: run this there, in its .venv.")
    local.run(Output(), "check_expected", *context.args)


@app.command()
def backup(
    folder: Folder,
    verify: Annotated[bool, typer.Option("--verify", help="Check the backup that is there instead.")] = False,
    with_key: Annotated[bool, typer.Option("--with-key", help="Add ENCRYPTION_KEY.")] = False,
) -> None:
    """Write a backup of this machine's installation into a new folder, or check one."""
    options = [*(["--verify"] if verify else []), *(["--with-key"] if with_key else [])]
    local.run(Output(), "backup", str(folder), *options)


@app.command()
def restore(
    folder: Folder,
    replace: Annotated[
        bool, typer.Option("--replace", help="Remove everything that this installation has.")
    ] = False,
) -> None:
    """Bring a backup into this machine's installation."""
    local.run(Output(), "restore", str(folder), *(["--replace"] if replace else []))


@app.command()
def doctor(server: ServerOption = "", key: KeyOption = "", as_json: JsonOption = False) -> None:
    """Say what is wrong with this machine's installation, or with a server, and how to mend it."""
    from searchapp.command_line.doctor import examine

    output = Output(as_json=as_json)
    findings = examine(Server(server, key) if server else None)
    for finding in findings:
        output.record(finding.as_json(), finding.line)
    if any(finding.is_wrong for finding in findings):
        raise CommandFailed("")


@app.command()
def mcp(server: ServerOption = DEFAULT, key: KeyOption = "") -> None:
    """Offer a server's tools to an agent by standard input and output (Model Context Protocol)."""
    from importlib import import_module

    # Above this package: agents' tools call the engines.
    import_module("agent_tools.stdio").serve(server, key)


def main() -> None:
    """Run the command; an error that a person can do something about ends it in one line, with status 1."""
    try:
        app()
    except SearchappError as error:
        if error.message:
            print(error.message, file=sys.stderr)
        sys.exit(1)


def _filled(**fields: str) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value}


def _follow(output: Output, server: Server, source: str, added: dict[str, Any]) -> None:
    """Wait for the work on a source that was added."""
    with output.working(source) as progress:
        job = server.wait(added["job"]["id"], progress)
    output.record({"source": source, "job": job["id"], "state": job["state"]}, f"{source} can be asked.")


def _show_answers(output: Output, told: dict[str, Any]) -> None:
    answered = [answer for answer in told["answers"] if answer.get("answered")]
    for answer in answered[:1]:
        output.say(f"{answer['source']}, {100 * answer['certainty']:.0f} % sure: {answer.get('words', '')}")
        if "holds" in answer:
            output.say("yes" if answer["holds"] else "no")
        rows = [[cell["text"] if isinstance(cell, dict) else cell for cell in row] for row in answer["rows"]]
        output.table(answer["columns"], rows[:_ROWS])
        for language in ("sql", "sparql"):
            if language in answer:
                output.code(answer[language], language)
    for answer in answered[1:]:
        output.say(f"{answer['source']}, {100 * answer['certainty']:.0f} % sure: {len(answer['rows'])} rows")
    hits = told.get("code") or [hit for answer in told["answers"] for hit in answer.get("results", ())]
    places = [(f"{hit['repository']}/{hit['path']}:{hit['start_line']}", hit["name"]) for hit in hits]
    if places:
        output.table(("code", "name"), places)
    if not answered and not places:
        output.say("Nothing here seems to have the answer.")


if __name__ == "__main__":
    main()
