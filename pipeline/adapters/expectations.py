"""Great Expectations: states the verdicts on in-memory frames and writes them down as Data Docs, static HTML in a folder."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.core.series.checks import Check, Columns
from pipeline.errors import DataError, StoreError

EXAMPLES = 5
logging.getLogger("great_expectations._docs_decorators").setLevel(logging.WARNING)  # it tells of 200 functions that it skips


@dataclass(frozen=True, slots=True)
class Verdict:
    """What Great Expectations found of one check.

    Args:
        check: What was checked.
        success: True where the expectation holds.
        unexpected: How many values broke it.
        examples: A few of them.
    """

    check: Check
    success: bool
    unexpected: int
    examples: tuple[Any, ...]

    def __str__(self) -> str:
        found = ", ".join(f"{value:g}" if isinstance(value, float) else str(value) for value in self.examples)
        where = f"found {found or 'no value'} in {self.unexpected} row(s), expected {self.check.expected}"
        return f"expectation failed: {self.check.name}; {where}"


class Expectations:
    """One run's validation: judge frames, then build the Data Docs of all that was judged.

    Args:
        docs: Folder of this run's Data Docs; what an earlier attempt left there is replaced.
    """

    def __init__(self, docs: Path) -> None:
        import great_expectations as gx  # takes seconds
        from great_expectations.data_context.types.base import ProgressBarsConfig

        self.docs = docs
        self._context = gx.get_context(mode="ephemeral")
        self._context.variables.progress_bars = ProgressBarsConfig(globally=False)
        self._pandas = self._context.data_sources.add_pandas("snapshot")

    def judge(self, suite: str, measures: Columns, checks: Sequence[Check]) -> list[Verdict]:
        """Return one verdict per check, in their order.

        Args:
            suite: What is judged; the name of the suite in the Data Docs.
            measures: Columns to judge, by name; numbers as float64 or int64.
            checks: What must hold.
        """
        columns = list(dict.fromkeys(check.column for check in checks))
        frame = pd.DataFrame({name: measures[name] for name in columns})
        results = self._validate(suite, frame, [_expectation(check) for check in checks])
        return [_verdict(check, result) for check, result in zip(checks, results, strict=True)]

    def _validate(self, name: str, frame: pd.DataFrame, expectations: list[Any]) -> list[Any]:
        """Validate one frame and return the results in the order of the expectations."""
        import great_expectations as gx

        batch = self._pandas.add_dataframe_asset(name).add_batch_definition_whole_dataframe("snapshot")
        suite = self._context.suites.add(gx.ExpectationSuite(name, expectations=expectations))
        definition = self._context.validation_definitions.add(gx.ValidationDefinition(name=name, data=batch, suite=suite))
        outcome = definition.run(batch_parameters={"dataframe": frame}, result_format="SUMMARY")
        found = {result.expectation_config.id: result for result in outcome.results if result.expectation_config}
        return [found[expectation.id] for expectation in suite.expectations]

    def publish(self) -> str:
        """Build the Data Docs and return the URL of their index page.

        Raises:
            StoreError: The folder cannot be written.
        """
        site: Any = {
            "class_name": "SiteBuilder",
            "show_how_to_buttons": False,
            "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
            "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(self.docs.resolve())},
        }
        try:
            shutil.rmtree(self.docs, ignore_errors=True)
            self.docs.mkdir(parents=True)
            self._context.add_data_docs_site("run", site)
            self._context.build_data_docs(site_names=["run"])
        except OSError as error:
            raise StoreError(f"cannot write Data Docs to {self.docs}: {error}; free space or check DAYAHEAD_HOME") from error
        return (self.docs.resolve() / "index.html").as_uri()


def _expectation(check: Check) -> Any:
    from great_expectations import expectations

    said: dict[str, Any] = {"column": check.column, "notes": check.name, "meta": {"notes": check.name}}
    if check.allowed:
        return expectations.ExpectColumnValuesToBeInSet(**said, value_set=list(check.allowed), mostly=check.mostly)
    if check.minimum is None and check.maximum is None:
        return expectations.ExpectColumnValuesToNotBeNull(**said, mostly=check.mostly)
    bounds: dict[str, Any] = {"min_value": check.minimum, "max_value": check.maximum, "strict_min": check.above}
    return expectations.ExpectColumnValuesToBeBetween(**said, **bounds, mostly=check.mostly)


def _verdict(check: Check, result: Any) -> Verdict:
    details = result.exception_info or {}  # one fault, or one for each metric that the expectation needs
    for fault in (details, *(part for part in details.values() if isinstance(part, dict))):
        if fault.get("raised_exception"):
            raise DataError(f"could not check that {check.name}: {fault['exception_message']}; expected {check.expected} in {check.column}")
    found = result.result
    examples = found.get("partial_unexpected_list") or [found[key] for key in ("observed_value",) if key in found]
    return Verdict(check, bool(result.success), int(found.get("unexpected_count", 0)), tuple(examples[:EXAMPLES]))
