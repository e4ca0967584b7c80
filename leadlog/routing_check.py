"""What `leadlog doctor` says of the rules that choose a pipeline."""

from collections.abc import Iterator

from eventstore.domain.routing import fitting_none
from leadlog.machine import Finding
from leadlog.setting_faults import unknown
from leadlog.settings import Settings


def examine(settings: Settings) -> Iterator[Finding]:
    """Do rules wait for leads of accounts that nobody has configured?

    No fault, for an account may have been taken out, or come later: only nothing comes by it.
    """
    accounts = [str(table["name"]) for table in settings.accounts]
    for rule in settings.routing_rules.rules:
        for account in fitting_none(rule.when.account, accounts):
            told = f"rule {rule.name!r} waits for an {unknown(account, accounts, 'account')}"
            remedy = "mend `account` in its [[routing.rules]], or add the account"
            yield Finding("routing", "odd", told, remedy)
