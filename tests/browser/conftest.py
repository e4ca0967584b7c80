"""What tests with a real browser share."""

from playwright.sync_api import expect
from support.browser import WAIT_MS, browser, new_page

__all__ = ["browser", "new_page"]

expect.set_options(timeout=WAIT_MS)
