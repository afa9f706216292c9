"""Known vulnerabilities of the pinned packages, asked of the advisory services by pip-audit; what could not be asked is said."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

LOCK = Path(__file__).parents[2] / "requirements.lock"


def report(dependencies: list[dict]) -> tuple[list[str], int]:
    """Return the audit in lines for people, and the exit code: 1 where a package has a known vulnerability."""
    unasked = [each["name"] for each in dependencies if "skip_reason" in each]
    faulty = [each for each in dependencies if each.get("vulns")]
    lines = [
        f"{len(dependencies) - len(unasked)} of {len(dependencies)} pinned packages looked up, {len(faulty)} with a known vulnerability"
    ]
    for each in faulty:
        found = "; ".join(f"{v['id']} (fixed in {', '.join(v['fix_versions']) or 'no version yet'})" for v in each["vulns"])
        lines.append(f"{each['name']} {each['version']}: {found}")
    if unasked:
        names = ", ".join(unasked[:5]) + (f" and {len(unasked) - 5} more" if len(unasked) > 5 else "")
        lines.append(
            f"not looked up, for the advisory service does not answer for them from here: {names}. Run it where PyPI can be reached"
        )
    return lines, int(bool(faulty))


def main() -> int:
    """Run pip-audit over the pins."""
    command = ["pip_audit", "--requirement", str(LOCK), "--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
    done = subprocess.run([sys.executable, "-m", *command], capture_output=True, text=True, check=False)
    try:
        dependencies = json.loads(done.stdout)["dependencies"]
    except ValueError:
        sys.stdout.write(
            f"nothing was looked up: {done.stderr.strip().splitlines()[-1:] or ['no answer']}. Run it where PyPI can be reached\n"
        )
        return 0
    lines, code = report(dependencies)
    sys.stdout.write("\n".join(lines) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
