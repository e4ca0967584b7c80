"""What a mail says, and of whom. Decisions where docs/providers.md is silent:

- A form's sender that our mail server found forged (dkim or dmarc failed, nothing passed) goes to
  quarantine as spam; one without any verdict is taken, for a form proves nothing anyway. A mail of
  a form's sender that names nobody goes to quarantine too: a lead may be in it.
- A colleague's mail is, in this order: the customer's who stands in Reply-To (a site writes so);
  outgoing, if it has a recipient who is not ours; the customer's whose mail it forwards, in the
  text or attached; else internal. Outgoing mail identifies its first recipient only: two people
  who got one mail are not one person.
- A customer who forwards a mail without a word of their own said what they forwarded.
"""

from dataclasses import dataclass, field

from channels.email import bodies, forwards, mentions, quoting
from channels.email.addresses import Mailbox, mailboxes
from channels.email.authenticity import Verdict
from channels.email.correspondents import Envelope
from channels.email.form_content import FormContent
from channels.email.mime import Part
from channels.email.ourselves import Ourselves
from channels.email.screening import screen
from channels.email.settings import EmailSettings, FormSender
from channels.sdk import identities
from channels.sdk.lead import Campaign, Direction, Identity, Kind, Mention, Profile, Proof
from channels.sdk.outcome import Ignored, IgnoreReason, Quarantined, QuarantineReason


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail and what is needed of it at every step."""

    mail: Part
    key: str
    envelope: Envelope

    @property
    def subject(self) -> str:
        return self.mail.headers.text("subject")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What becomes of the mail as a lead, as far as it is not the same for all mails."""

    who: tuple[Identity, ...]
    kind: Kind = "message"
    direction: Direction = "in"
    mentions: tuple[Mention, ...] = ()
    profile: Profile | None = None
    subject: str = ""
    """Empty: the mail's own."""
    text: str = ""
    campaign: Campaign | None = None
    fields: dict[str, str] = field(default_factory=dict)


class Reader:
    """Reads the mails of one account."""

    def __init__(self, settings: EmailSettings, ourselves: Ourselves) -> None:
        self._country = settings.country
        self._ourselves = ourselves
        self._forms = settings.forms()

    def read(self, letter: Letter) -> Said | Ignored | Quarantined:
        """Forms, then what is no customer's mail, then colleagues, then customers."""
        form = self._form_of(letter)
        if form:
            return self._form(letter, form)
        screened = screen(letter.mail, letter.key, self._ourselves.domains)
        if screened:
            return screened
        return self._colleague(letter) if letter.envelope.from_us else self._customer(letter)

    def _form_of(self, letter: Letter) -> FormSender | None:
        subject = letter.subject.lower()
        senders = mailboxes(letter.mail.headers.raw("from"))
        for form in self._forms:
            if form.subject.lower() in subject and any(form.has_sent(box) for box in senders):
                return form
        return None

    def _form(self, letter: Letter, form: FormSender) -> Said | Quarantined:
        if letter.envelope.verdict is Verdict.FAIL:
            return Quarantined(QuarantineReason.SPAM, "a form's sender, but dkim or dmarc failed")
        content = FormContent.of(letter.mail, form.mapping, self._country)
        reply_to = letter.envelope.reply_to
        if reply_to and (reply_to.is_no_reply or self._is_forms(reply_to)):
            reply_to = None
        who = identities.present(*content.identities, _claimed(reply_to))
        if not who:
            return Quarantined(
                QuarantineReason.MISSING_FIELD,
                "no phone or e-mail found in a form's mail; see form_senders, mapping",
            )
        return Said(
            who=who,
            kind="form",
            mentions=_others(mentions.phones_in(content.text, self._country), who),
            profile=content.profile(),
            text=content.text,
            campaign=content.campaign(),
            fields=content.fields,
        )

    def _colleague(self, letter: Letter) -> Said | Ignored:
        if letter.envelope.reply_to:
            return self._customer(letter)
        if letter.envelope.recipients:
            return _outgoing(letter)
        return self._forwarded(letter) or Ignored(IgnoreReason.INTERNAL, letter.key)

    def _forwarded(self, letter: Letter) -> Said | None:
        """The customer's mail that a colleague passed on to us."""
        reply = quoting.take_apart(bodies.text_of(letter.mail))
        inner = forwards.unwrap(reply.forwarded) or forwards.unwrap_attached(letter.mail)
        if inner is None or inner.sender is None or self._ourselves.have(inner.sender):
            return None
        colleague = letter.envelope.sender
        told = {"forwarded_by": colleague.value if colleague else "", "note": reply.new}
        return Said(
            who=identities.present(_claimed(inner.sender)),
            mentions=mentions.phones_in(reply.forwarded or inner.text, self._country),
            profile=_profile(inner.sender),
            subject=inner.subject,
            text=inner.text,
            fields={name: value for name, value in told.items() if value},
        )

    def _customer(self, letter: Letter) -> Said | Ignored:
        whole = bodies.text_of(letter.mail)
        reply = quoting.take_apart(whole)
        customer, proof = self._who(letter.envelope)
        found = identities.email(customer.raw, proof=proof) if customer else None
        text = reply.new or forwards.passed_on(letter.subject, reply.forwarded)
        if not (found or text or letter.subject):
            return Ignored(IgnoreReason.EMPTY, letter.key)
        phones = mentions.phones_in(f"{whole}\n{bodies.cards_of(letter.mail)}", self._country)
        also = _claimed(letter.envelope.reply_to)
        named = (identities.mention(also),) if also else ()
        who = identities.present(found)
        return Said(
            who=who,
            mentions=_others((*phones, *named), who),
            profile=_profile(customer),
            text=text,
        )

    def _who(self, envelope: Envelope) -> tuple[Mailbox | None, Proof]:
        sender, reply_to = envelope.sender, envelope.reply_to
        if sender is None or envelope.from_us or sender.is_no_reply or self._is_forms(sender):
            return (reply_to, "claimed") if reply_to else (sender, envelope.proof)
        return sender, envelope.proof

    def _is_forms(self, box: Mailbox) -> bool:
        return any(form.has_sent(box) for form in self._forms)


def _outgoing(letter: Letter) -> Said:
    first, *others = letter.envelope.recipients
    also = identities.present(*(_claimed(box) for box in others))
    who = identities.present(_claimed(first))
    return Said(
        who=who,
        direction="out",
        mentions=_others(tuple(map(identities.mention, also)), who),
        profile=_profile(first),
        text=quoting.take_apart(bodies.text_of(letter.mail)).new,
    )


def _claimed(box: Mailbox | None) -> Identity | None:
    return identities.email(box.raw, proof="claimed") if box else None


def _profile(box: Mailbox | None) -> Profile | None:
    return Profile(name=box.name) if box and box.name else None


def _others(named: tuple[Mention, ...], who: tuple[Identity, ...]) -> tuple[Mention, ...]:
    """Mentions of what is no identity of the lead anyway."""
    known = {identity.value for identity in who}
    return tuple(mention for mention in named if mention.value not in known)
