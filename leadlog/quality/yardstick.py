"""Splink on the same records: what a well-kept library of record linkage reaches on them.

It is given what favours it: comparisons of its own library that its documentation uses for this
data set, a block for every two columns, training without labels on these very records, and of all
thresholds the one at which its F1 is best, which nobody could know without the truth.
"""

from itertools import combinations
from time import perf_counter
from typing import Any, NamedTuple

from leadlog.quality.febrl import Linked, NotInstalled, Records, Watch, linked, true_pairs
from leadlog.quality.measures import f1

_NAMES = ("given_name", "surname")
_NUMBERS = ("date_of_birth", "postcode")
_TEXTS = ("address_1", "address_2", "suburb")
_COLUMNS = (*_NAMES, *_NUMBERS, *_TEXTS, "street_number", "state")
_SAMPLE = 1e6


class Yardstick(NamedTuple):
    """Splink's result, and what of its time was prediction alone."""

    linked: Linked
    predicting: float
    """Seconds; the rest of the time is training."""
    threshold: float
    """The match weight at which its F1 is best."""


def splink(found: Records, *, seed: int) -> Yardstick:
    """Train and predict; NotInstalled where Splink is not there."""
    table = _table(found)
    watch = Watch()
    linker = _trained(table, seed)
    trained = perf_counter()
    told = linker.inference.predict(threshold_match_probability=0.001).as_record_list()
    predicting = perf_counter() - trained
    watch.stop()
    weighed = sorted(
        ((row["match_weight"], row["number_l"], row["number_r"]) for row in told), reverse=True
    )
    count, threshold = _best(found, weighed)
    pairs = ((one, other) for _, one, other in weighed[:count])
    return Yardstick(linked(found, pairs, watch), predicting, threshold)


def _table(found: Records) -> Any:
    import pyarrow as pa

    columns: dict[str, list[Any]] = {"number": list(range(len(found.rows)))}
    columns |= {name: [row.get(name) for row in found.rows] for name in _COLUMNS}
    return pa.table(columns)


def _trained(table: Any, seed: int) -> Any:
    try:
        import splink.comparison_library as library
        from splink import DuckDBAPI, Linker, SettingsCreator, block_on
    except ImportError as error:
        raise NotInstalled(
            "febrl3 is measured beside the package `splink`: make quality"
        ) from error
    blocks = combinations([name for name in _COLUMNS if name != "state"], 2)
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="number",
        blocking_rules_to_generate_predictions=[block_on(*names) for names in blocks],
        comparisons=[
            *(library.NameComparison(name) for name in _NAMES),
            *(library.DamerauLevenshteinAtThresholds(name, [1, 2]) for name in _NUMBERS),
            *(library.JaroWinklerAtThresholds(name, [0.9, 0.7]) for name in _TEXTS),
            library.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            library.ExactMatch("state"),
        ],
    )
    linker = Linker(DuckDBAPI().register(table), settings, log_level=None)
    training = linker.training
    surely = [
        block_on("date_of_birth", "given_name"),
        block_on("surname", "postcode", "given_name"),
    ]
    training.estimate_probability_two_random_records_match(surely, recall=0.6)
    training.estimate_u_using_random_sampling(max_pairs=_SAMPLE, seed=seed)
    for name in _NUMBERS:
        training.estimate_parameters_using_expectation_maximisation(block_on(name))
    return linker


def _best(found: Records, weighed: list[tuple[float, int, int]]) -> tuple[int, float]:
    """How many of the heaviest pairs give the best F1, and the weight of the last of them."""
    right, best = 0, (0.0, 0, 0.0)
    true = true_pairs(found.who)
    for count, (weight, one, other) in enumerate(weighed, 1):
        right += found.who[one] == found.who[other]
        best = max(best, (f1(right / count, right / true), count, weight))
    return best[1], best[2]
