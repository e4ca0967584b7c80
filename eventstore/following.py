"""Deals that follow a large decision, in pieces (SEMANTICS 2.3.8, 3.5).

The run through everything recorded is made in memory, without a transaction; what differs from what
stands is written in pieces, each a small one. Leads and commands that come meanwhile are taken
into the run; a further decision begins it anew. Only the last transaction says that the deals have
followed, and it fails if anything was recorded that the run does not know. So it may be killed
anywhere, and any number of processes may do it at once: one finds done what another has written.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from enum import Enum, auto
from itertools import islice

from eventsourcing.persistence import IntegrityError

from eventstore import reviewing
from eventstore.awaiting import await_deals
from eventstore.customer_base import CustomerBase
from eventstore.domain.deals import Deal
from eventstore.domain.events import DealCommand, DealsAwaited, DealsFollowed, Id, LeadRecorded
from eventstore.lead_state import LeadState
from eventstore.reading import Recorded
from eventstore.redecide import place_again, record_deal, stored_deals, within_reach
from eventstore.rematching import carry_on_rematch
from eventstore.replay import Play, StoredDeal, read_deals
from eventstore.rows import Pending
from eventstore.touches import deal_id, stand
from eventstore.withdrawing import carry_on
from eventstore.work import Beat, Work

PIECE = 500
"""Touches whose deals are written in one transaction."""
_PAGE = 2000


class _Next(Enum):
    """What a look at the run against what is stored now gives."""

    SAVED = auto()
    NOTHING_NEW = auto()
    BEHIND = auto()
    """Commands or leads were recorded that the run has not taken in."""
    OVER = auto()
    """Somebody decided about these persons meanwhile, or has brought the deals after already."""


def follow(
    base: CustomerBase, person: Id, *, piece: int = PIECE, beat: Beat = lambda: None
) -> Iterator[Pending]:
    """Bring the deals of a person after, and of all who are concerned with them.

    Gives after each transaction how far it is. Ends early where somebody decides about them
    meanwhile: then they are awaited still.
    """
    while isinstance(run := _Run.begin(base, person, beat), set):
        _await_too(base, person, run)
        yield Pending("deals", 0, 0)
    if run is not None:
        yield from run.pieces(piece)


def _await_too(base: CustomerBase, person: Id, others: set[Id]) -> None:
    """Those who are concerned with the deals of this person are awaited with it."""

    def decide(work: Work) -> None:
        cause = _cause(work, person)
        work.load_cards(others)
        heads = {work.known_card(leaf).person for leaf in others}
        fresh = {head for head in heads if not work.known_card(head).awaits}
        if cause is not None and fresh:
            await_deals(work, fresh, because=cause.because, at=cause.at)

    base.attempt(decide)


def _cause(work: Work, person: Id) -> DealsAwaited | None:
    """Why the deals of a person are awaited; None where they are not."""
    card = work.card(person)
    if card is None or not card.awaits:
        return None
    events = work.source.streams([person], personal=False)[person]
    found = next(e.event for e in events if e.version == card.awaits)
    return found if isinstance(found, DealsAwaited) else None


class _Run:
    """One run in memory over everything that bears on some persons' deals."""

    def __init__(
        self, base: CustomerBase, work: Work, play: Play, cause: DealsAwaited, beat: Beat
    ) -> None:
        self._base = base
        self._beat = beat
        self._play = play
        self._cause = cause
        self._position = work.source.last_position()
        self._awaits = {
            leaf: card.awaits for leaf, card in play.members.items() if card.person == leaf
        }
        self._leads = {lead.id for lead in play.leads}
        in_order = sorted(play.leads, key=lambda lead: lead.first)
        self._waiting = dict.fromkeys(lead.id for lead in in_order)
        self._person = {
            lead.id: play.members[stand(work, lead)].person
            for lead in play.leads
            if stand(work, lead) in play.members
        }
        self._of = Counter(self._person.values())
        self._done: Counter[Id] = Counter()

    @classmethod
    def begin(cls, base: CustomerBase, person: Id, beat: Beat) -> "_Run | set[Id] | None":
        """None where the deals of this person are not awaited.

        Where those of others are concerned that are not, gives these others.
        """
        with base.recorder.snapshot() as source:
            work = Work(source, base.keyring, base.policy, beat=beat)
            cause = _cause(work, person)
            found = within_reach(work, {person}, most=None)
            if cause is None or found is None:
                return None
            members, leads = found
            heads = {card.person for card in members.values()}
            if others := {head for head in heads if not members[head].awaits}:
                return others
            play = Play(work, members, leads, stored_deals(work, leads))
            play.run()
            run = cls(base, work, play, cause, beat)
            play.let_go(base.work())
            return run

    def pieces(self, size: int) -> Iterator[Pending]:
        """Write what differs, then that the deals have followed; ends where that is over."""
        while True:
            while self._waiting:
                self._beat()
                found = self._write(list(islice(self._waiting, size)))
                if found is _Next.BEHIND:
                    found = self._take_in()
                if found is _Next.OVER:
                    return
                if found is _Next.SAVED:
                    yield self._progress()
            found = self._finish()
            if found is _Next.OVER:
                return
            if found is _Next.SAVED:
                yield self._progress()
                return

    def _progress(self) -> Pending:
        return Pending("deals", sum(self._done.values()), len(self._leads))

    # --- pieces ---

    def _write(self, leads: Sequence[Id]) -> _Next:
        """One piece; tried again while others are faster."""
        while True:
            with self._base.recorder.snapshot() as source:
                work = Work(source, self._base.keyring, self._base.policy)
                found = self._decide(work, leads)
            if found is not _Next.SAVED:
                break
            if not (work.changes.events or work.changes.deals):
                found = _Next.NOTHING_NEW
                break
            with suppress(IntegrityError):
                self._base.recorder.save(work.changes)
                break
        if found is not _Next.BEHIND:
            for lead in leads:
                del self._waiting[lead]
            self._done.update(self._person[i] for i in leads if i in self._person)
        return found

    def _decide(self, work: Work, ids: Sequence[Id]) -> _Next:
        work.load_leads(ids)
        leads = [work.leads[i] for i in ids]
        work.load_cards({i.leaf for lead in leads for i in lead.identities})
        heads = self._heads(work, leads)
        if any(not self._is_ours(work, head) for head in heads):
            return _Next.OVER
        own = {deal_id(lead.id, lead.newest.pipeline): lead for lead in leads}
        stored = read_deals(work, own)
        if any(self._is_behind(deal) for deal in stored.values()):
            return _Next.BEHIND
        work.deals.load(own)
        for name, lead in own.items():
            self._bring_after(work, name, lead, stored.get(name))
        if work.changes.events or work.changes.deals:
            for head in heads:
                work.changing(head)
            self._tell_progress(work, ids)
        return _Next.SAVED

    def _heads(self, work: Work, leads: Sequence[LeadState]) -> set[Id]:
        """The persons of these leads, as they are and as they were."""
        places = {place for lead in leads for place in (stand(work, lead), lead.leaf)}
        work.load_cards(places)
        return {work.known_card(place).person for place in places}

    def _is_ours(self, work: Work, head: Id) -> bool:
        """Nobody has decided anew about this person since the run began."""
        return work.known_card(head).awaits == self._awaits.get(head)

    def _is_behind(self, deal: StoredDeal) -> bool:
        return any(order > (0, self._position) for order, _ in deal.commands)

    def _bring_after(
        self, work: Work, name: Id, lead: LeadState, before: StoredDeal | None
    ) -> None:
        because, at = self._cause.because, self._cause.at
        record_deal(work, self._play, name, before, because=because, at=at)
        place_again(work, self._play, lead, because=because)
        deal = self._play.deals.get(name)
        stands = deal is not None and name not in self._play.joined
        head = work.known_card(stand(work, lead)).person
        work.deals.put_row(name, head, deal if stands else None, because=because)

    def _tell_progress(self, work: Work, ids: Sequence[Id]) -> None:
        here = Counter(self._person[i] for i in ids if i in self._person)
        for head, count in here.items():
            work.put_pending(head, Pending("deals", self._done[head] + count, self._of[head]))

    # --- what came meanwhile ---

    def _take_in(self) -> _Next:
        """Go on with what was recorded since; OVER where everything is to be played anew."""
        while events := self._base.recorder.read(self._position, _PAGE):
            self._beat()
            work = self._play.work = self._base.work()
            for recorded in events:
                if not self._go_on(work, recorded):
                    return _Next.OVER
                self._position = recorded.position
        return _Next.NOTHING_NEW

    def _go_on(self, work: Work, recorded: Recorded) -> bool:
        match recorded.event:
            case LeadRecorded(leaf=leaf) if recorded.version == 1:
                if leaf in self._play.members and recorded.stream not in self._leads:
                    return self._go_on_with_lead(work, recorded.stream)
            case DealCommand() as command:
                deal = read_deals(work, [recorded.stream])[recorded.stream]
                if deal.opened.lead in self._leads:
                    changed = self._play.go_on_with(recorded.stream, command)
                    self._write_again(changed)
                    return changed is not None
        return True

    def _go_on_with_lead(self, work: Work, name: Id) -> bool:
        work.load_leads([name])
        lead = work.leads[name]
        card = self._play.members.get(stand(work, lead))
        if card is None:
            return False
        self._leads.add(name)
        person = self._person[name] = card.person
        self._of[person] += 1
        self._waiting[name] = None
        self._write_again(self._play.go_on(lead))
        return True

    def _write_again(self, deal: Deal | None) -> None:
        """The row of this deal is not what it was."""
        if deal is not None:
            self._waiting[deal.lead] = None

    # --- the end ---

    def _finish(self) -> _Next:
        """Say that the deals have followed, if nothing came that the run does not know."""
        with self._base.recorder.snapshot() as source:
            work = Work(source, self._base.keyring, self._base.policy, beat=self._beat)
            members = work.members(self._awaits.keys())
            if any(not self._is_ours(work, head) for head in self._awaits):
                return _Next.OVER
            # Read only now: what is not among these events changes a row read above.
            if (found := self._take_in()) is _Next.OVER or self._waiting:
                return found
            of_person = self._play.persons()
            for leaf in work.each(sorted(members)):
                if leaf in self._awaits:
                    work.emit_card(leaf, DealsFollowed(because=self._cause.because))
                    work.put_pending(leaf, None)
                if leaf in self._awaits or members[leaf].deals or members[leaf].many_deals:
                    work.deals.settle(leaf, of_person.get(leaf, []))
                    members[leaf].awaits = 0
        try:
            self._base.recorder.save(work.changes)
        except IntegrityError:
            return _Next.NOTHING_NEW
        return _Next.SAVED


class Follower:
    """Carries out what goes on in pieces, one after the other."""

    def __init__(self, base: CustomerBase, *, piece: int = PIECE) -> None:
        self._base = base
        self._piece = piece

    def pieces(self) -> Iterator[Pending]:
        """Everything that there is to do now; gives after each transaction how far it is."""
        for name in self.everything():
            yield from self.pieces_of(name)

    def names(self) -> list[Id]:
        """Of what goes on in pieces: decisions, then persons, whose deals may hang on those."""
        found = self._base.recorder.pending()
        left = found.keys() - self._base.in_hand
        return sorted(left, key=lambda name: (found[name][1].kind == "deals", name))

    def everything(self) -> list[Id]:
        """The same, and last what of the review queue is to be made anew."""
        stirred = self._base.recorder.stirred(most=1)
        return [*self.names(), *([reviewing.STREAM] if stirred else [])]

    def pieces_of(self, name: Id, beat: Beat = lambda: None) -> Iterator[Pending]:
        """What there is to do of this now; nothing where it is done.

        To begin takes minutes where there is very much: then `beat` comes often enough.
        """
        if name == reviewing.STREAM:
            reviewing.bring_up_to_date(self._base, beat=beat)
            return
        _, row = self._base.recorder.pending([name]).get(name, (0, None))
        if row is None:
            return
        if row.kind == "deals":
            yield from follow(self._base, name, piece=self._piece, beat=beat)
        elif row.kind == "evidence":
            yield from carry_on(self._base, name)
        else:
            yield from carry_on_rematch(self._base)

    def left(self) -> int:
        """Touches that are still to be looked at, as far as it is known."""
        return sum(row.left for _, row in self._base.recorder.pending().values())

    def drain(self) -> None:
        """Do everything that can be done here, what comes meanwhile included."""
        while list(self.pieces()):
            pass
