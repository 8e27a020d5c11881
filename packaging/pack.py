"""Makes what a release consists of from built programs: archives, wheels, npm packages, SHA-256 sums.

    python3 packaging/pack.py --out DIR [--scope @NAME] DIRECTORY

DIRECTORY holds pinstripe-TARGET (with .exe for Windows), as build.sh leaves them. The same programs give the same bytes:
times are SOURCE_DATE_EPOCH, or those of the last commit; names are sorted; owners are nobody.
"""

import argparse
import base64
import gzip
import hashlib
import io
import json
import os
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

from project import ROOT, TARGETS, Target, manifest

SHELLS = {"bash": "pinstripe.bash", "zsh": "_pinstripe", "fish": "pinstripe.fish", "powershell": "_pinstripe.ps1"}
LICENSES = ["LICENSE-APACHE", "LICENSE-MIT"]

# A file of a package: its name, its bytes, and whether it is a program.
File = tuple[str, bytes, bool]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--out", type=Path, required=True)
    arguments.add_argument("--scope", default="@owner", help="owner of the npm packages")
    arguments.add_argument("programs", type=Path)
    given = arguments.parse_args()
    found = {target: given.programs / f"pinstripe-{target.triple}{Path(target.program).suffix}" for target in TARGETS}
    programs = {target: file.read_bytes() for target, file in found.items() if file.is_file()}
    if not programs:
        raise SystemExit(f"no program in {given.programs}")
    given.out.mkdir(parents=True, exist_ok=True)
    manual = manual_of(found[target] for target in programs)
    version, made = manifest("version"), {}
    for target, program in programs.items():
        made |= archive(version, target, program, manual)
        made |= wheel(version, target, program)
        made |= npm_platform(version, target, program, given.scope)
    made |= npm_launcher(version, list(programs), given.scope)
    for profile in sorted(given.programs.glob("*.profdata")):
        made[profile.name.replace("pinstripe-", f"pinstripe-{version}-", 1)] = profile.read_bytes()
    for name, data in made.items():
        (given.out / name).write_bytes(data)
    sums = "".join(f"{hashlib.sha256(made[name]).hexdigest()}  {name}\n" for name in sorted(made))
    (given.out / "checksums.txt").write_text(sums)
    sys.stdout.write(sums)


def epoch() -> int:
    """Returns the time of every file."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    return int(given or subprocess.check_output(["git", "-C", ROOT, "log", "-1", "--format=%ct"], text=True))


def manual_of(programs) -> list[File]:
    """Asks a program that runs here for the manual page and the completions, which are the same for every target."""
    for program in programs:
        # Uploaded and downloaded, it may have lost its mode.
        program.chmod(0o755)
        try:
            pages = [("man/man1/pinstripe.1", subprocess.check_output([program, "man"]), False)]
            for shell, name in SHELLS.items():
                pages.append((f"completions/{name}", subprocess.check_output([program, "completions", shell]), False))
            return pages
        except OSError:
            continue
    raise SystemExit("no program runs on this machine: who writes the manual page and the completions?")


def documents(*names: str) -> list[File]:
    return [(name, (ROOT / name).read_bytes(), False) for name in names]


def tarball(files: list[File], prefix: str) -> bytes:
    out, when = io.BytesIO(), epoch()
    with gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=when) as packed:
        with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            for name, data, is_program in sorted(files):
                entry = tarfile.TarInfo(prefix + name)
                entry.size, entry.mtime, entry.mode = len(data), when, 0o755 if is_program else 0o644
                tar.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def archive(version: str, target: Target, program: bytes, manual: list[File]) -> dict[str, bytes]:
    name = f"pinstripe-{version}-{target.triple}"
    files = [(target.program, program, True), *manual, *documents("README.md", "CHANGELOG.md", *LICENSES)]
    return {f"{name}.tar.gz": tarball(files, f"{name}/")}


def wheel(version: str, target: Target, program: bytes) -> dict[str, bytes]:
    info, tags = f"pinstripe-{version}.dist-info", target.wheel.split(".")
    metadata = [
        "Metadata-Version: 2.4",
        "Name: pinstripe",
        f"Version: {version}",
        f"Summary: {manifest('description')}",
        f"License-Expression: {manifest('license')}",
        *(f"License-File: {name}" for name in LICENSES),
        f"Keywords: {','.join(json.loads(f'[{keywords()}]'))}",
        "Requires-Python: >=3.8",
        "Description-Content-Type: text/markdown",
    ]
    kind = ["Wheel-Version: 1.0", "Generator: pinstripe", "Root-Is-Purelib: false", *(f"Tag: py3-none-{tag}" for tag in tags)]
    files: list[File] = [
        (f"pinstripe-{version}.data/scripts/{target.program}", program, True),
        ("pinstripe/__init__.py", b"", False),
        ("pinstripe/__main__.py", (ROOT / "packaging/module.py").read_bytes(), False),
        (f"{info}/METADATA", ("\n".join(metadata) + "\n\n" + (ROOT / "README.md").read_text()).encode(), False),
        (f"{info}/WHEEL", ("\n".join(kind) + "\n").encode(), False),
        *((f"{info}/licenses/{name}", data, mode) for name, data, mode in documents(*LICENSES)),
    ]
    rows = [f"{name},sha256={unpadded(hashlib.sha256(data).digest())},{len(data)}" for name, data, _ in files]
    files.append((f"{info}/RECORD", "\n".join([*rows, f"{info}/RECORD,,", ""]).encode(), False))
    return {f"pinstripe-{version}-py3-none-{target.wheel}.whl": zipped(files)}


def keywords() -> str:
    line = next(line for line in (ROOT / "Cargo.toml").read_text().splitlines() if line.startswith("keywords = ["))
    return line.removeprefix("keywords = [").removesuffix("]")


def unpadded(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def zipped(files: list[File]) -> bytes:
    # The times of a zip begin in 1980.
    when = time.gmtime(max(epoch(), 315_532_800))[:6]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, data, is_program in files:
            entry = zipfile.ZipInfo(name, when)
            # A regular file: without that bit, some installers do not see the others. Made on Unix, wherever that is.
            entry.external_attr, entry.create_system = (0o100755 if is_program else 0o100644) << 16, 3
            archive.writestr(entry, data, zipfile.ZIP_DEFLATED, 9)
    return out.getvalue()


def npm_manifest(version: str, name: str, more: dict) -> File:
    common = {"name": name, "version": version, "description": manifest("description"), "license": manifest("license")}
    return "package.json", (json.dumps(common | more, indent=2) + "\n").encode(), False


def npm_file(scope: str, name: str, version: str) -> str:
    return f"{scope.removeprefix('@')}-{name}-{version}.tgz"


def npm_platform(version: str, target: Target, program: bytes, scope: str) -> dict[str, bytes]:
    """Makes the package of one platform. It can be installed alone, and then names no other."""
    name, inside = f"pinstripe-{target.npm}", f"bin/{target.program}"
    more = {"os": [target.npm_os], "cpu": [target.npm_cpu], "preferUnplugged": True, "bin": {"pinstripe": inside}}
    files = [npm_manifest(version, f"{scope}/{name}", more), (inside, program, True), *documents("README.md", *LICENSES)]
    return {npm_file(scope, name, version): tarball(files, "package/")}


def npm_launcher(version: str, targets: list[Target], scope: str) -> dict[str, bytes]:
    """Makes the package that depends on those of the platforms, of which npm installs one."""
    platforms = {f"{scope}/pinstripe-{target.npm}": version for target in targets}
    more = {"bin": {"pinstripe": "bin/pinstripe"}, "engines": {"node": ">=18"}, "optionalDependencies": platforms}
    launcher = (ROOT / "packaging/launcher.js").read_bytes()
    files = [npm_manifest(version, f"{scope}/pinstripe", more), ("bin/pinstripe", launcher, True)]
    return {npm_file(scope, "pinstripe", version): tarball([*files, *documents("README.md", *LICENSES)], "package/")}


if __name__ == "__main__":
    main()
