"""What the files of this directory know of the project: where it is, what it is called, for which targets it is built."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHECKSUMS = ".github/action/checksums.txt"


@dataclass(frozen=True)
class Target:
    """A target of the compiler, and what the package managers call it."""

    triple: str
    wheel: str
    npm: str

    @property
    def program(self) -> str:
        return "pinstripe.exe" if "windows" in self.triple else "pinstripe"

    @property
    def npm_os(self) -> str:
        return self.npm.split("-")[0]

    @property
    def npm_cpu(self) -> str:
        return self.npm.split("-")[1]


def _linux(machine: str) -> str:
    # A static program needs no C library: it is what every policy for Linux allows.
    return f"manylinux_2_17_{machine}.manylinux2014_{machine}.musllinux_1_1_{machine}"


TARGETS = [
    Target("x86_64-unknown-linux-musl", _linux("x86_64"), "linux-x64"),
    Target("aarch64-unknown-linux-musl", _linux("aarch64"), "linux-arm64"),
    Target("x86_64-apple-darwin", "macosx_11_0_x86_64", "darwin-x64"),
    Target("aarch64-apple-darwin", "macosx_11_0_arm64", "darwin-arm64"),
    Target("x86_64-pc-windows-msvc", "win_amd64", "win32-x64"),
]


def target(triple: str) -> Target:
    return next(target for target in TARGETS if target.triple == triple)


def manifest(key: str, root: Path = ROOT) -> str:
    """Returns a text of Cargo.toml's `[package]`."""
    package = (root / "Cargo.toml").read_text().split("\n[", 1)[0]
    found = re.search(rf'^{key} = "([^"]*)"$', package, re.MULTILINE)
    if not found:
        raise SystemExit(f"Cargo.toml says no {key}")
    return found[1]


def checksums(root: Path = ROOT) -> dict[str, str]:
    """Returns the digests of the release's files by name, as the Action reads them."""
    lines = (root / CHECKSUMS).read_text().splitlines()
    found = [re.fullmatch(r"([0-9a-f]{64})  (\S+)", line) for line in lines]
    return {match[2]: match[1] for match in found if match}
