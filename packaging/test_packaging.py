"""What is cheap to check of the files of this directory, of the release workflow, and of what users copy.

    python3 -B -m unittest discover packaging
"""

import contextlib
import email
import hashlib
import io
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile
from pathlib import Path
from unittest import mock

import bump
import pack
import pinned_wheel
from project import CHECKSUMS, ROOT, TARGETS, checksums, manifest

LINUX = "x86_64-unknown-linux-musl"
VERSION = manifest("version")
# Answers as the program does, in two lines.
PROGRAM = b'#!/bin/sh\necho "$0" >/dev/null\necho "$@"\n'


class Scratch(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.scratch = Path(directory.name)

    def refused(self, *words, root):
        with self.assertRaises(SystemExit) as refused, contextlib.redirect_stderr(io.StringIO()):
            bump.main(list(words), root)
        return str(refused.exception)


class Packages(Scratch):
    def setUp(self):
        super().setUp()
        self.dist = self.scratch / "dist"
        for triple in (target.triple for target in TARGETS):
            suffix = ".exe" if "windows" in triple else ""
            self.program(triple + suffix, PROGRAM if triple == LINUX else b"\x00no program of this machine")
        self.pack(self.dist)

    def program(self, name, data):
        file = self.scratch / "programs" / f"pinstripe-{name}"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(data)
        file.chmod(0o755)

    def pack(self, out):
        words = ["pack.py", "--out", str(out), "--scope", "@somebody", str(self.scratch / "programs")]
        with mock.patch.object(sys, "argv", words), contextlib.redirect_stdout(io.StringIO()):
            with mock.patch.dict(os.environ, SOURCE_DATE_EPOCH="1700000000"):
                pack.main()

    def wheel(self, triple):
        target = next(target for target in TARGETS if target.triple == triple)
        return self.dist / f"pinstripe-{VERSION}-py3-none-{target.wheel}.whl"

    def test_a_wheel_holds_the_program_as_a_program(self):
        with zipfile.ZipFile(self.wheel(LINUX)) as wheel:
            program = f"pinstripe-{VERSION}.data/scripts/pinstripe"
            modes = {entry.filename: entry.external_attr >> 16 for entry in wheel.infolist()}
            self.assertTrue(all(stat.S_ISREG(mode) for mode in modes.values()))
            self.assertEqual(stat.S_IMODE(modes.pop(program)), 0o755)
            self.assertEqual({stat.S_IMODE(mode) for mode in modes.values()}, {0o644})
            self.assertEqual(wheel.read(program), PROGRAM)
            tags = email.message_from_bytes(wheel.read(f"pinstripe-{VERSION}.dist-info/WHEEL")).get_all("Tag")
            self.assertIn("py3-none-manylinux_2_17_x86_64", tags)
            self.assertIn("py3-none-musllinux_1_1_x86_64", tags)
            metadata = email.message_from_bytes(wheel.read(f"pinstripe-{VERSION}.dist-info/METADATA"))
            self.assertEqual((metadata["Name"], metadata["Version"]), ("pinstripe", VERSION))
            record = wheel.read(f"pinstripe-{VERSION}.dist-info/RECORD").decode().splitlines()
            self.assertEqual([row.split(",")[0] for row in record], wheel.namelist())
            for name, digest, size in (row.split(",") for row in record[:-1]):
                data = wheel.read(name)
                self.assertEqual((digest, size), ("sha256=" + pack.unpadded(hashlib.sha256(data).digest()), str(len(data))))

    def test_every_platform_has_its_wheel(self):
        for triple, tag in [
            ("aarch64-unknown-linux-musl", "manylinux_2_17_aarch64.manylinux2014_aarch64.musllinux_1_1_aarch64"),
            ("aarch64-apple-darwin", "macosx_11_0_arm64"),
            ("x86_64-pc-windows-msvc", "win_amd64"),
        ]:
            self.assertTrue(self.wheel(triple).name.endswith(f"-py3-none-{tag}.whl"))
        with zipfile.ZipFile(self.wheel("x86_64-pc-windows-msvc")) as wheel:
            self.assertIn(f"pinstripe-{VERSION}.data/scripts/pinstripe.exe", wheel.namelist())

    def test_an_archive_holds_program_manual_and_completions(self):
        name = f"pinstripe-{VERSION}-{LINUX}"
        with tarfile.open(self.dist / f"{name}.tar.gz") as archive:
            modes = {entry.name.removeprefix(f"{name}/"): (entry.mode, entry.uid, entry.mtime) for entry in archive}
        self.assertEqual(modes.pop("pinstripe"), (0o755, 0, 1_700_000_000))
        expected = ["CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "completions/_pinstripe"]
        expected += ["completions/_pinstripe.ps1", "completions/pinstripe.bash", "completions/pinstripe.fish"]
        self.assertEqual(sorted(modes), [*expected, "man/man1/pinstripe.1"])
        self.assertEqual(set(modes.values()), {(0o644, 0, 1_700_000_000)})

    def test_npm_installs_one_platform(self):
        def package(name):
            with tarfile.open(self.dist / f"somebody-{name}-{VERSION}.tgz") as archive:
                modes = {entry.name: entry.mode for entry in archive}
                return modes, json.load(archive.extractfile("package/package.json"))

        modes, launcher = package("pinstripe")
        self.assertEqual(modes["package/bin/pinstripe"], 0o755)
        self.assertEqual(launcher["name"], "@somebody/pinstripe")
        self.assertNotIn("scripts", launcher)
        self.assertEqual(len(launcher["optionalDependencies"]), len(TARGETS))
        for name, version in launcher["optionalDependencies"].items():
            modes, platform = package(name.split("/")[1])
            self.assertEqual((platform["name"], platform["version"]), (name, version))
            self.assertNotIn("dependencies", platform)
            self.assertEqual(name, f"@somebody/pinstripe-{platform['os'][0]}-{platform['cpu'][0]}")
            self.assertEqual(modes[f"package/{platform['bin']['pinstripe']}"], 0o755)

    def test_checksums_are_those_of_the_files(self):
        lines = (self.dist / "checksums.txt").read_text().splitlines()
        self.assertEqual(sorted(line.split("  ")[1] for line in lines), sorted(set(os.listdir(self.dist)) - {"checksums.txt"}))
        for digest, name in (line.split("  ") for line in lines):
            self.assertEqual(hashlib.sha256((self.dist / name).read_bytes()).hexdigest(), digest)

    def test_the_same_programs_give_the_same_bytes(self):
        again = self.scratch / "again"
        self.pack(again)
        for name in os.listdir(self.dist):
            self.assertEqual((self.dist / name).read_bytes(), (again / name).read_bytes(), name)

    @unittest.skipUnless(shutil.which("node"), "needs node")
    def test_the_launcher_becomes_the_program(self):
        modules = self.scratch / "node_modules"
        platform = subprocess.check_output(["node", "-p", "`${process.platform}-${process.arch}`"], text=True).strip()
        own, program = modules / "@somebody/pinstripe", modules / f"@somebody/pinstripe-{platform}/bin/pinstripe"
        for directory in (own / "bin", program.parent, modules / ".bin"):
            directory.mkdir(parents=True)
        (own / "package.json").write_text('{"name": "@somebody/pinstripe"}')
        launcher = own / "bin/pinstripe"
        shutil.copy(ROOT / "packaging/launcher.js", launcher)
        link = modules / ".bin/pinstripe"
        link.symlink_to("../@somebody/pinstripe/bin/pinstripe")
        missing = subprocess.run(["node", launcher, "scan"], capture_output=True, text=True)
        self.assertEqual((missing.returncode, missing.stdout), (2, ""))
        self.assertIn("is not installed", missing.stderr)
        program.write_bytes(b'#!/bin/sh\necho "$@"\nexit 3\n')
        for file in (program, launcher):
            file.chmod(0o755)
        # A script that starts node with the file itself: it stays JavaScript. A link: it becomes the program.
        for words, became in [(["node", launcher], False), ([link], True), ([link], True)]:
            run = subprocess.run([*words, "scan", "a b"], capture_output=True, text=True)
            self.assertEqual((run.returncode, run.stdout, run.stderr), (3, "scan a b\n", ""))
            self.assertEqual(launcher.samefile(program), became)


class Bump(Scratch):
    def setUp(self):
        super().setUp()
        self.root = self.scratch / "project"
        for name in ["Cargo.toml", "Cargo.lock", "CHANGELOG.md", "README.md", "RELEASING.md", CHECKSUMS, ".pre-commit-hooks.yaml"]:
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, self.root / name)

    def text(self, name):
        return (self.root / name).read_text()

    def test_one_command_moves_everything(self):
        pins = len(re.findall(rf"(?:rev: |pinstripe@)v{re.escape(VERSION)}\b", self.text("README.md")))
        self.assertGreater(pins, 2)
        (self.root / CHECKSUMS).write_text(f"# kept\n{'0' * 64}  pinstripe-{VERSION}-x86_64-unknown-linux-musl.tar.gz\n")
        with mock.patch.dict(os.environ, SOURCE_DATE_EPOCH="1700000000"):
            bump.main(["77.8.9"], self.root)
        self.assertEqual(manifest("version", self.root), "77.8.9")
        self.assertIn('name = "pinstripe"\nversion = "77.8.9"\n', self.text("Cargo.lock"))
        self.assertIn("## Unreleased\n\n## 77.8.9 - 2023-11-14\n\n### Added\n", self.text("CHANGELOG.md"))
        self.assertEqual(len(re.findall(r"(?:rev: |pinstripe@)v77\.8\.9\b", self.text("README.md"))), pins)
        left = [line for line in self.text("README.md").splitlines() if re.search(rf"(?<![\d.]){re.escape(VERSION)}\b", line)]
        self.assertEqual(left, [])
        self.assertEqual(self.text(CHECKSUMS), "# kept\n")
        self.assertIn("says nothing", self.refused("77.8.10", root=self.root))
        changelog = self.text("CHANGELOG.md").replace("## Unreleased\n", "## Unreleased\n\n- Something.\n")
        (self.root / "CHANGELOG.md").write_text(changelog)
        for version in ("77.8.9", "77.8.8", "9.9.9"):
            self.assertIn("does not come after", self.refused(version, root=self.root))
        for wrong in ("1", "v1.2.3", "1.2.03", "1.2.3-rc.1"):
            self.assertIn("bump.py", self.refused(wrong, root=self.root))

    def test_checksums_of_archives_and_wheels_are_written_down(self):
        names = [f"pinstripe-{VERSION}-{LINUX}.tar.gz", f"pinstripe-{VERSION}-py3-none-win_amd64.whl"]
        others = [f"somebody-pinstripe-{VERSION}.tgz", "pinstripe-9.9.9-x86_64-apple-darwin.tar.gz"]
        file = self.scratch / "checksums.txt"
        file.write_text("".join(f"{number:064x}  {name}\n" for number, name in enumerate(names + others)))
        bump.main(["--checksums", str(file)], self.root)
        self.assertEqual(checksums(self.root), {name: f"{number:064x}" for number, name in enumerate(names)})
        self.assertTrue(self.text(CHECKSUMS).startswith("#"))
        self.assertEqual(pinned_wheel.requirement(self.root), f"pinstripe=={VERSION} --hash=sha256:{1:064x}\n")
        file.write_text("anything else\n")
        self.assertIn("no line of sha256sum", self.refused("--checksums", str(file), root=self.root))
        file.write_text(f"{0:064x}  {others[1]}\n")
        self.assertIn("names no archive", self.refused("--checksums", str(file), root=self.root))

    def test_without_a_release_there_is_no_wheel_to_take(self):
        with self.assertRaises(SystemExit) as refused:
            (self.root / CHECKSUMS).write_text("# nothing\n")
            pinned_wheel.requirement(self.root)
        self.assertIn("builds from source", str(refused.exception))

    def test_the_wheel_becomes_the_default_hook(self):
        bump.main(["--wheel-hook"], self.root)
        hooks = self.text(".pre-commit-hooks.yaml")
        self.assertRegex(hooks, r"(?s)- id: pinstripe-src\n.*?language: rust\n")
        self.assertRegex(hooks, r"- id: pinstripe\n(?:  .*\n)*?  language: python\n")

    def test_the_owner_is_named_everywhere(self):
        bump.main(["--owner", "Some-Body"], self.root)
        for name in ("README.md", "Cargo.toml", "RELEASING.md"):
            self.assertEqual([line for line in self.text(name).splitlines() if "OWNER" in line], [])
        self.assertIn("npm install ./some-body-pinstripe-", self.text("README.md"))
        self.assertIn("github.com/Some-Body/pinstripe", self.text("README.md"))


class Copied(unittest.TestCase):
    """Nothing that users copy names a package that nobody owns."""

    def test_the_default_hook_builds_from_source_until_the_name_is_held(self):
        held = "| PyPI `pinstripe` | held |" in (ROOT / "RELEASING.md").read_text()
        hooks = (ROOT / ".pre-commit-hooks.yaml").read_text()
        language = re.search(r"- id: pinstripe\n(?:  .*\n)*?  language: (\w+)\n", hooks)[1]
        self.assertEqual(language, "python" if held else "rust")

    def test_no_command_of_the_readme_installs_by_an_unowned_name(self):
        readme, releasing = (ROOT / "README.md").read_text(), (ROOT / "RELEASING.md").read_text()
        for registry, command in [
            ("PyPI", r"(?:pip|pipx|uv tool|uv pip) install(?: -\S+)* pinstripe\b(?!-)|uvx pinstripe\b"),
            ("npm", r"(?:npm (?:install|i)|npx)(?: -\S+)* (?:@\S+/)?pinstripe\b(?!-)"),
            ("crates.io", r"cargo (?:b?install|add)(?: --\S+)* pinstripe\b(?!-)"),
        ]:
            if f"| {registry} `pinstripe` | held |" not in releasing:
                self.assertNotRegex(readme, command)


class Crate(unittest.TestCase):
    def test_it_holds_what_it_is_built_from(self):
        words = ["cargo", "package", "--list", "--allow-dirty", "--offline"]
        files = subprocess.check_output(words, cwd=ROOT, text=True, stderr=subprocess.DEVNULL).split()
        own = {"Cargo.toml", "Cargo.lock", "Cargo.toml.orig", ".cargo_vcs_info.json"}
        outside = {file for file in files if not file.startswith(("src/", "rules/"))} - own
        self.assertEqual(outside, {"build.rs", "README.md", "CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT"})
        kinds = {Path(file).suffix for file in set(files) - own if file.startswith(("src/", "rules/"))}
        self.assertEqual(kinds - {".rs", ".toml", ".md", ".html", ".css", ".js"}, set())


class Workflows(unittest.TestCase):
    def test_actions_are_pinned_and_permissions_are_least(self):
        for file in [*sorted((ROOT / ".github/workflows").glob("*.yml")), ROOT / "action.yml"]:
            text = file.read_text()
            for used in re.findall(r"^\s*(?:- )?uses: (.*)$", text, re.MULTILINE):
                if not used.startswith("./"):
                    self.assertRegex(used, r"^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+(\.\d+)*$", file)
            if file.name == "action.yml":
                continue
            self.assertRegex(text, r"(?m)^permissions: \{\}$", file)
            jobs = re.split(r"(?m)^  (?=\w[\w-]*:$)", text.split("\njobs:\n")[1])[1:]
            for job in jobs:
                self.assertIn("\n    permissions:\n", job, f"{file}: {job}")
                self.assertIn("\n    timeout-minutes: ", job, f"{file}: {job}")
                writes = re.findall(r"^      ([\w-]+): write", job, re.MULTILINE)
                allowed = {"attest": ["id-token", "attestations"], "draft": ["contents"]}
                self.assertEqual(writes, allowed.get(job.split(":")[0], []), f"{file}: {job}")
            self.assertNotRegex(text, r"(?m)^\s*run: .*\$\{\{", file)

    def test_every_target_is_built(self):
        text = (ROOT / ".github/workflows/release.yml").read_text()
        self.assertEqual(sorted(re.findall(r"target: ([\w-]+)", text)), sorted(target.triple for target in TARGETS))

    def test_the_action_knows_the_targets(self):
        script = (ROOT / ".github/action/run.sh").read_text()
        self.assertEqual(set(re.findall(r"printf '([\w-]+-[\w-]+-[\w-]+)'", script)), {target.triple for target in TARGETS})


if __name__ == "__main__":
    unittest.main()
