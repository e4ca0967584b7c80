"""Names that the pages show for ids of our own; other ids are shown as they are."""

from typing import Final


def _(text: str) -> str:
    """Marks a text for the catalogue."""
    return text


BRANDS: Final = {
    "telegram": "Telegram",
    "whatsapp": "WhatsApp",
    "instagram": "Instagram",
    "facebook_leads": "Facebook Leads",
    "max": "MAX",
    "tilda": "Tilda",
    "marquiz": "Marquiz",
    "flexbe": "Flexbe",
    "elementor": "Elementor",
    "cf7": "Contact Form 7",
    "google_ads": "Google Ads",
    "typeform": "Typeform",
    "standard_webhooks": "Standard Webhooks",
    "mango": "Mango Office",
    "zadarma": "Zadarma",
    "novofon": "Novofon",
    "uis": "UIS",
    "sipuni": "Sipuni",
    "twilio": "Twilio",
    "asterisk": "Asterisk",
}
"""The same in every language."""

CHANNELS: Final = {
    **BRANDS,
    "vk": _("VK"),
    "avito": _("Avito"),
    "megafon": _("Megafon"),
    "beeline": _("Beeline"),
    "email": _("E-mail"),
    "webform": _("Web form"),
}

STEPS: Final = {
    "unsorted": _("Unsorted"),
    "contact": _("Contact"),
    "measure": _("Measuring"),
    "offer": _("Offer"),
    "contract": _("Contract"),
    "won": _("Won"),
}

DIMENSIONS: Final = {
    "channel": _("Channel"),
    "account": _("Account"),
    "kind": _("Kind of touch"),
    "utm_source": _("Source (utm)"),
    "utm_medium": _("Medium (utm)"),
    "utm_campaign": _("Campaign (utm)"),
    "utm_term": _("Term (utm)"),
    "utm_content": _("Content (utm)"),
    "start": _("Start parameter"),
    "ref": _("Reference"),
    "paid": _("Paid click"),
    "repeat": _("Repeat deal"),
    "pipeline": _("Pipeline"),
}

VALUES: Final = {
    "channel": CHANNELS,
    "kind": {
        "message": _("message"),
        "form": _("form"),
        "call": _("call"),
        "order": _("order"),
        "comment": _("comment"),
        "booking": _("booking"),
    },
    "paid": {"yes": _("yes"), "no": _("no")},
    "repeat": {"yes": _("yes"), "no": _("no")},
}

BASES: Final = {
    "cohort": _("deals whose first touch lies in the period"),
    "event": _("steps entered within the period"),
}

OTHERS: Final = _("others")

LATER: Final = _("The numbers are not there at the moment; they come by themselves.")
OUR_MISTAKE: Final = _("This is a mistake of ours; it was written down.")
