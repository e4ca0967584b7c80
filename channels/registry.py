"""Which adapters there are: the explicit list, and entry points `leadlog.channels` from elsewhere.

An adapter's module is imported when the first account of its type is made, so that a fault in one
stops nobody else.
"""

from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import entry_points

from channels.sdk.adapter import PollingAdapter, WebhookAdapter
from channels.sdk.settings import AccountSettings

AnyAdapter = WebhookAdapter[AccountSettings] | PollingAdapter[AccountSettings]

BUILT_IN = {
    "telegram": "channels.telegram.adapter:TelegramAdapter",
    "vk": "channels.vk.adapter:VkAdapter",
    "email": "channels.email.adapter:EmailAdapter",
    "webform": "channels.webform.own:WebformAdapter",
    "tilda": "channels.webform.tilda:TildaAdapter",
    "marquiz": "channels.webform.marquiz:MarquizAdapter",
    "flexbe": "channels.webform.flexbe:FlexbeAdapter",
    "elementor": "channels.webform.elementor:ElementorAdapter",
    "cf7": "channels.webform.cf7:ContactForm7Adapter",
    "google_ads": "channels.webform.google_ads:GoogleAdsAdapter",
    "typeform": "channels.webform.typeform:TypeformAdapter",
    "standard_webhooks": "channels.webform.standard_webhooks:StandardWebhooksAdapter",
    "mango": "channels.telephony.mango:MangoAdapter",
    "zadarma": "channels.telephony.zadarma:ZadarmaAdapter",
    "novofon": "channels.telephony.zadarma:NovofonAdapter",
    "uis": "channels.telephony.uis:UisAdapter",
    "megafon": "channels.telephony.megafon:MegafonAdapter",
    "beeline": "channels.telephony.beeline:BeelineAdapter",
    "sipuni": "channels.telephony.sipuni:SipuniAdapter",
    "twilio": "channels.telephony.twilio:TwilioAdapter",
    "asterisk": "channels.telephony.asterisk:AsteriskAdapter",
    "whatsapp": "channels.messengers.whatsapp:WhatsAppAdapter",
    "instagram": "channels.messengers.instagram:InstagramAdapter",
    "facebook_leads": "channels.messengers.facebook_leads:FacebookLeadsAdapter",
    "avito": "channels.messengers.avito:AvitoAdapter",
    "max": "channels.messengers.max:MaxAdapter",
}
"""Account type → module and class."""


class UnknownType(LookupError):
    """No adapter of this type; the message lists those that there are."""


def types() -> Iterator[str]:
    """Every account type, built-in ones first."""
    yield from BUILT_IN
    yield from (point.name for point in entry_points(group="leadlog.channels"))


def adapter_class(account_type: str) -> type[AnyAdapter]:
    """The adapter of a type; UnknownType where there is none."""
    if account_type in BUILT_IN:
        module, _, name = BUILT_IN[account_type].partition(":")
        found: type[AnyAdapter] = getattr(import_module(module), name)
        return found
    for point in entry_points(group="leadlog.channels", name=account_type):
        loaded: type[AnyAdapter] = point.load()
        return loaded
    raise UnknownType(
        f"no channel adapter of type {account_type!r}; there are: {', '.join(types())}"
    )


def make_adapter(table: dict[str, object]) -> AnyAdapter:
    """The adapter of one `[[accounts]]` table. UnknownType or ValueError name what is wrong."""
    found = adapter_class(str(table.get("type", "")))
    return found(found.Settings.from_table(dict(table)))
