"""The page of the data contract is made from the tables' own description."""

from pipeline.adapters.postgres.contract import PAGE, tables, with_tables
from pipeline.adapters.postgres.queries import SQL_FOLDER
from pipeline.adapters.postgres.schema import metadata


def test_the_page_of_the_data_contract_is_up_to_date():
    page = PAGE.read_text()

    assert with_tables(page) == page, "run: .venv/bin/python -m pipeline.adapters.postgres.contract"


def test_every_table_has_a_section_that_says_what_a_row_is():
    said = tables()

    for table in metadata.tables.values():
        assert f"### `{table.name}`\n\n{str(table.comment).split()[0]}" in said


def test_every_view_is_named_with_what_a_row_is():
    said = tables()

    for file in SQL_FOLDER.glob("views/*.sql"):
        assert f"| `{file.stem}` | One row per " in said or f"### `{file.stem}`\n\nOne row per " in said
