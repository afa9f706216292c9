"""docs/operations.md: every alert has its section, and every statement in it runs."""

import re
from pathlib import Path

import pytest

from pipeline.alerts.messages import RUNBOOK

TEXT = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
BLOCKS = re.findall(r"```sql\n(.*?)```", TEXT, re.DOTALL)
STATEMENTS = [text.strip() for block in BLOCKS for text in re.sub(r"--.*", "", block).split(";") if text.strip()]


def test_every_alert_leads_to_a_section_of_the_runbook():
    headings = {re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-") for heading in re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)}

    assert set(RUNBOOK.values()) <= headings


@pytest.mark.parametrize("text", STATEMENTS)
def test_every_statement_of_the_runbook_runs(run_sql, text):
    assert run_sql(text) is not None
