"""The cell values of a file, indexed for a block."""

from training.sql.cell_index import indexed_cells


def test_without_a_file_there_are_no_cells(small_shop):
    with indexed_cells(small_shop.schema, None) as cells:
        assert (cells.names, cells.codes) == (None, None)
