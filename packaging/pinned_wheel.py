"""The build backend of this repository as a Python package: its wheel is that of the release, taken by its SHA-256.

So `pip install` of a checkout, which is what pre-commit and prek do for `pinstripe-wheel`, needs neither a compiler nor
trust in whoever owns the name in an index. The index is pip's own (`PIP_INDEX_URL`, pip.conf), or uv's.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from project import CHECKSUMS, ROOT, checksums, manifest


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    with tempfile.TemporaryDirectory() as scratch:
        pins = Path(scratch, "pins.txt")
        pins.write_text(requirement())
        words = ["--require-hashes", "--only-binary", ":all:", "--no-deps", "--quiet", "--dest", scratch]
        environment = dict(os.environ)
        index = environment.get("UV_DEFAULT_INDEX") or environment.get("UV_INDEX_URL")
        if index:
            environment.setdefault("PIP_INDEX_URL", index)
        subprocess.run([sys.executable, "-m", "pip", "download", *words, "-r", pins], check=True, env=environment)
        wheel = next(Path(scratch).glob("*.whl"))
        Path(wheel_directory, wheel.name).write_bytes(wheel.read_bytes())
        return wheel.name


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return build_wheel(wheel_directory)


def requirement(root: Path = ROOT) -> str:
    """Returns the version and the digests of its wheels as a line of pip's requirements."""
    version = manifest("version", root)
    digests = [digest for name, digest in checksums(root).items() if name.startswith(f"pinstripe-{version}-py3-")]
    if not digests:
        raise SystemExit(f"{CHECKSUMS} names no wheel of {version}: use the hook pinstripe, which builds from source")
    return " ".join([f"pinstripe=={version}", *(f"--hash=sha256:{digest}" for digest in digests)]) + "\n"
