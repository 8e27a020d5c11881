"""Moves the project to another version, and writes down a release's checksums. RELEASING.md says when.

    python3 packaging/bump.py 0.2.0               Cargo.toml, Cargo.lock, CHANGELOG, README's pins; no checksums yet
    python3 packaging/bump.py --checksums FILE    the release's checksums.txt, for the Action and the wheel hook
    python3 packaging/bump.py --owner NAME        the owner on GitHub, wherever it is named
    python3 packaging/bump.py --wheel-hook        makes the wheel the hook `pinstripe`; the build becomes `pinstripe-src`
"""

import datetime
import os
import re
import sys
from pathlib import Path

from project import CHECKSUMS, ROOT, manifest

VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


def main(words: list[str], root: Path = ROOT) -> None:
    match words:
        case ["--checksums", file]:
            seal(Path(file), root)
        case ["--owner", name] if re.fullmatch(r"[A-Za-z0-9-]+", name):
            own(name, root)
        case ["--wheel-hook"]:
            default_to_wheel(root)
        case [version] if VERSION.fullmatch(version):
            bump(version, root)
        case _:
            raise SystemExit(__doc__)


def numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def replace(file: Path, pattern: str, new, expected: range = range(1, 100)) -> None:
    """Replaces every match, and insists that there are as many as expected."""
    text, count = re.subn(pattern, new, file.read_text(), flags=re.MULTILINE)
    if count not in expected:
        raise SystemExit(f"{file}: {count} places for {pattern!r}")
    file.write_text(text)


def bump(version: str, root: Path) -> None:
    old = manifest("version", root)
    # The first release is that of the version that the project begins with.
    released = f"\n## {old} - " in changelog(root)
    if numbers(version) < numbers(old) or (released and version == old):
        raise SystemExit(f"{version} does not come after {old}")
    quoted, once = re.escape(old), range(1, 2)
    if changelog(root).split("## Unreleased\n", 1)[1].split("\n## ", 1)[0].strip() == "":
        raise SystemExit("CHANGELOG.md says nothing under Unreleased")
    replace(root / "Cargo.toml", rf'^version = "{quoted}"$', f'version = "{version}"', once)
    replace(root / "Cargo.lock", rf'^(name = "pinstripe"\nversion = )"{quoted}"$', rf'\1"{version}"', once)
    replace(root / "CHANGELOG.md", r"^## Unreleased$", f"## Unreleased\n\n## {version} - {today()}", once)
    replace(root / "README.md", rf"((?:rev: |/pinstripe@|/download/)v|\bpinstripe-(?:\w+-)*){quoted}\b", rf"\g<1>{version}")
    # Those of another version are taken for none.
    (root / CHECKSUMS).write_text("".join(header(root)))


def changelog(root: Path) -> str:
    return (root / "CHANGELOG.md").read_text()


def today() -> str:
    """Returns the day of the release, in UTC."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    now = datetime.datetime.fromtimestamp(int(given), datetime.timezone.utc) if given else datetime.datetime.now(datetime.timezone.utc)
    return now.date().isoformat()


def header(root: Path) -> list[str]:
    return [line for line in (root / CHECKSUMS).read_text().splitlines(keepends=True) if line.startswith("#")]


def seal(file: Path, root: Path) -> None:
    """Takes the checksums of this version's archives and wheels."""
    version, kept = manifest("version", root), []
    for line in file.read_text().splitlines():
        found = re.fullmatch(r"[0-9a-f]{64}  (\S+)", line)
        if not found:
            raise SystemExit(f"{file}: no line of sha256sum: {line[:100]!r}")
        if re.fullmatch(rf"pinstripe-{re.escape(version)}-[\w.-]+\.(tar\.gz|whl)", found[1]):
            kept.append(line + "\n")
    if not kept:
        raise SystemExit(f"{file} names no archive of {version}")
    (root / CHECKSUMS).write_text("".join([*header(root), *sorted(kept, key=lambda line: line.split("  ")[1])]))


def own(name: str, root: Path) -> None:
    for file in ("README.md", "Cargo.toml", "RELEASING.md"):
        # npm knows lower case only.
        replace(root / file, r"@OWNER(?=/pinstripe)|\bOWNER(?=-pinstripe)", lambda found: found[0].replace("OWNER", name.lower()), range(100))
        replace(root / file, r"\bOWNER(?=/pinstripe)", name)


def default_to_wheel(root: Path) -> None:
    hooks = root / ".pre-commit-hooks.yaml"
    replace(hooks, r"^- id: pinstripe$", "- id: pinstripe-src", range(1, 2))
    replace(hooks, r"^- id: pinstripe-wheel$", "- id: pinstripe", range(1, 2))


if __name__ == "__main__":
    main(sys.argv[1:])
