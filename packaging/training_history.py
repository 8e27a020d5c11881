"""Prints a history for `git fast-import`: code, configuration, lock files and bundles that are edited in small steps.

python3 packaging/training_history.py SEED
"""

import base64
import random
import string
import sys

COMMITS = 250
EPOCH = 1_700_000_000


def main(seed: int) -> None:
    source = random.Random(seed)
    history = History(source)
    for number in range(COMMITS):
        history.commit(number)


class History:
    def __init__(self, source: random.Random) -> None:
        self.source = source
        letters = "etaoinshrdlucmfwypvbgk"
        self.words = ["".join(source.choices(letters, k=source.randint(3, 11))) for _ in range(3000)]
        self.words += ["stripe", "secret", "key", "token", "client", "webhook", "live", "test", "config", "return"]
        self.files: dict[str, list[str]] = {}
        for number in range(240):
            name, line = source.choice(KINDS)
            path = "/".join([*source.choices(self.words, k=source.randint(1, 4)), name.format(number)])
            self.files[path] = [line(self) for _ in range(source.choice([20, 60, 200, 900]))]
            if name.endswith(".min.js"):
                self.files[path] = ["".join(self.files[path])]

    def word(self) -> str:
        return self.source.choice(self.words)

    def body(self, length: int) -> str:
        return "".join(self.source.choices(string.ascii_letters + string.digits, k=length))

    def key(self) -> str:
        # Put together here and now: no key is part of this file.
        kind, mode = self.source.choice(["sk", "pk", "rk"]), self.source.choice(["live", "test", "test"])
        return f"{kind}_{mode}_{self.body(24)}"

    def edit(self, path: str) -> None:
        lines = self.files[path]
        line = next(line for name, line in KINDS if path.endswith(name.split("{}")[1]))
        for _ in range(self.source.randint(1, 5)):
            at = self.source.randrange(len(lines))
            change = self.source.choice(["replace", "insert", "delete"])
            if path.endswith(".min.js"):
                cut = self.source.randrange(len(lines[0]))
                lines[0] = lines[0][:cut] + line(self) + lines[0][cut + self.source.randint(0, 40) :]
            elif change == "replace":
                lines[at] = line(self)
            elif change == "insert":
                lines.insert(at, line(self))
            elif len(lines) > 1:
                del lines[at]

    def commit(self, number: int) -> None:
        paths = list(self.files) if number == 0 else self.source.sample(list(self.files), k=12)
        if number:
            for path in paths:
                self.edit(path)
        out = sys.stdout.buffer
        message = f"{self.word()} {self.word()} {self.word()}\n".encode()
        out.write(b"commit refs/heads/main\n")
        out.write(f"committer Somebody <somebody@example.com> {EPOCH + number * 3600} +0000\n".encode())
        out.write(b"data %d\n%s" % (len(message), message))
        for path in paths:
            text = "\n".join(self.files[path]).encode() + b"\n"
            out.write(f"M 100644 inline {path}\n".encode() + b"data %d\n%s\n" % (len(text), text))


def code(history: History) -> str:
    words = [history.word() for _ in range(6)]
    return f"    const {words[0]}_{words[1]} = {words[2]}.{words[3]}({words[4]}, '{words[5]}'); // {history.word()}"


def prose(history: History) -> str:
    return " ".join(history.word() for _ in range(12)) + "."


def setting(history: History) -> str:
    if history.source.random() < 0.01:
        return f"STRIPE_{history.word().upper()}={history.key()}"
    return f"{history.word().upper()}_{history.word().upper()}={history.body(history.source.randint(4, 60))}"


def locked(history: History) -> str:
    digest = base64.b64encode(history.source.randbytes(64)).decode()
    return f'    "node_modules/{history.word()}": {{"version": "1.2.3", "integrity": "sha512-{digest}"}},'


def minified(history: History) -> str:
    return f"function {history.word()[:2]}(e,t){{return e.{history.word()}(t)||n({history.source.randint(0, 999)})}};"


def pem(history: History) -> str:
    return base64.b64encode(history.source.randbytes(48)).decode()


def escaped(history: History) -> str:
    return f'  {{"name": "{history.word()}", "text": "{history.word()}\\u00e9\\n%2F&amp;{history.word()}"}},'


KINDS = [
    ("{}.ts", code),
    ("{}.py", code),
    ("{}.go", code),
    ("{}.md", prose),
    ("{}.env", setting),
    ("{}.lock.json", locked),
    ("{}.min.js", minified),
    ("{}.pem", pem),
    ("{}.jsonl", escaped),
]

if __name__ == "__main__":
    main(int(sys.argv[1]))
