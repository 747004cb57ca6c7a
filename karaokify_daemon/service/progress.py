"""How far each job is, and how long its stages take."""

import time

from karaokify_daemon.domain.job import Stage
from karaokify_daemon.domain.status import Running, eta, speed

_WEIGHT = 0.3  # of the latest job among those before it


class Rates(dict[str, float]):
    """The seconds that each stage has taken lately, for a second of recording."""

    def learn(self, stage: Stage, seconds: float, lasts: float) -> None:
        """Take a stage that has ended into account. Any thread may."""
        rate = seconds / lasts
        self[stage] = rate if stage not in self else (1 - _WEIGHT) * self[stage] + _WEIGHT * rate


class Progress:
    """How far one job is: its thread writes, the main loop reads; `lasts` is in seconds."""

    def __init__(self, rates: Rates) -> None:
        self._rates = rates
        self._began = time.monotonic()
        self._at = (Stage.PROBE, 0.0, self._began)  # one value, so that it is read whole
        self._has_worked = False
        self.lasts: float | None = None

    def reached(self, stage: Stage, fraction: float) -> None:
        """Note that a stage has come so far; 0 is its beginning, 1 its end."""
        before, _, began = self._at
        if fraction == 0.0 or stage is not before:
            began, self._has_worked = time.monotonic(), False
        self._has_worked |= 0.0 < fraction < 1.0
        self._at = (stage, fraction, began)

    def learn(self, stage: Stage, seconds: float) -> None:
        """Take into account how long the stage took, unless all was found done already."""
        if self._has_worked and self.lasts:
            self._rates.learn(stage, seconds, self.lasts)

    def running(self, job_id: str, name: str, waits_for: str | None) -> Running:
        """Return the job as it is now."""
        stage, fraction, began = self._at
        now = time.monotonic()
        in_stage = now - began
        return Running(
            id=job_id,
            name=name,
            stage=str(stage),
            fraction=round(fraction, 4),
            in_stage=round(in_stage, 1),
            in_job=round(now - self._began, 1),
            lasts=self.lasts,
            waits_for=waits_for,
            speed=speed(self.lasts, fraction, in_stage),
            eta=eta(stage, fraction, in_stage, self.lasts, self._rates),
        )
