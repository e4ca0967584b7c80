"""Names that the pages show for ids of our own; other ids are shown as they are."""

from typing import Final


def _(text: str) -> str:
    """Marks a text for the catalogue."""
    return text


CHANNELS: Final = {
    "telegram": _("Telegram"),
    "vk": _("VK"),
    "email": _("E-mail"),
    "webform": _("Web form"),
    "telephony": _("Telephone"),
    "whatsapp": _("WhatsApp"),
    "instagram": _("Instagram"),
    "max": _("MAX"),
    "avito": _("Avito"),
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
