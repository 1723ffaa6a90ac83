"""What a report is told, beside its files, that its metrics are made with."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from funnelkit.metrics import response


class Settings(Struct, frozen=True, kw_only=True):
    """The groups, the days that leads get, and the numbers that no file holds."""

    by: tuple[str, ...] = ()
    horizon: int = 90
    gross_margin: Decimal | None = None
    discount: Decimal | None = None
    """A year, as a fraction."""
    sla: int = response.DAY
    """Minutes."""

    def given(self, name: str) -> Decimal | None:
        """The number *name*, one of ``GIVEN`` of the catalogue; None where nobody gives it."""
        return {"gross_margin": self.gross_margin, "discount": self.discount}[name]
