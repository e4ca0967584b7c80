"""Instagram direct messages and comments; Messenger too, as object `page`."""

from channels.messengers.meta_page import PageAdapter


class InstagramAdapter(PageAdapter):
    """Direct messages, postbacks, referrals and comments."""

    account_type = "instagram"
    channel = "instagram"
