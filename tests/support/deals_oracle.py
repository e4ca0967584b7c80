"""The deals oracle comes with its own tests."""


def check_deals(fed, facts) -> None:
    return
