"""What students hand in: each drawing with its mean and log variance by the class's model, and who may see it."""

import base64
import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from vae.classroom.codes import ClassError, clean_text
from vae.classroom.state import seats
from vae.classroom.state.classes import find, find_open
from vae.classroom.state.schema import Json, emit, next_number, one_or_all

State = Literal["waiting", "approved", "hidden"]
Floats = Sequence[float] | NDArray[np.float32]

MOST_PER_SEAT = 12
MOST_DRAWINGS = 2000  # of one class
LARGEST_PICTURE = 3 * 128 * 128  # bytes
MOST_DIMS = 512
MOST = 1e30  # of a mean or log variance, so that float32 has it
LONGEST_LABEL = 40
LONGEST_KEY = 64
MOST_PRESENTED = 12
LARGEST_TILE = 4 * 3 * 64 * 64 // 3  # characters of base64
DECIMALS = 4  # of the mean and log variance that are sent


@dataclass(frozen=True)
class Picture:
    """A picture: uint8 in the shape (c, h, w). Raises ClassError where these do not fit."""

    pixels: bytes
    shape: tuple[int, int, int]

    def __post_init__(self) -> None:
        shape = self.shape
        whole = len(shape) == 3 and all(type(side) is int and side > 0 for side in shape) and shape[0] in (1, 3)
        if not whole or prod(shape) > LARGEST_PICTURE or len(self.pixels) != prod(shape):
            raise ClassError("A drawing is one byte for each pixel and channel, up to 3 x 128 x 128; draw it again.")


@dataclass(frozen=True)
class Encoded:
    """A picture in a model's shape, and its place by that model. mean, logvar: (latent_dim,).

    Raises ClassError for what no model gives.
    """

    picture: Picture
    model: str
    mean: Floats
    logvar: Floats

    def __post_init__(self) -> None:
        fine = 0 < len(self.mean) == len(self.logvar) <= MOST_DIMS
        if not fine or not all(abs(value) < MOST for value in (*self.mean, *self.logvar)):
            raise ClassError("The model cannot encode this drawing; draw another.")


def hand_in(
    db: sqlite3.Connection, code: str, seat: int, encoded: Encoded, *, key: object, label: object, now: float
) -> int:
    """Keeps a drawing until the teacher approves it. Gives its number; the same for a key that the seat has used.

    encoded: by the class's model. label: what the class says it is. key: 1 to 64 ASCII characters.
    """
    if (same := handed_in(db, code, seat, key=key, label=label)) is not None:
        return same
    if encoded.model != find(db, code)["model"]:
        raise ClassError("The class has just changed to another model; hand in the drawing again.")
    _check_model(db, code, encoded)
    label = clean_text(label, "What a drawing shows", LONGEST_LABEL)
    number = next_number(db, code, "last_drawing")
    columns = "code, id, seat, key, label, made, picture, channels, height, width, model, mean, logvar"
    values = (code, number, seat, key, label, now, *_columns(encoded))
    db.execute(f"INSERT INTO drawings ({columns}) VALUES ({', '.join('?' * len(values))})", values)
    _changed(db, code, number, seat)
    return number


def handed_in(db: sqlite3.Connection, code: str, seat: int, *, key: object, label: object) -> int | None:
    """The number of the seat's drawing with this key; None where there is none, and it may be handed in.

    Called before a drawing is encoded, which costs more than all of this.
    """
    find_open(db, code)
    seats.check(db, code, seat)
    if not isinstance(key, str) or not key.isascii() or not 0 < len(key) <= LONGEST_KEY:
        raise ClassError(f"The key of a drawing has 1 to {LONGEST_KEY} letters and digits; reload the page.")
    same = db.execute("SELECT id FROM drawings WHERE code = ? AND seat = ? AND key = ?", (code, seat, key)).fetchone()
    if same is not None:
        return int(same["id"])
    clean_text(label, "What a drawing shows", LONGEST_LABEL)
    _check_room(db, code, seat)
    return None


def withdraw(db: sqlite3.Connection, code: str, seat: int, drawing: int) -> None:
    """The student takes one of their own drawings back; that of another is refused as one that does not exist."""
    find_open(db, code)
    seats.check(db, code, seat)
    if _find(db, code, drawing)["seat"] != seat:
        raise _no_such_drawing()
    delete(db, code, drawing)


def set_state(db: sqlite3.Connection, code: str, drawing: int, state: object) -> None:
    """The teacher approves a drawing, so that everybody sees it, hides it, or lets it wait."""
    row = _find(db, code, drawing)
    if state not in get_args(State):
        raise ClassError("A drawing is waiting, approved or hidden.")
    db.execute("UPDATE drawings SET state = ? WHERE code = ? AND id = ?", (state, code, drawing))
    _changed(db, code, drawing, row["seat"])


def delete(db: sqlite3.Connection, code: str, drawing: int) -> None:
    """Deletes a drawing."""
    row = _find(db, code, drawing)
    db.execute("DELETE FROM drawings WHERE code = ? AND id = ?", (code, drawing))
    _changed(db, code, drawing, row["seat"])


def unencoded(db: sqlite3.Connection, code: str) -> dict[int, Picture]:
    """The drawings that were encoded by another model than the class has now, by number."""
    model = find(db, code)["model"]
    rows = db.execute("SELECT * FROM drawings WHERE code = ? AND model <> ? ORDER BY id", (code, model))
    return {row["id"]: Picture(row["picture"], shape_of(row)) for row in rows}


def set_encoded(db: sqlite3.Connection, code: str, drawing: int, encoded: Encoded) -> None:
    """A drawing in another model's shape, with its place by that model.

    Nothing happens if it was deleted meanwhile, or the class has changed to a third model.
    """
    if find(db, code)["model"] != encoded.model:
        return
    _check_model(db, code, encoded)
    columns = "picture = ?, channels = ?, height = ?, width = ?, model = ?, mean = ?, logvar = ?"
    db.execute(f"UPDATE drawings SET {columns} WHERE code = ? AND id = ?", (*_columns(encoded), code, drawing))
    for section in ("map", "drawings"):
        emit(db, code, section, drawing)
    emit(db, code, "presented")


def present(db: sqlite3.Connection, code: str, pieces: Sequence[Json]) -> None:
    """What the projector presents, without names, in this order; [] for nothing.

    A piece is {"drawing": number} of an approved drawing, or what a student saw: {"kind": "tile", "seat": number,
    "picture": base64 of uint8, "shape": [c, h, w], "caption": text}.
    """
    find_open(db, code)
    if len(pieces) > MOST_PRESENTED:
        raise ClassError(f"At most {MOST_PRESENTED} pieces are presented at once; take fewer.")
    kept = [_kept_piece(db, code, piece) for piece in pieces]
    db.execute("UPDATE classes SET presented = ? WHERE code = ?", (json.dumps(kept), code))
    emit(db, code, "presented")


# ---- what there is to see --------------------------------------------------------------------------------------------


def approved(db: sqlite3.Connection, code: str) -> list[sqlite3.Row]:
    """The rows of all drawings that the class may see."""
    return [row for row in _encoded_rows(db, code, None) if row["state"] == "approved"]


def on_map(db: sqlite3.Connection, code: str, drawing: int | None = None) -> dict[str, Json]:
    """The approved drawings, or one, as everybody may see them."""
    return {str(row["id"]): _placed(row) for row in _encoded_rows(db, code, drawing) if row["state"] == "approved"}


def for_teachers(db: sqlite3.Connection, code: str, drawing: int | None = None) -> dict[str, Json]:
    """All drawings, or one, with whose they are and their state."""
    rows = _encoded_rows(db, code, drawing)
    return {str(row["id"]): _placed(row) | {"seat": row["seat"], "state": row["state"]} for row in rows}


def of_seat(db: sqlite3.Connection, code: str, seat: int) -> dict[str, Json]:
    """State and label of a student's own drawings."""
    rows = db.execute("SELECT id, state, label FROM drawings WHERE code = ? AND seat = ? ORDER BY id", (code, seat))
    return {str(row["id"]): {"state": row["state"], "label": row["label"]} for row in rows}


def presented(db: sqlite3.Connection, code: str) -> list[Json]:
    """What the projector presents: nothing of a seat that was removed, no drawing that is no longer approved."""
    found: list[Json] = []
    for piece in json.loads(find(db, code)["presented"]):
        if "drawing" in piece:
            drawing = on_map(db, code, piece["drawing"]).get(str(piece["drawing"]))
            if drawing is not None:
                same = {key: drawing[key] for key in ("picture", "shape")}
                found.append({"kind": "drawing", **same, "caption": drawing["label"]})
        elif _is_seated(db, code, piece["seat"]):
            found.append({key: piece[key] for key in ("kind", "picture", "shape", "caption")})
    return found


def shape_of(row: sqlite3.Row) -> tuple[int, int, int]:
    """The shape (c, h, w) of a drawing's picture."""
    return row["channels"], row["height"], row["width"]


# ---- checks and parts ------------------------------------------------------------------------------------------------


def _check_room(db: sqlite3.Connection, code: str, seat: int) -> None:
    counted = "SELECT COUNT(*), COALESCE(SUM(seat = ?), 0) FROM drawings WHERE code = ?"
    everybody, own = db.execute(counted, (seat, code)).fetchone()
    if own >= MOST_PER_SEAT:
        raise ClassError(f"You have handed in {MOST_PER_SEAT} drawings; take one back first.")
    if everybody >= MOST_DRAWINGS:
        raise ClassError(f"The class has {MOST_DRAWINGS} drawings, which is as many as it can have.")


def _check_model(db: sqlite3.Connection, code: str, encoded: Encoded) -> None:
    """All drawings of one model have its shape and its number of dimensions."""
    same = "SELECT * FROM drawings WHERE code = ? AND model = ? LIMIT 1"
    row = db.execute(same, (code, encoded.model)).fetchone()
    expected = (tuple(encoded.picture.shape), 4 * len(encoded.mean))
    if row is not None and (shape_of(row), len(row["mean"])) != expected:
        raise ClassError("The drawing has not the shape of the model's pictures; load the page again and draw it anew.")


def _columns(encoded: Encoded) -> tuple[bytes | str | int, ...]:
    """picture, channels, height, width, model, mean, logvar as the table has them: the latter two as float32."""
    mean, logvar = (np.asarray(values, "<f4").tobytes() for values in (encoded.mean, encoded.logvar))
    return encoded.picture.pixels, *encoded.picture.shape, encoded.model, mean, logvar


def _rounded(packed: bytes) -> list[float]:
    return [round(value, DECIMALS) for value in np.frombuffer(packed, "<f4").tolist()]


def _placed(row: sqlite3.Row) -> Json:
    picture = base64.b64encode(row["picture"]).decode()
    place = {"mean": _rounded(row["mean"]), "logvar": _rounded(row["logvar"])}
    return {"label": row["label"], "picture": picture, "shape": list(shape_of(row))} | place


def _encoded_rows(db: sqlite3.Connection, code: str, drawing: int | None) -> list[sqlite3.Row]:
    """Rows of drawings that the class's present model has encoded."""
    where, values = one_or_all("id", drawing)
    same = f"SELECT drawings.* FROM drawings JOIN classes USING (code, model) WHERE code = ?{where} ORDER BY id"
    return db.execute(same, (code, *values)).fetchall()


def _find(db: sqlite3.Connection, code: str, drawing: int) -> sqlite3.Row:
    find(db, code)
    row: sqlite3.Row | None = db.execute("SELECT * FROM drawings WHERE code = ? AND id = ?", (code, drawing)).fetchone()
    if row is None:
        raise _no_such_drawing()
    return row


def _no_such_drawing() -> ClassError:
    return ClassError("There is no such drawing any more; look at the list again.")


def _kept_piece(db: sqlite3.Connection, code: str, piece: Json) -> Json:
    if "drawing" in piece:
        if _find(db, code, piece["drawing"])["state"] != "approved":
            raise ClassError("Only an approved drawing is presented; approve it first.")
        return {"drawing": piece["drawing"]}
    seats.check(db, code, piece["seat"])
    if len(piece["picture"]) > LARGEST_TILE:
        raise ClassError("What a student sees is presented up to 3 x 64 x 64 pixels.")
    return {"kind": "tile"} | {key: piece[key] for key in ("seat", "picture", "shape", "caption")}


def _is_seated(db: sqlite3.Connection, code: str, seat: int) -> bool:
    row = db.execute("SELECT removed FROM seats WHERE code = ? AND id = ?", (code, seat)).fetchone()
    return row is not None and not row["removed"]


def _changed(db: sqlite3.Connection, code: str, drawing: int, seat: int) -> None:
    for section in ("map", "drawings"):
        emit(db, code, section, drawing)
    emit(db, code, "seats", seat)
    emit(db, code, "me", seat=seat)
    if any(piece.get("drawing") == drawing for piece in json.loads(find(db, code)["presented"])):
        emit(db, code, "presented")
