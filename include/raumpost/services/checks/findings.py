"""Put observations of the domain into words."""

from raumpost.domain.check import Finding, Observation
from raumpost.texts.wording import english


def finding(observed: Observation) -> Finding:
    """Return the finding that an observation is, in English as it is stored and shown."""
    return Finding(
        what=english(observed.what),
        status=observed.status,
        why=english(observed.why),
        remedy=english(observed.remedy) if observed.remedy else "",
    )
