"""Random operations in a folder that is this node's alone to change, with what they must come to; a look at the others'
folders; or all that is in a folder. Arguments: work FOLDER MODEL OPERATIONS SEED, watch FOLDER OWN SECONDS, tree FOLDER.

Each file's first line is the hash of its rest, so that half a file can be told. MODEL is a JSON file: path: hash and mode."""

import hashlib
import json
import os
import random
import shutil
import sys
import time

MOMENT = 0.1  # seconds


class Work:
    def __init__(self, folder, model, seed):
        self.folder, self.model_path = folder, model
        self.random = random.Random(seed)
        os.makedirs(folder, exist_ok=True)
        # A power cut may have come between an operation and the model's, or in the midst of a save: what is there now counts,
        # but for what was to be renamed, which stays on this node.
        for path in tree(folder):
            if path.endswith(".tmp"):
                os.unlink(self.at(path))
        self.model = tree(folder)

    def run(self, operations):
        for _ in range(operations):
            weighted = [self.save] * 4 + [self.edit] * 5 + [self.rename, self.delete, self.chmod, self.move_folder, self.remove_folder]
            self.random.choice(weighted)()
            with open(self.model_path + ".new", "w") as file:
                json.dump(self.model, file)
            os.replace(self.model_path + ".new", self.model_path)
            time.sleep(self.random.expovariate(20))

    def some_file(self):
        return self.random.choice(sorted(self.model)) if self.model else None

    def some_path(self):
        folders = [f"folder{self.random.randrange(6)}" for _ in range(self.random.randrange(4))]
        return "/".join([*folders, f"file{self.random.randrange(40)}.py"])

    def save(self):
        """As editors do: written in place, or beside it and renamed."""
        path = self.some_path()
        self.make_room(path)
        text, aside = self.text(), self.random.random() < 0.5
        written = f"{path}.tmp" if aside else path
        with open(self.at(written), "w") as file:
            file.write(text)
        if aside:
            os.replace(self.at(written), self.at(path))
        self.note(path)

    def edit(self):
        """In place and slowly, often of the same length, and some of it at once again."""
        if path := self.some_file():
            for _ in range(self.random.choice([1, 1, 2, 3])):
                text = self.text()
                with open(self.at(path), "w") as file:
                    for at in range(0, len(text), 700):
                        file.write(text[at : at + 700])
                        file.flush()
                        time.sleep(0.002)
            self.note(path)

    def rename(self):
        if path := self.some_file():
            target = self.some_path()
            self.make_room(target)
            if os.path.exists(self.at(path)):
                os.replace(self.at(path), self.at(target))
                self.model.pop(path)
                self.note(target)

    def delete(self):
        if path := self.some_file():
            os.unlink(self.at(path))
            del self.model[path]

    def chmod(self):
        if path := self.some_file():
            os.chmod(self.at(path), self.random.choice([0o644, 0o755, 0o600, 0o664]))
            self.note(path)

    def move_folder(self):
        target = f"moved{self.random.randrange(6)}"
        if (folder := self.some_folder()) and folder != target:
            self.remove(target)
            os.rename(self.at(folder), self.at(target))
            moved = {path: said for path, said in self.model.items() if path.startswith(folder + "/")}
            self.model = {path: said for path, said in self.model.items() if path not in moved}
            self.model |= {target + path[len(folder) :]: said for path, said in moved.items()}

    def remove_folder(self):
        if self.random.random() < 0.15 and (folder := self.some_folder()):
            self.remove(folder)

    def some_folder(self):
        folders = sorted({path.split("/")[0] for path in self.model if "/" in path})
        return self.random.choice(folders) if folders else None

    def remove(self, folder):
        shutil.rmtree(self.at(folder), ignore_errors=True)
        self.model = {path: said for path, said in self.model.items() if not path.startswith(folder + "/")}

    def make_room(self, path):
        os.makedirs(os.path.dirname(self.at(path)), exist_ok=True)

    def text(self):
        rest = "".join(self.random.choices("abcdefgh\n", k=self.random.choice([300, 300, 3000, 20000])))
        return hashlib.sha256(rest.encode()).hexdigest() + "\n" + rest

    def at(self, path):
        return os.path.join(self.folder, path)

    def note(self, path):
        self.model[path] = said_of(self.at(path))


def said_of(path):
    with open(path, "rb") as file:
        return [hashlib.sha256(file.read()).hexdigest(), os.stat(path).st_mode & 0o777]


def tree(folder):
    paths = [os.path.join(place, name) for place, _, names in os.walk(folder) for name in names]
    return {os.path.relpath(path, folder): said_of(path) for path in sorted(paths)}


def watch(folder, own, seconds):
    """How many files were read; which of them were not whole, and which were not for a moment: csync2 puts what it has
    received in its place before it has written all of it."""
    end = time.monotonic() + seconds
    read, half, moments, seen = 0, [], [], {}
    while time.monotonic() < end:
        for place, folders, names in os.walk(folder):
            if place == folder and own in folders:
                folders.remove(own)
            for name in names:
                path = os.path.join(place, name)
                try:
                    at = os.stat(path)
                    if seen.get(path) == (at.st_ino, at.st_mtime_ns, at.st_size) or name.startswith("."):
                        continue
                    with open(path) as file:
                        if not is_whole(file):
                            time.sleep(MOMENT)
                            (moments if is_whole(file) else half).append(path)
                except OSError:
                    continue
                seen[path] = at.st_ino, at.st_mtime_ns, at.st_size
                read += 1
        time.sleep(0.01)
    return {"read": read, "half": half, "moments": moments}


def is_whole(file):
    file.seek(0)
    first, _, rest = file.read().partition("\n")
    return hashlib.sha256(rest.encode()).hexdigest() == first


def main(what, folder, *arguments):
    if what == "work":
        model, operations, seed = arguments
        Work(folder, model, int(seed)).run(int(operations))
    elif what == "watch":
        own, seconds = arguments
        print(json.dumps(watch(folder, own, float(seconds))))
    else:
        print(json.dumps(tree(folder)))


main(*sys.argv[1:])
