"""What tests with a real browser share."""

from support.browser import browser, new_page

__all__ = ["browser", "new_page"]
