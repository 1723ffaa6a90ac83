"""A made-up shop for the examples of customer value: orders and ads of two and a half years.

Customers buy at random, leave at some point without a word, and spend each around a mean of their own.

    python examples/shop/generate.py
"""

from __future__ import annotations

import csv
import random
from datetime import date, timedelta
from pathlib import Path

FOLDER = Path(__file__).parent
FIRST, LAST = date(2024, 4, 1), date(2026, 9, 30)
CUSTOMERS = 900


def orders(rng: random.Random) -> list[tuple[date, str, str]]:
    """Day, customer and amount of every order, in the order of the days."""
    found = []
    days = (LAST - FIRST).days
    for number in range(1, CUSTOMERS + 1):
        day = rng.random() * days
        a_week, leaves = rng.gammavariate(0.7, 1 / 11), rng.betavariate(0.8, 2.6)
        usual = 60 / rng.gammavariate(4, 1)
        while day <= days:
            paid = max(rng.gammavariate(6, usual / 2), 4.0)
            found.append((FIRST + timedelta(days=int(day)), f"S-{number:04}", f"{paid:.2f}"))
            if rng.random() < leaves:
                break
            day += 7 * rng.expovariate(max(a_week, 1e-9))
    return sorted(found)


def write() -> None:
    """Write orders.csv and ads.csv beside this file."""
    rng = random.Random(7)
    with (FOLDER / "orders.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["Order ID", "Customer ID", "Order date", "Total", "Currency"])
        for number, (day, customer, paid) in enumerate(orders(rng), start=1001):
            writer.writerow([number, customer, day.isoformat(), paid, "EUR"])
    with (FOLDER / "ads.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["Date", "Campaign", "Cost", "Clicks", "Currency"])
        for week in range((LAST - FIRST).days // 7 + 1):
            day = FIRST + timedelta(days=7 * week)
            cost = rng.uniform(520, 820)
            writer.writerow([day.isoformat(), "tea", f"{cost:.2f}", int(cost / 0.8), "EUR"])


if __name__ == "__main__":
    write()
