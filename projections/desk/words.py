"""Names that the pages show for ids of our own; other ids are shown as they are."""

from typing import Final

from eventstore.touches import JOIN_RULE


def _(text: str) -> str:
    """Marks a text for the catalogue."""
    return text


class InContext(str):
    """A text that other languages say in several ways, by what it is said of."""

    __slots__ = ("context",)

    context: str


def pgettext(context: str, text: str) -> InContext:
    """Marks a text for the catalogue, with what it is said of."""
    marked = InContext(text)
    marked.context = context
    return marked


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

PROBLEMS: Final = {
    400: _("That makes no sense"),
    401: _("Not signed in"),
    403: _("Not open to you"),
    404: _("Not found"),
    409: _("Refused"),
    500: _("Our mistake"),
    503: _("Not now"),
}

STALE: Final = _(
    "It has changed since this page was made; nothing was done. Look at it again, then decide."
)
REUSED: Final = _("This form was sent before with something else in it. Load the page anew.")
LATER: Final = _("The numbers are not there at the moment; they come by themselves.")
OUR_MISTAKE: Final = _("This is a mistake of ours; it was written down.")

CLOSED: Final = _(
    "These pages show personal data, and this server can be reached from other machines. Set a"
    " token to sign in with: [desk] token or token_file in leadlog.toml, or LEADLOG_DESK_TOKEN."
)
CLOSED_TO_NAME: Final = _(
    "These pages show personal data. Without a token they are only for this machine: open"
    " http://127.0.0.1 with the server's port, or set a token to sign in with: [desk] token or"
    " token_file in leadlog.toml, or LEADLOG_DESK_TOKEN."
)
AS_JSON: Final = _("Send it as JSON, with Content-Type: application/json; nothing was changed.")
ELSEWHERE: Final = _("This did not come from a page of this desk; nothing was changed.")
TOKEN: Final = _("A token is needed: Authorization: Bearer TOKEN.")
NO_TOKEN: Final = _("There is nothing to sign in with: no token is configured.")

IDENTITY_KINDS: Final = {
    **BRANDS,
    "phone": _("Phone"),
    "email": _("E-mail"),
    "vk": _("VK"),
    "avito": _("Avito"),
    "visitor": _("Browser"),
}

DEAL_STATUSES: Final = {
    "open": _("Open"),
    "won": pgettext("a deal", "Won"),
    "lost": pgettext("a deal", "Lost"),
    "declined": _("Declined"),
    "joined": _("Joined"),
    "withdrawn": _("Withdrawn"),
}

DEAL_EVENTS: Final = {
    "opened": _("Deal opened"),
    "stage": _("Deal moved to “%(stage)s”"),
    "reopened": _("Deal reopened"),
    "amount": _("Amount of the deal"),
    "owner": _("Owner of the deal: %(owner)s"),
    "note": _("Note"),
    "joined": _("Deal joined into another"),
    "separated": _("Deal separated again"),
    "repeat": _("Deal is a repeat of another now"),
    "withdrawn": _("Deal withdrawn: nothing is left of it"),
    "restored": _("Deal restored"),
}

ROUTED: Final = {
    "rule": _("To “%(pipeline)s” by rule “%(rule)s”, version %(version)s of the rules"),
    "follows": _(
        "To “%(pipeline)s” like its conversation: rule “%(rule)s”, version %(version)s of the rules"
    ),
    "default": _("To “%(pipeline)s”: no rule fitted, version %(version)s of the rules"),
}
"""Why a deal is in its pipeline."""

DEAL_FATES: Final = {
    "separated": _("Stands for itself again"),
    "opened": _("Is opened"),
    "withdrawn": _("Is withdrawn: nothing is left of it"),
    "restored": _("Is restored"),
    "stays": _("Stays open"),
}
"""What would become of a deal."""

DEAL_CLOSED: Final = {
    "won": _("Deal won"),
    "lost": _("Deal lost"),
    "declined": _("Deal declined"),
}

DECISIONS: Final = {
    "merge": _("One person"),
    "veto": _("Not the same person"),
    "share": _("Shared identity"),
    "unshare": _("Not a shared identity"),
    "withdraw": _("Evidence withdrawn"),
    "undo": _("Taken back"),
    "rematch": _("Matching rules applied to the past"),
    "join": _("Deals joined"),
    "part": _("Deals parted"),
    "split": _("A touch put to a deal of its own"),
    "anew": _("A new deal opened with what came after the end"),
    "leave": _("Left with the deal"),
}

CHANGES: Final = {
    **DECISIONS,
    "lead": _("A lead by %(channel)s, and what it links"),
}
"""What may have changed a card meanwhile."""

DONE: Final = {
    "moved": _("The deal was moved."),
    "own": _("It is theirs from now on."),
    "note": _("The note was written."),
    "join": _("They are one deal now."),
    "split": _("It is a deal of its own now."),
    "limit accept": _("It is one person’s: what it had parted stands together again."),
    "limit refuse": _("It stays shared, and is not asked about again."),
    "returned accept": _("A new deal was opened with what came."),
    "returned refuse": _("It stays with its deal."),
    "redecided refuse": _("It stays with these deals."),
    "anew": _("A new deal was opened with what came."),
    "leave": _("It stays with its deal."),
    "merge": _("They are one person now."),
    "accept": _("They are one person now."),
    "unmerge": _("They are two persons, and stay so."),
    "refuse": _("They are two persons, and stay so."),
    "share": _("It counts as shared now, and links nobody."),
    "unshare": _("It counts as one person’s now."),
    "undo": _("Taken back: everything is as if it had never been."),
}

LOST_REASONS: Final = {
    "price": _("price"),
    "terms": _("terms"),
    "no answer": _("no answer"),
    "spam": _("spam"),
}

JOIN_RULES: Final = {JOIN_RULE: _("nobody has accepted either of them")}
"""Why a rule joins deals."""
JOINED_BY: Final = _("decided by %(name)s")

RULES: Final = {
    "device": _("device"),
    "own accounts": _("own accounts"),
    "typed contact": _("typed contact"),
    "one form": _("one form"),
    "one mailbox": _("one mailbox"),
}

CALL_STATES: Final = {
    "ringing": _("call, ringing"),
    "answered": _("call, answered"),
    "missed": _("missed call"),
    "ended": _("call"),
}

OUTGOING: Final = _("%(kind)s from us")

ON_LINE: Final = _("line %(line)s")
EXTENSION: Final = _("extension %(extension)s")
SPOKEN: Final = _("spoke %(time)s")

REPLY_STATES: Final = {
    "queued": _("to be sent"),
    "sent": _("sent"),
    "delivered": _("delivered"),
    "read": _("read"),
    "failed": _("not sent"),
    "set_aside": _("given up, somebody must decide"),
}

NOT_SENT: Final = {
    "blocked": _("the person has blocked us"),
    "window_closed": _("too long after their last message"),
    "bad_recipient": _("nobody is at this address"),
    "no_address": _("no address for this channel"),
    "too_long": _("too long"),
    "empty": _("empty"),
    "bad_attachment": _("the file cannot be sent"),
    "not_allowed": _("our account has no right to"),
    "refused": _("the provider refused it"),
    "forgotten": _("the person was forgotten"),
    "gave_up": _("the provider did not answer for three days"),
}

FIELDS: Final = {
    "username": _("username"),
    "city": _("city"),
    "company": _("company"),
    "address": _("address"),
    "birthday": _("birthday"),
    "date_of_birth": _("birthday"),
    "age": _("age"),
    "country": _("country"),
    "region": _("region"),
    "postcode": _("postcode"),
    "position": _("position"),
    "product": _("product"),
    "service": _("service"),
    "amount": _("amount"),
    "budget": _("budget"),
    "comment": _("comment"),
    "message": _("message"),
    "formname": _("form"),
    "form_name": _("form"),
    "quiz.name": _("form"),
}
"""What forms often ask under these names; any other field is told by the name that it has there."""

ASKED: Final = {
    "pipeline": _("Pipeline"),
    "from": _("From"),
    "to": _("To (not included)"),
    "basis": _("Count"),
    "as_of": _("As known"),
    "window": _("Within"),
    "by": _("Group by"),
}
"""What may be asked of the numbers, as the labels of the page have it."""

SAID: Final = {
    "parameter": ASKED,
    "stage": STEPS,
    "status": DEAL_STATUSES,
    "statuses": DEAL_STATUSES,
    "reasons": LOST_REASONS,
    "fields": FIELDS,
    "field": FIELDS,
    "kind": IDENTITY_KINDS,
    "state": REPLY_STATES,
    "what": {
        "card": _("card"),
        "deal": _("deal"),
        "decision": _("decision"),
        "lead": _("lead"),
        "quarantined delivery": _("quarantined delivery"),
    },
}
"""What may stand in a refusal or a reason, by the name that it has there."""
