"""`docs/settings.md` lists the settings as they are declared."""

from tests.server.settings.written import PAGE, page


def test_the_page_lists_the_settings_as_they_are_declared() -> None:
    assert PAGE.read_text() == page(), "make settings writes the page"
