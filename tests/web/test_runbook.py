"""The runbook as a page: where alerts lead."""

import re

from pipeline.alerts.messages import RUNBOOK
from pipeline.web import runbook


def test_every_alert_leads_to_an_anchor_of_the_page():
    page = runbook.runbook().body.decode()

    assert [anchor for anchor in RUNBOOK.values() if f'id="{anchor}"' not in page] == []


def test_page_has_tables_and_code_and_no_link_that_leads_nowhere():
    page = runbook.runbook().body.decode()
    article = page[page.index("<article") :]

    assert "<table>" in article
    assert "select max(ts) from dayahead.traffic" in article
    assert [link for link in re.findall(r'href="([^"]*)"', article) if not link.startswith(("http", "#"))] == []


def test_html_in_the_text_stays_text():
    assert "&lt;script&gt;" in runbook._written("# a\n<script>alert(1)</script>")
