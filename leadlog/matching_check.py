"""What `leadlog doctor` says of the version of the matching configuration."""

from eventstore.policy import Policy
from leadlog.machine import Finding

_FOR_ALL = {"limits": "limits", "shared": "shared identities", "folds": "folds"}
"""What concerns all leads at once, and so waits for a rematch (SEMANTICS 2.3.7)."""


def examine(policy: Policy) -> Finding:
    """Does anything of the configured version wait to be applied?"""
    configured, in_force = policy.configured, policy.matching
    waiting = [
        told
        for name, told in _FOR_ALL.items()
        if getattr(configured, name) != getattr(in_force, name)
    ]
    if not waiting:
        return Finding("matching", "good", f"version {configured.version}; nothing of it waits")
    told = f"version {configured.version}: its {', '.join(waiting)} wait"
    told += f"; those of version {policy.applied} are in force"
    return Finding("matching", "odd", told, "leadlog card rematch --dry-run, then without")
