"""What the paths of pictures say: their classes, and which of them are for training, validation and test."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

Role = Literal["train", "validation", "test"]

ROLES: dict[str, Role] = {
    "train": "train", "training": "train", "trn": "train",
    "val": "validation", "valid": "validation", "validation": "validation", "dev": "validation",
    "test": "test", "testing": "test", "tst": "test", "eval": "test", "evaluation": "test",
}  # fmt: skip
# These may stand beside such a word in the name of one folder alone: train_images and test are of one set.
NEUTRAL = {"set", "data", "dataset", "split", "image", "images", "img", "imgs", "picture", "pictures", "folder"}
ONE_CLASS = "images"  # of pictures that lie in no folder
MOST_NAMES = 5  # of files in one sentence
LONGEST = 150  # characters of one of them that are shown
MOST_WRAPPERS = 20  # folders, each with loose pictures beside it, that are passed through: each takes time


@dataclass(frozen=True)
class Layout:
    """What the paths say, for each picture in turn.

    classes: None for a picture that is left out. roles: its split; empty if the splits are to be cut at random.
    notes, warnings: sentences that say what was decided, and what is left out.
    """

    classes: list[str | None]
    roles: list[Role]
    notes: list[str]
    warnings: list[str]


def read_layout(names: Sequence[str]) -> Layout:
    """Classes and splits of the pictures with these paths.

    A folder that holds all others is passed through. Folders named train, test and the like are splits, the others
    classes, however deep the pictures lie in them. A validation folder is the test split if there is no test folder.
    Pictures of a test folder without train's class folders are left out: a test image needs a label.
    """
    reading = _Reading(names)
    whole, strays = _Folder([name.split("/") for name in names], range(len(names)), 0).unwrapped()
    reading.leave_out("beside the folder that holds the others", strays)
    folders = whole.folders()
    if roles := _split_folders(folders):
        reading.leave_out("beside the folders of the splits", whole.loose())
        reading.read_splits(folders, roles)
    else:
        reading.read_classes(whole)
        reading.read_inner_splits(folders)
    return reading.layout()


def natural_order(names: Iterable[str]) -> list[str]:
    """Names in the order of counting: 2 before 10, and 0.25 before 0.5 where all are numbers."""
    found = list(names)
    if all(re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", name) for name in found):
        return sorted(found, key=lambda name: (float(name), name))
    return sorted(found, key=lambda name: ([_rank(piece) for piece in re.findall("[0-9]+|[^0-9]+", name)], name))


def count_pictures(count: int) -> str:
    """The number with its noun."""
    return "1 picture" if count == 1 else f"{count:,} pictures"


def count_files(count: int) -> str:
    """As count_pictures."""
    return "1 file" if count == 1 else f"{count:,} files"


def some(names: Sequence[str]) -> str:
    """The first names, and how many there are besides."""
    more = f" and {len(names) - MOST_NAMES:,} more" if len(names) > MOST_NAMES else ""
    return ", ".join(f"…{name[-LONGEST:]}" if len(name) > LONGEST else name for name in names[:MOST_NAMES]) + more


def _rank(piece: str) -> tuple[bool, int, str]:
    return (False, int(piece), "") if piece[0] in "0123456789" else (True, 0, piece)


class _Folder(NamedTuple):
    """Some of the pictures, which lie in one folder."""

    paths: Sequence[list[str]]  # of all pictures: folders and name
    numbers: Collection[int]  # of those in here
    depth: int  # how many folders of their paths have been read

    def loose(self) -> list[int]:
        """The pictures in none of its folders."""
        return [number for number in self.numbers if len(self.paths[number]) == self.depth + 1]

    def folders(self) -> dict[str, "_Folder"]:
        """Its folders that have pictures."""
        found: dict[str, list[int]] = defaultdict(list)
        paths, depth = self.paths, self.depth
        for number in self.numbers:
            if len(path := paths[number]) > depth + 1:
                found[path[depth]].append(number)
        return {name: _Folder(self.paths, numbers, self.depth + 1) for name, numbers in found.items()}

    def unwrapped(self, classes: Collection[str] = ()) -> tuple["_Folder", list[int]]:
        """The folder below those that hold everything, and the few loose pictures that lay beside these.

        classes: in lower case, not passed through. Nor is the last folder, a class, unless its name is a split's.
        """
        here, strays = self._passed(classes), list[int]()
        for _ in range(MOST_WRAPPERS):
            if len(folders := here.folders()) != 1:
                break
            ((name, inner),) = folders.items()
            loose = here.loose()
            is_class = name.casefold() in classes or not (_role(name) or len(inner.loose()) < len(inner.numbers))
            if is_class or len(loose) >= len(inner.numbers):
                break
            here, strays = inner, strays + loose
        return here, strays

    def _passed(self, classes: Collection[str]) -> "_Folder":
        """The last but one of the folders that every path has, or the one with a class folder: a fast start."""
        paths = [self.paths[number] for number in self.numbers] or [[]]
        first, last, depth = min(paths), max(paths), self.depth
        while (
            depth + 2 < len(first)
            and first[: depth + 2] == last[: depth + 2]
            and first[depth].casefold() not in classes
        ):
            depth += 1
        return self._replace(depth=depth)

    def class_folders(self) -> set[str]:
        """Names of the first folders that do not hold everything."""
        return set(self.unwrapped()[0].folders())


def _role(name: str) -> tuple[Role, frozenset[str]] | None:
    """The split that a folder's name stands for, and its other words; None for a name without exactly one such word.

    Words begin at a capital letter and behind anything that is no letter.
    """
    words = [word.lower() for word in re.findall("[A-Z]?[a-z]+|[A-Z]+", name)]
    words = [re.sub("^(train|training|val|test)(set|data|images)$", r"\1", word) for word in words]
    roles = [ROLES[word] for word in words if word in ROLES]
    return (roles[0], frozenset(words).difference(ROLES, NEUTRAL)) if len(roles) == 1 else None


def _split_folders(folders: Mapping[str, _Folder]) -> dict[str, Role]:
    """Which folders of one level are splits; {} if all are classes.

    Where other folders are beside them, train has to have class folders. If there is only train beside the others, it
    is a split unless one of the others has class folders of its own, different ones.
    """
    read = {name: found for name in folders if (found := _role(name))}
    if not read:
        return {}
    plainest = min((role != "train", len(words), sorted(words)) for role, words in read.values())[2]  # of train's
    roles = {name: role for name, (role, words) in read.items() if sorted(words) == plainest}
    several, others = len(set(roles.values())) > 1, folders.keys() - roles.keys()
    if not others:
        inside = [folders[name].class_folders() for name in roles]
        return roles if several and ("train" in roles.values() or set.intersection(*inside)) else {}
    classes = {inner for name, role in roles.items() if role == "train" for inner in folders[name].class_folders()}
    beside = [folders[name].class_folders() for name in others]
    return roles if classes and (several or all(len(inner) < 2 or inner & classes for inner in beside)) else {}


class _Reading:
    """What has been read of the paths so far."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._classes: dict[int, str] = {}
        self._roles: dict[int, Role] = {}
        self._folders: dict[Role, list[str]] = {}  # which were read as this split
        self._left_out: dict[str, list[int]] = defaultdict(list)  # why -> pictures

    def leave_out(self, why: str, numbers: Iterable[int]) -> None:
        """These pictures are not used."""
        self._left_out[why] += numbers

    def read_classes(self, folder: _Folder) -> None:
        """The folders of this level are the classes; loose pictures are one too if they are as many as the others."""
        loose = folder.loose()
        if 2 * len(loose) < len(folder.numbers):
            self.leave_out("beside the class folders", loose)
        else:
            self._classes |= dict.fromkeys(loose, ONE_CLASS)
        for name, inner in folder.folders().items():
            self._classes |= dict.fromkeys(inner.numbers, name)

    def read_splits(self, folders: Mapping[str, _Folder], roles: Mapping[str, Role]) -> None:
        """These folders are the splits, and the classes are those of train; without train, of all, which are joined."""
        train = [name for name, role in roles.items() if role == "train"] or list(roles)
        for name in train:
            inner, strays = folders[name].unwrapped()
            self.leave_out("beside the class folders", strays)
            self.read_classes(inner)
            self._take_role("train", name, self._classes.keys() & set(folders[name].numbers))
        classes = sorted(set(self._classes.values()))
        flat = not any(folders[name].class_folders() for name in train)
        for name in sorted(folders.keys() - set(train)):
            if name not in roles:
                self.leave_out(f"as {name}/ is neither for training nor for testing", folders[name].numbers)
                continue
            pictures = folders[name].numbers
            found = dict.fromkeys(pictures, ONE_CLASS) if flat else _held_out_classes(folders[name], classes)
            self._classes |= found
            self._take_role(roles[name], name, found)
            why = "has other folders than the training images" if found else "lacks the training images' class folders"
            self.leave_out(f"as {name}/ {why}", sorted(set(pictures) - found.keys()))

    def read_inner_splits(self, folders: Mapping[str, _Folder]) -> None:
        """The splits of classes whose every picture is in a split folder, as in cat/train and cat/test."""
        found: dict[str, tuple[Role, Collection[int]]] = {}
        for name, folder in folders.items():
            for inner, pictures in folder.folders().items():
                if read := _role(inner):
                    found[f"{name}/{inner}"] = read[0], pictures.numbers
        roles = {role for role, _ in found.values()}
        covered = sum(len(numbers) for _, numbers in found.values())
        if "train" in roles and len(roles) > 1 and covered == len(self._classes):
            for name, (role, numbers) in found.items():
                self._take_role(role, name, numbers)

    def _take_role(self, role: Role, folder: str, numbers: Iterable[int]) -> None:
        if taken := dict.fromkeys(numbers, role):
            self._roles |= taken
            self._folders.setdefault(role, []).append(folder)

    def layout(self) -> Layout:
        """All that was read."""
        if "test" not in self._folders and "validation" in self._folders:
            self._folders["test"] = self._folders.pop("validation")
            self._roles = {n: "test" if role == "validation" else role for n, role in self._roles.items()}
        own = "test" in self._folders
        numbers = range(len(self._names))
        return Layout(
            [self._classes.get(number) for number in numbers],
            [self._roles.get(number, "train") for number in numbers] if own else [],
            [self._about_splits()] if own else [],
            [
                f"{count_pictures(len(found))} left out, {why}: {some([self._names[n] for n in found])}."
                for why, found in self._left_out.items()
                if found
            ],
        )

    def _about_splits(self) -> str:
        words = {"train": "training", "validation": "validation", "test": "test"}
        parts = [f"{words[role]} from {some([f'{name}/' for name in self._folders[role]])}" for role in self._folders]
        return f"Splits by folder: {', '.join(parts)}."


def _held_out_classes(folder: _Folder, classes: Sequence[str]) -> dict[int, str]:
    """The classes of another split's pictures, spelled as those of training; {} if it has none of these folders."""
    spelling = {name.casefold(): name for name in classes} | {name: name for name in classes}
    folders = folder.unwrapped({name.casefold() for name in classes})[0].folders()
    spelled = {name: spelling.get(name, spelling.get(name.casefold(), name)) for name in folders}
    if not set(spelled.values()) & set(classes):
        return {}
    return {number: spelled[name] for name in folders for number in folders[name].numbers}
