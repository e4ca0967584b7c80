"""The site of a shop, with its form: pages on an origin of their own, as site owners have them."""

import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import urlsplit

FORM = """
<form data-leadlog action="{action}" method="post">
  <label>Имя <input name="name"></label>
  <label>Телефон <input name="phone" type="tel"></label>
  <label>Почта <input name="email" type="email"></label>
  <textarea name="message"></textarea>
  <button>Отправить</button>
</form>
"""
SCRIPT = '<script src="{action}/snippet.v1.js" async></script>'


class Shop:
    """Serves `pages` (path → HTML or bytes as they go out) until its block ends."""

    def __init__(self) -> None:
        self.pages: dict[str, str | bytes] = {}
        self.headers: dict[str, str] = {}
        """Of every page; a security policy, for instance."""
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                shop._answer(self)

            def log_message(self, *_: object) -> None:
                """The test does not want to read it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def serve(self, action: str, pages: Mapping[str, str | bytes]) -> None:
        """These pages, and no others; `{form}` and `{script}` in them lead to `action`."""
        self.headers = {}
        self.pages = {path: self._filled(page, action) for path, page in pages.items()}

    def _filled(self, page: str | bytes, action: str) -> str | bytes:
        if isinstance(page, bytes):
            return page
        return page.replace("{form}", FORM.format(action=action)).replace(
            "{script}", SCRIPT.format(action=action)
        )

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        page = self.pages.get(urlsplit(request.path).path)
        content = page.encode() if isinstance(page, str) else page
        request.send_response(404 if content is None else 200)
        # a page that says its charset itself must not be told another one here
        charset = "; charset=utf-8" if isinstance(page, str) else ""
        request.send_header("Content-Type", f"text/html{charset}")
        for name, value in self.headers.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(content or b"")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(30)
