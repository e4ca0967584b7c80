"""What to do about a fault, where whoever raised it knows."""


def remedy_of(error: BaseException | None) -> str:
    """The `remedy` of the error or of one that caused it; empty where none has any.

    ingest.log.kafka_reach.Unreachable has one.
    """
    while error is not None:
        if remedy := getattr(error, "remedy", ""):
            return str(remedy)
        error = error.__cause__
    return ""
