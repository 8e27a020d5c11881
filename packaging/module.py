"""`python -m pinstripe`: becomes the program that is installed with this module."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path


def find() -> str:
    name = "pinstripe" + (".exe" if os.name == "nt" else "")
    user = f"{os.name}_user"
    places = [Path(sysconfig.get_path("scripts"))]
    if user in sysconfig.get_scheme_names():
        places.append(Path(sysconfig.get_path("scripts", user)))
    # `pip install --target` and `--prefix`.
    places += [parent / part for parent in Path(__file__).resolve().parents[1:5] for part in ("bin", "Scripts")]
    for place in places:
        if (place / name).is_file():
            return str(place / name)
    raise SystemExit(f"pinstripe is not in {places[0]}: install the package again")


def main() -> None:
    arguments = [find(), *sys.argv[1:]]
    if os.name == "nt":
        raise SystemExit(subprocess.call(arguments))
    os.execv(arguments[0], arguments)


if __name__ == "__main__":
    main()
