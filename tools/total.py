"""Add up the reports of several pytest runs, and end like pytest does."""

import sys
from xml.etree import ElementTree

suites = [ElementTree.parse(path).getroot().find("testsuite") for path in sys.argv[1:]]
total = {
    name: sum(float(suite.get(name)) for suite in suites)
    for name in ("tests", "failures", "errors", "skipped", "time")
}
failed = total["failures"] + total["errors"]
passed = total["tests"] - failed - total["skipped"]
parts = [f"{passed:.0f} passed"]
parts += [f"{failed:.0f} failed"] if failed else []
parts += [f"{total['skipped']:.0f} skipped"] if total["skipped"] else []
print(f" {', '.join(parts)} in {total['time']:.1f}s ".center(80, "="))
