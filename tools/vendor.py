"""Fetch the font that the pages load, and the script that tests them, from the npm registry.

``make vendor`` runs this: each file is checked against vendor.sha256 before it is written. After a
change of PACKAGES, ``python tools/vendor.py --record`` writes new sums, to be read before they are
committed.
"""

import hashlib
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
SUMS = Path(__file__).with_name("vendor.sha256")

FONTS = "book/webassets/fonts/"
AXE = "tests/pages/axe-core/"

# package: {file in the package, or folder ending in "/": its place in this repository}
PACKAGES = {
    "@fontsource/stix-two-math@5.3.0": {
        "files/stix-two-math-latin-400-normal.woff2": FONTS + "stix-two-math.woff2",
        "LICENSE": FONTS + "LICENSE",
    },
    "axe-core@4.14.1": {
        "axe.min.js": AXE + "axe.min.js",
        "LICENSE": AXE + "LICENSE",
        "LICENSE-3RD-PARTY.txt": AXE + "LICENSE-3RD-PARTY.txt",
    },
}


def main():
    record = "--record" in sys.argv[1:]
    files = {}
    with tempfile.TemporaryDirectory() as folder:
        for package, places in PACKAGES.items():
            files.update(extract(download(package, folder), places))
    sums = {place: hashlib.sha256(content).hexdigest() for place, content in files.items()}
    if record:
        SUMS.write_text("".join(f"{sums[place]}  {place}\n" for place in sorted(sums)))
    wrong = sorted(set(sums.items()) ^ set(known_sums().items()))
    if wrong:
        sys.exit(f"These differ from {SUMS.name}: " + ", ".join(sorted({p for p, _ in wrong})))
    for place, content in files.items():
        target = ROOT / place
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    print(f"{len(files)} files, all with the sums of {SUMS.name}, are in their places")


def known_sums():
    """{place: sha256} of the committed list, which `sha256sum -c` reads too."""
    lines = SUMS.read_text().splitlines()
    return {place: digest for digest, place in (line.split() for line in lines)}


def download(package, folder):
    """The path of the package's archive, fetched by npm."""
    try:
        done = subprocess.run(
            ["npm", "pack", "--silent", package],
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    except FileNotFoundError:
        sys.exit("npm is needed to fetch what is vendored; none is on the PATH.")
    except subprocess.CalledProcessError:
        sys.exit(f"npm could not fetch {package}.")
    return Path(folder, done.stdout.split()[-1])


def extract(archive, places):
    """{place: content} of the wanted files of a package."""
    found = {}
    with tarfile.open(archive) as package:
        for member in package.getmembers():
            name = member.name.removeprefix("package/")
            folder = name[: name.rfind("/") + 1]
            if name in places:
                found[places[name]] = package.extractfile(member).read()
            elif folder in places and member.isfile():
                found[places[folder] + name[len(folder) :]] = package.extractfile(member).read()
    return found


if __name__ == "__main__":
    main()
