"""What ``make audit`` says of an answer, and of none."""

from tests.security.audit import report

SOUND = {"name": "numpy", "version": "2.4.6", "vulns": []}
UNASKED = {"name": "yarl", "skip_reason": "Dependency not found on PyPI"}
FAULTY = {
    "name": "old",
    "version": "1.0",
    "vulns": [{"id": "CVE-2026-1", "fix_versions": ["1.1"]}, {"id": "CVE-2026-2", "fix_versions": []}],
}


def test_audit_names_the_vulnerability_and_the_version_that_mends_it():
    lines, code = report([SOUND, FAULTY])

    assert code == 1
    assert lines[0] == "2 of 2 pinned packages looked up, 1 with a known vulnerability"
    assert lines[1] == "old 1.0: CVE-2026-1 (fixed in 1.1); CVE-2026-2 (fixed in no version yet)"


def test_audit_says_what_it_could_not_ask():
    lines, code = report([SOUND, UNASKED])

    assert code == 0
    assert lines[0] == "1 of 2 pinned packages looked up, 0 with a known vulnerability"
    assert "does not answer for them from here: yarl" in lines[1]
