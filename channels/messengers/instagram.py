"""Instagram direct messages and comments; Messenger too, as object `page`."""

from channels.messengers.instagram_sender import InstagramSender
from channels.messengers.meta import GRAPH_API, MetaSettings
from channels.messengers.meta_page import PageAdapter
from channels.sdk.sending import Sender
from channels.sdk.settings import Secret
from channels.sdk.urls import check_url


class InstagramSettings(MetaSettings, frozen=True, kw_only=True):
    """One account; with an `access_token` it can write."""

    access_token: Secret = ""
    account_id: int | str = ""
    """Of the Instagram account or page that writes; by it our messages are known when Meta sends
    them back. Empty: the one whose token it is."""
    api_url: str = GRAPH_API

    def __post_init__(self) -> None:
        super().__post_init__()
        check_url("api_url", self.api_url)


class InstagramAdapter(PageAdapter):
    """Direct messages, postbacks, referrals and comments."""

    account_type = "instagram"
    channel = "instagram"
    Settings = InstagramSettings

    def sender(self) -> Sender | None:
        ours = self.settings
        if not isinstance(ours, InstagramSettings) or not ours.access_token:
            return None
        return InstagramSender(ours.name, ours.access_token, str(ours.account_id), ours.api_url)
