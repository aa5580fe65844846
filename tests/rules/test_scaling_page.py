"""docs/scaling.md shows what the script works out."""

from bench.scaling import PAGE, render_page


def test_the_tables_are_what_the_script_works_out() -> None:
    page = PAGE.read_text()

    assert render_page(page) == page, "write it anew with: make scaling ARGS=--write"
