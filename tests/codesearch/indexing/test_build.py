import pytest
from django.db import connection

from codesearch import services
from codesearch.indexing import build, vectors
from codesearch.models import Blob, Build, Repository, SourceFile, Unit, Vector, VectorIndex, Word
from codesearch.retrieval import search
from codesearch.selectors import served_units
from searchapp.jobs.context import JobContext
from searchapp.jobs.models import Job
from searchapp.jobs.runner import run_stages
from tests.conftest import write_files

pytestmark = pytest.mark.django_db


def names() -> set[str]:
    return set(served_units().values_list("name", flat=True))


def newest(repository: Repository) -> Build:
    return repository.builds.order_by("-number").first()


def test_a_first_build(index, shop):
    repository = index(shop)
    build = newest(repository)
    assert {"PriceList", "price_of", "apply_discount", "countStock", "Install"} <= names()
    assert "secret" not in names()
    assert (build.state, build.number, repository.serving) == (Build.State.SERVING, 1, 1)
    assert build.languages["python"] == Unit.objects.filter(language="python").count()
    assert build.left_out["named by .gitignore"]["count"] == 2
    assert build.encoded_units == Vector.objects.count() > 0
    assert repository.units == build.units == Unit.objects.count()
    assert (
        build.text_units
        == Unit.objects.filter(language__in=["markdown", "toml", "text", "yaml", "sql", "json"]).count()
        > 0
    )


def test_an_unchanged_build_writes_nothing_and_encodes_nothing(index, shop):
    before = set(index(shop).files.values_list("pk", flat=True))
    repository = index(shop)
    build = newest(repository)
    assert (build.added_files, build.removed_files, build.encoded_units) == (0, 0, 0)
    assert set(repository.files.values_list("pk", flat=True)) == before
    assert build.units == Unit.objects.count()
    assert build.text_units == repository.builds.get(number=1).text_units > 0


def test_a_moved_file_costs_no_encoding(index, shop):
    index(shop)
    (shop / "shop" / "mail.py").rename(shop / "shop" / "post.py")
    build = newest(index(shop))
    assert (build.added_files, build.removed_files) == (1, 1)
    # Only the rest of the module, which is named by its path, is a new text.
    assert build.encoded_units <= 1
    assert served_units().filter(path="shop/post.py", name="send_confirmation").exists()
    assert not Unit.objects.filter(path="shop/mail.py").exists()


def test_changed_and_deleted_files_take_their_units_words_and_vectors_along(index, shop):
    index(shop)
    (shop / "shop" / "stock.js").unlink()
    write_files(shop, {"shop/mail.py": "def post_letter(address):\n    return address\n"})
    repository = index(shop)
    assert "post_letter" in names()
    assert not {"send_confirmation", "countStock"} & names()
    assert Unit.objects.filter(until__isnull=False).count() == 0
    assert not Word.objects.filter(word="smtp").exists()
    hashes = set(Unit.objects.values_list("text_hash", flat=True))
    assert set(Vector.objects.values_list("text_hash", flat=True)) == hashes
    assert Blob.objects.count() == repository.files.values("blob").distinct().count()


def test_word_counts_are_those_of_the_served_units(index, shop):
    index(shop)
    write_files(shop, {"shop/mail.py": "def post_letter(address):\n    return address\n"})
    index(shop)
    with connection.cursor() as cursor:
        cursor.execute("SELECT word, ndoc FROM ts_stat('SELECT lexemes FROM codesearch_unit')")
        assert dict(cursor.fetchall()) == dict(Word.objects.values_list("word", "units"))


def test_searches_see_the_old_version_until_the_switch(index, shop):
    repository = index(shop)
    write_files(shop, {"shop/new.py": "def brand_new():\n    return 1\n"})
    (shop / "shop" / "stock.js").unlink()
    job = services.index_repository(repository)
    Job.objects.filter(pk=job.pk).update(state="running")
    job.refresh_from_db()
    build.read(JobContext(job))
    build.encode(JobContext(job))
    assert "brand_new" not in names()
    assert "countStock" in names()
    assert "brand_new" not in {hit.candidate.name for hit in search("brand new").hits}
    assert search("count stock").hits[0].candidate.name == "countStock"
    build.publish(JobContext(job))
    assert "brand_new" in names()
    assert "countStock" not in names()


def test_an_interrupted_build_goes_on_without_repeating(index, shop, monkeypatch):
    monkeypatch.setattr(build, "_FILES_AT_ONCE", 1)
    _repository, job = services.add_repository(
        name="shop", source_kind="folder", location=str(shop), trusted=True
    )
    original, written = build.write_files, []

    def dying(repository, build, files):
        if len(written) == 2:
            raise SystemExit("killed")
        written.append(files[0].path)
        return original(repository, build, files)

    monkeypatch.setattr(build, "write_files", dying)
    with pytest.raises(SystemExit):
        run_stages(job.pk, follow=True)
    kept = set(SourceFile.objects.values_list("pk", flat=True))
    assert len(kept) == 2
    monkeypatch.setattr(
        build,
        "write_files",
        lambda repository, build, files: written.append(files[0].path) or original(repository, build, files),
    )
    run_stages(job.pk, follow=True)
    job.refresh_from_db()
    assert job.state == Job.State.SUCCEEDED
    assert len(written) == len(set(written)) == SourceFile.objects.count()
    assert kept < set(SourceFile.objects.values_list("pk", flat=True))


def test_a_full_disk_leaves_the_old_version_and_no_trace(index, shop):
    repository = index(shop)
    before = (Unit.objects.count(), SourceFile.objects.count(), names())
    write_files(shop, {"shop/new.py": "def brand_new():\n    return 1\n"})
    (shop / "shop" / "stock.js").unlink()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
            " RAISE EXCEPTION 'could not extend file \"base/1/2\": No space left on device'"
            " USING ERRCODE = '53100'; END $$;"
            "CREATE TRIGGER full_disk BEFORE INSERT ON codesearch_vector EXECUTE FUNCTION full_disk()"
        )
    job = services.index_repository(repository)
    run_stages(job.pk, follow=True)
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "Free some space and retry" in job.error
    assert (Unit.objects.count(), SourceFile.objects.count(), names()) == before
    assert Unit.objects.filter(until__isnull=False).count() == 0
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER full_disk ON codesearch_vector")
    from searchapp.jobs.services import retry_job

    run_stages(retry_job(job).pk, follow=True)
    assert "brand_new" in names()


def test_two_starts_are_one_build(index, shop):
    repository = index(shop)
    assert services.index_repository(repository).pk == services.index_repository(repository).pk


def test_a_rebuild_reads_everything_anew(index, shop):
    repository = index(shop)
    before = set(Unit.objects.values_list("pk", flat=True))
    run_stages(services.rebuild_repository(repository).pk, follow=True)
    after = set(Unit.objects.values_list("pk", flat=True))
    assert len(after) == len(before)
    assert not after & before


def test_deleting_hides_at_once_and_then_removes_everything(index, shop):
    repository = index(shop)
    job = services.delete_repository(repository)
    assert not names()
    assert search("discount").total == 0
    run_stages(job.pk, follow=True)
    for model in (Repository, Unit, SourceFile, Blob, Vector, Word):
        assert not model.objects.exists(), model


def test_an_empty_repository(index, tmp_path):
    (tmp_path / "empty").mkdir()
    repository = index(tmp_path / "empty", "empty")
    assert (repository.units, repository.serving) == (0, 1)
    assert search("anything").total == 0


def test_odd_files(index, tmp_path):
    folder = write_files(
        tmp_path / "odd",
        {
            "deep.py": "x = " + "(" * 10_000 + ")" * 10_000,
            "long.py": "def long():\n" + "    value = 1\n" * 50_000,
        },
    )
    (folder / "null.py").write_bytes(b"def nul():\n    return '\0'\n")
    (folder / "bad.py").write_bytes(b"def bad():\n    return '\xff\xfe'\n")
    with (folder / "huge.py").open("wb") as file:
        file.truncate(200_000_000)
    repository = index(folder, "odd")
    assert {"long", "nul", "bad"} <= names()
    assert newest(repository).left_out["too large"]["count"] == 1


def test_another_encoder_fills_an_index_beside_the_served_one(index, shop, settings):
    index(shop)
    old = vectors.serving_index()
    settings.ENCODER = {**settings.ENCODER, "max_tokens": 64}
    assert services.needs_other_encoder()
    assert search("discount").hits
    job = services.switch_encoder()
    run_stages(job.pk, follow=True)
    job.refresh_from_db()
    assert job.state == Job.State.SUCCEEDED, job.error
    new = VectorIndex.objects.get()
    assert new.pk != old.pk
    assert new.identity.endswith("/64")
    assert Vector.objects.filter(index=new).count() == Unit.objects.values("text_hash").distinct().count()
    assert search("reduce a price").hits[0].candidate.name == "apply_discount"


def test_lists_cost_a_fixed_number_of_queries(index, shop, client, django_assert_max_num_queries):
    for number in range(5):
        Repository.objects.create(name=f"r{number}", source_kind="folder", location="/x")
    index(shop)
    with django_assert_max_num_queries(8):
        assert client.get("/repositories/").status_code == 200
    with django_assert_max_num_queries(6):
        assert client.get("/api/v1/code/repositories/").status_code == 200
