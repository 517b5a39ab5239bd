"""What has been spent and what is held, in one database for every process. SQLite, or PostgreSQL through a SQLAlchemy URL.

A reservation is one transaction of conditional updates: whoever would exceed a limit changes nothing. A hold that its process did not live
to settle is counted as spent, at its full amount, once its time is over: a crash never widens a budget.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError

from core.errors import BudgetError, ConfigError
from core.gateway.budget import Account
from core.gateway.spending import FullAccountError
from core.model import Clock

HOLD_S = 600
BUSY_MS = 5_000
_metadata = sa.MetaData()
ACCOUNT = sa.Table(
    "budget_account",
    _metadata,
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("period", sa.Text, primary_key=True),
    sa.Column("spent_nano", sa.BigInteger, nullable=False),
    sa.Column("held_nano", sa.BigInteger, nullable=False),
)
HOLD = sa.Table(
    "budget_hold",
    _metadata,
    sa.Column("hold_id", sa.Text, primary_key=True),
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("period", sa.Text, primary_key=True),
    sa.Column("amount_nano", sa.BigInteger, nullable=False),
    sa.Column("until", sa.BigInteger, nullable=False, index=True),
)
_KEYS = sa.and_(ACCOUNT.c.scope == sa.bindparam("the_scope"), ACCOUNT.c.period == sa.bindparam("the_period"))
_AMOUNT = sa.bindparam("amount", type_=sa.BigInteger)
_OPEN = sa.text("INSERT INTO budget_account (scope, period, spent_nano, held_nano) VALUES (:scope, :period, 0, 0) ON CONFLICT DO NOTHING")
_TAKE = (
    ACCOUNT.update()
    .where(_KEYS, ACCOUNT.c.spent_nano + ACCOUNT.c.held_nano + _AMOUNT <= sa.bindparam("the_limit", type_=sa.BigInteger))
    .values(held_nano=ACCOUNT.c.held_nano + _AMOUNT)
)
_GIVE = (
    ACCOUNT.update()
    .where(_KEYS)
    .values(
        held_nano=ACCOUNT.c.held_nano - _AMOUNT,
        spent_nano=ACCOUNT.c.spent_nano + sa.bindparam("spent", type_=sa.BigInteger),
    )
)
_FIND = sa.select(ACCOUNT.c.spent_nano + ACCOUNT.c.held_nano).where(_KEYS)
_RELEASE = HOLD.delete().where(HOLD.c.hold_id == sa.bindparam("the_hold"))
_UNSETTLED = "The store of spending limits can't be written, so no call is made. Check CASEGATE_DATA_DIR and the disk."


class Ledger:
    """Reserve before, settle after. Safe to use from several threads and processes. Raises BudgetError when the store fails."""

    def __init__(self, engine: sa.Engine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock
        # SQLite has one writer: threads that queue here need not poll for the file's lock.
        self._turn: Any = threading.Lock() if engine.dialect.name == "sqlite" else nullcontext()

    @classmethod
    def open(cls, database: str | Path, *, clock: Clock) -> Ledger:
        """Open or make the store at a path or SQLAlchemy URL. Raises ConfigError."""
        text = str(database)
        try:
            url = sa.make_url(text if "://" in text else f"sqlite:///{text}")
            engine = sa.create_engine(url)
            if engine.dialect.name == "sqlite":
                _prepare_sqlite(engine)
            _metadata.create_all(engine)
        except (SQLAlchemyError, ImportError) as error:
            raise ConfigError(f"The store of spending limits can't be opened ({type(error).__name__}). Check CASEGATE_DATA_DIR.") from None
        return cls(engine, clock)

    def reserve(self, hold_id: str, accounts: Sequence[Account], amount_nano: int) -> None:
        """Hold the amount on every account, or on none. Raises FullAccountError for the first that has no room for it."""
        until = int(self._clock.now().timestamp()) + HOLD_S
        with self._transaction() as db:
            self._sweep(db)
            for account in accounts:
                keys = {"the_scope": account.scope, "the_period": account.period}
                db.execute(_OPEN, {"scope": account.scope, "period": account.period})
                if db.execute(_TAKE, {**keys, "amount": amount_nano, "the_limit": account.limit_nano}).rowcount != 1:
                    raise FullAccountError(account, int(db.execute(_FIND, keys).scalar_one()))
                db.execute(
                    HOLD.insert(),
                    {"hold_id": hold_id, "scope": account.scope, "period": account.period, "amount_nano": amount_nano, "until": until},
                )

    def settle(self, hold_id: str, spent_nano: int) -> None:
        """Turn the hold into what was really spent; a hold that is gone was settled already, and stays as it is."""
        with self._transaction() as db:
            self._settle(db, db.execute(sa.select(HOLD).where(HOLD.c.hold_id == hold_id)).all(), spent_nano)

    def used_nano(self, account: Account) -> int:
        """Spent and held together."""
        with self._transaction() as db:
            return int(db.execute(_FIND, {"the_scope": account.scope, "the_period": account.period}).scalar() or 0)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def _sweep(self, db: sa.Connection) -> None:
        """Holds whose time is over count as spent in full."""
        now = int(self._clock.now().timestamp())
        self._settle(db, db.execute(sa.select(HOLD).where(HOLD.c.until < now)).all(), None)

    def _settle(self, db: sa.Connection, holds: Sequence[Any], spent_nano: int | None) -> None:
        for hold in sorted(holds, key=lambda h: (h.scope, h.period)):
            gone = db.execute(_RELEASE.where(HOLD.c.scope == hold.scope, HOLD.c.period == hold.period), {"the_hold": hold.hold_id})
            if gone.rowcount == 1:
                spent = hold.amount_nano if spent_nano is None else spent_nano
                db.execute(_GIVE, {"the_scope": hold.scope, "the_period": hold.period, "amount": hold.amount_nano, "spent": spent})

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        try:
            with self._turn, self._engine.begin() as db:
                yield db
        except SQLAlchemyError:
            raise BudgetError(_UNSETTLED) from None


def _prepare_sqlite(engine: sa.Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _: object) -> None:
        connection.isolation_level = None  # the driver would otherwise begin transactions of its own, later than wanted
        connection.execute(f"PRAGMA busy_timeout={BUSY_MS}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")

    @event.listens_for(engine, "begin")
    def _begun(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
