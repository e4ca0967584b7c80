"""One vk_api session: with deadlines, at the address that is configured, and without its own
repeats.
"""

from typing import Any, Final

import requests
import vk_api
from jconfig.memory import MemoryConfig
from requests.adapters import HTTPAdapter

from channels.sdk.errors import RateLimited, RetryLater
from channels.vk.api import VERSION
from channels.vk.refusals import refusal

_LIBRARYS_API: Final = "https://api.vk.ru"
_TOO_OFTEN: Final = 6
_DEADLINES_S: Final = (10.0, 20.0)
"""To connect, and to answer."""


class _Elsewhere(HTTPAdapter):
    """Sends what the library asks of its own address to the one that is configured."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._base = url.rstrip("/")

    def send(
        self, request: requests.PreparedRequest, *others: Any, **options: Any
    ) -> requests.Response:
        request.url = str(request.url).replace(_LIBRARYS_API, self._base, 1)
        return super().send(request, *others, **{**options, "timeout": _DEADLINES_S})


class Session:
    """Calls methods of the API, one at a time, from any thread."""

    def __init__(self, account: str, token: str, api_url: str) -> None:
        self._account = account
        http = requests.Session()
        http.trust_env = False
        http.max_redirects = 0
        http.mount(_LIBRARYS_API, _Elsewhere(api_url))
        self._vk = vk_api.VkApi(token=token, session=http, api_version=VERSION, config=MemoryConfig)
        self._vk.error_handlers[_TOO_OFTEN] = lambda _: None  # else it waits and repeats, for ever

    def call(self, method: str, given: dict[str, Any]) -> Any:
        """What the method answers; raises the words of the sending port."""
        try:
            return self._vk.method(method, given)
        except vk_api.ApiError as error:
            raise refusal(self._account, error.code) from None
        except vk_api.Captcha:
            raise refusal(self._account, 14) from None
        except vk_api.ApiHttpError as error:
            if error.response.status_code == requests.codes.too_many:
                raise RateLimited("VK asks for fewer calls") from None
            told = f"VK answered {error.response.status_code}"
            raise RetryLater(told, unsure=True) from None
        except requests.ConnectTimeout:
            raise RetryLater("VK cannot be reached") from None
        except requests.ConnectionError as error:
            reached = "NewConnectionError" not in repr(error)
            raise RetryLater("VK is away", unsure=reached) from None
        except (requests.RequestException, ValueError) as error:
            told = f"VK gave no answer that can be read: {type(error).__name__}"
            raise RetryLater(told, unsure=True) from None
