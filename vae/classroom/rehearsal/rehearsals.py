"""Simulated students in classes: they have seats of their own, marked as simulated, and act there like real ones."""

import asyncio
import time
from contextlib import suppress
from time import monotonic

import numpy as np

from vae.classroom.codes import ClassError, RemovedSeatError
from vae.classroom.messages.protocol import MAX_REHEARSAL
from vae.classroom.rehearsal.students import DRAW, TILE, Choice, Student, World, look, step
from vae.classroom.rooms.clients import Client
from vae.classroom.rooms.room import Room
from vae.classroom.serving.service import ClassService, Origin, Who
from vae.classroom.serving.work import work
from vae.classroom.state import seats
from vae.server.latent_map.data import Source
from vae.server.live.inference import Loader, UnknownModelError

TICK_SECONDS = 0.25
ARRIVALS = 10  # students who join in one tick
LEFT = "The rehearsal is over."


class Rehearsals:
    """Those of all classes; given to ClassService as `rehearse`. load, source: of models and their test images."""

    def __init__(self, load: Loader, source: Source) -> None:
        self._load, self._source = load, source
        self._classes: dict[str, Rehearsal] = {}

    async def __call__(self, service: ClassService, code: str, students: int) -> None:
        """So many simulated students take part in a class; 0 ends it. Raises ClassError where none may join."""
        self._classes = {code: each for code, each in self._classes.items() if each.students}
        others = sum(each.students for other, each in self._classes.items() if other != code)
        if students > MAX_REHEARSAL - others:
            there = f"{others} of them in other classes now"
            raise ClassError(f"This app simulates at most {MAX_REHEARSAL} students, {there}; take fewer.")
        found = self._classes.get(code)
        if found is None:
            found = self._classes[code] = Rehearsal(service, code, self._load, self._source)
        await found.set_students(students)


class Rehearsal:
    """The simulated students of one class. students: how many there are to be."""

    def __init__(self, service: ClassService, code: str, load: Loader, source: Source) -> None:
        self.students = 0
        self._service, self._code, self._load, self._source = service, code, load, source
        self._here: dict[Student, Client] = {}
        self._changing = asyncio.Lock()
        self._acting = False
        self._model: str | None = None  # whose world was looked for
        self._world: World | None = None

    async def set_students(self, students: int) -> None:
        """So many take part; they come a few at a time, and leave at once. Raises ClassError where none may join."""
        async with self._changing:
            self.students = students
            try:
                await self._arrive()
            except ClassError:
                self.students = len(self._here)
                raise
            for student in list(self._here)[students:]:
                await self._remove(student)
            self._tell()
        if students and not self._acting:
            self._acting = True
            self._service.do(self._take_part())

    async def _take_part(self) -> None:
        """Until the class is over, or nobody is wanted."""
        try:
            while self.students:
                await asyncio.sleep(TICK_SECONDS)
                await self._tick()
        except ClassError:  # the class is deleted, or the app closes
            self.students = 0
        finally:
            self._acting = False

    async def _tick(self) -> None:
        """Some more come, and whoever is here does something, if anyone can see it."""
        with suppress(ClassError):  # nobody may join now; whoever is here goes on
            async with self._changing:
                await self._arrive()
        scene = await self._service.run(look, self._code)
        if scene.closed:
            self.students = 0
            self._tell()
        elif any(client.transport for client in self._room.clients):
            await self._look_at(scene.model)
            acts = await asyncio.to_thread(step, list(self._here), scene, self._world, monotonic())
            await asyncio.gather(*(self._act(student, command) for student, command in acts))

    async def _arrive(self) -> None:
        """The next few students take their seats."""
        for _ in range(min(ARRIVALS, self.students - len(self._here))):
            seat = await self._service.run(seats.join, self._code, None, None, time.time(), simulated=True)
            client = Client("student", seat.id)
            await self._room.join(client)
            rng, now = np.random.default_rng(), monotonic()
            self._here[Student(seat.id, rng, now + rng.uniform(*TILE), now + rng.uniform(*DRAW))] = client

    async def _remove(self, student: Student) -> None:
        self._room.leave(self._here.pop(student))
        self._room.remove(student.seat, LEFT)
        with suppress(ClassError):  # the teacher has removed it already
            await self._service.run(seats.remove, self._code, student.seat)

    async def _look_at(self, model: str) -> None:
        """Prepares the world of the class's model; there is none where it cannot be used."""
        if model != self._model:
            self._model, self._world = model, None
            with suppress(UnknownModelError):
                self._world = await asyncio.to_thread(World, model, self._load, self._source)

    async def _act(self, student: Student, command: Choice) -> None:
        """Some commands come too late, as people's do: then nothing happens."""
        client = self._here.get(student)
        who = Who(self._code, "student", Origin("", ""), student.seat, client=client)
        try:
            await work(self._service, who, command)
        except RemovedSeatError:
            if client is not None:
                await self._remove(student)
                self.students = min(self.students, len(self._here))
                self._tell()
        except ClassError:
            pass

    def _tell(self) -> None:
        """Teachers see how many there are."""
        self._room.rehearse(self.students)

    @property
    def _room(self) -> Room:
        return self._service.room(self._code)
