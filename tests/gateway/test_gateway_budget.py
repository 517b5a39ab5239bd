"""Spending limits: reserved before, settled after, exact under races of threads and of processes."""

import os
import subprocess
import sys
import threading
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.ledger_race import AT

from core.errors import BudgetError, ConfigError, ProviderError
from core.gateway import Cancel, Gateway, Model, Price, Purse, Rates, Registry, Spender, open_ledger, parse_limits
from core.gateway.budget import Account, Limit, accounts, charge_nano, worst_nano
from core.gateway.spending import FullAccountError
from core.model import FixedClock, Message, Prompt, Target, Usage

DOCTOR = Spender("u-1", "clinician")
PRICE = Price(Decimal(2), Decimal(1), "invented", AT.date())
MODEL = Model("m", "p", "M", (), 1000, 100, 1.0, PRICE)


@pytest.fixture
def ledger(tmp_path):
    """A store in a file of its own."""
    opened = open_ledger(tmp_path / "budget.sqlite3", clock=FixedClock(at=AT))
    yield opened
    opened.close()


def test_limits_as_they_are_written():
    """Kind, name, span and amount; the amount exact."""
    limits = parse_limits("user/day=5, role:clinician/month=200.5,study:pilot-1/month=50,  site/day=0.000000001")
    assert limits == (
        Limit("user", "day", 5 * 10**9),
        Limit("role", "month", 200_500_000_000, "clinician"),
        Limit("study", "month", 50 * 10**9, "pilot-1"),
        Limit("site", "day", 1),
    )
    assert limits[1].words() == "200.50 USD a month for the role clinician"


@pytest.mark.parametrize("text", ["user=5", "user/week=5", "user/day=-5", "user/day=x", "site:x/day=5", "group/day=5", "user/day=1e9"])
def test_a_limit_that_makes_no_sense_is_refused(text):
    """The message names the setting and shows how to write one."""
    with pytest.raises(ConfigError, match="CASEGATE_BUDGETS"):
        parse_limits(text)


def test_what_a_call_counts_against():
    """Each kind by itself or by name, in the day or month of the call in UTC; a study's only inside it."""
    limits = parse_limits("user/day=1, user:u-2/day=2, role/month=3, study/month=4, site/month=5")
    mine = [(a.scope, a.period) for a, _ in accounts(limits, DOCTOR, AT)]
    assert mine == [("role:clinician", "2026-01"), ("site:all", "2026-01"), ("user:u-1", "2026-01-05")]
    inside = [a.scope for a, _ in accounts(limits, replace(DOCTOR, study="pilot"), AT)]
    assert "study:pilot" in inside


def test_unknown_prices_are_never_nothing():
    """An unknown input price counts as the output price; without any price a limit refuses the call."""
    unknown = replace(MODEL, price=replace(PRICE, input_usd_per_mtok=None))
    assert charge_nano(Usage(10, 5), MODEL) == (10 * 1 + 5 * 2) * 1000
    assert charge_nano(Usage(10, 5), unknown) == 15 * 2 * 1000
    with pytest.raises(BudgetError, match="no price on record"):
        worst_nano(Prompt(Target("p", "m"), (Message("user", "x"),), "t/1"), replace(MODEL, price=None))


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.decimals(0, 100, places=4), st.decimals(0, 100, places=4))
def test_a_charge_is_never_below_the_cost(prompt, completion, output, given_input):
    """Rounding goes up, to a whole nano-dollar."""
    model = replace(MODEL, price=replace(PRICE, output_usd_per_mtok=output, input_usd_per_mtok=given_input))
    exact = (prompt * given_input + completion * output) * 1000
    assert exact <= charge_nano(Usage(prompt, completion), model) < exact + 1


ACCOUNTS = [Account("site:all", "2026-01", 100), Account("user:u-1", "2026-01-05", 30)]


def test_all_or_nothing(ledger):
    """A reservation that one account has no room for changes none."""
    ledger.reserve("a", ACCOUNTS, 20)
    with pytest.raises(FullAccountError) as full:
        ledger.reserve("b", ACCOUNTS, 11)
    assert (full.value.account.scope, full.value.spent_nano) == ("user:u-1", 20)
    assert [ledger.used_nano(a) for a in ACCOUNTS] == [20, 20]
    ledger.reserve("c", ACCOUNTS, 10)


def test_settled_at_what_it_took(ledger):
    """The rest of a hold comes free; settling twice counts once; more than was held is counted truly."""
    ledger.reserve("a", ACCOUNTS, 20)
    ledger.settle("a", 5)
    ledger.settle("a", 5)
    assert [ledger.used_nano(a) for a in ACCOUNTS] == [5, 5]
    ledger.reserve("b", ACCOUNTS, 20)
    ledger.settle("b", 40)
    assert ledger.used_nano(ACCOUNTS[1]) == 45


def test_a_hold_nobody_settled_is_spent_in_the_end(tmp_path):
    """A process that died in a call does not give its hold back: after its time it counts in full."""
    clock = FixedClock(at=AT)
    ledger = open_ledger(tmp_path / "b.sqlite3", clock=clock)
    ledger.reserve("dead", ACCOUNTS, 20)
    clock.advance(601)
    ledger.reserve("next", ACCOUNTS, 1)
    ledger.settle("next", 0)
    ledger.settle("dead", 0)
    assert ledger.used_nano(ACCOUNTS[0]) == 20
    ledger.close()


@settings(max_examples=12, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 40), st.integers(0, 40)), max_size=12))
def test_what_was_admitted_never_exceeds_the_limit(tmp_path_factory, calls):
    """Over any sequence of calls that take no more than they held, spent and held stay within the limit."""
    ledger = open_ledger(tmp_path_factory.mktemp("b") / "b.sqlite3", clock=FixedClock(at=AT))
    for number, (amount, spent) in enumerate(calls):
        try:
            ledger.reserve(str(number), ACCOUNTS, amount)
        except FullAccountError:
            continue
        assert ledger.used_nano(ACCOUNTS[1]) <= 30
        ledger.settle(str(number), min(spent, amount))
    assert ledger.used_nano(ACCOUNTS[1]) <= 30
    ledger.close()


def test_processes_share_one_limit(tmp_path):
    """Two processes with twelve threads each against a limit for ten: exactly ten pass."""
    path = tmp_path / "b.sqlite3"
    open_ledger(path, clock=FixedClock(at=AT)).close()
    command = [sys.executable, "-m", "support.ledger_race", str(path)]
    env = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    processes = [subprocess.Popen([*command, name], stdout=subprocess.PIPE, text=True, env=env) for name in "ab"]
    passed = [int(process.communicate(timeout=60)[0]) for process in processes]
    assert sum(passed) == 10


def budgeted(play, scenes, ledger, limits, *given_scenes, **changes):
    """A rig with spending limits."""
    rig = play(*given_scenes)
    purse = Purse(scenes.RealClock(), limits=parse_limits(limits), ledger=ledger, **changes)
    rig.gateway._purse = purse
    return rig


def test_sixty_four_at_once_against_a_limit_for_ten(play, scenes, ledger):
    """Exactly ten calls reach the provider; the others read what stopped them, and no connection was made for them."""
    release = threading.Event()

    def late(peer):
        peer.request()
        release.wait(20)
        peer.request = lambda: None
        scenes.GOOD(peer)

    prompt = scenes.cleared()
    rig = budgeted(play, scenes, ledger, "site/month=1", late)
    worst = worst_nano(prompt.prompt, rig.registry.find(prompt.prompt.target)[1])
    rig.gateway._purse._limits = (Limit("site", "month", 10 * worst),)
    outcomes, gate = [], threading.Barrier(64)

    def call(number):
        gate.wait()
        try:
            outcomes.append(rig.complete(spender=Spender(f"u-{number}", "clinician"), request_id=f"r-{number}", deadline_s=30))
        except BudgetError as error:
            outcomes.append(error)
        if sum(isinstance(o, BudgetError) for o in outcomes) == 54:
            release.set()

    threads = [threading.Thread(target=call, args=(n,)) for n in range(64)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(40)
    refused = [o for o in outcomes if isinstance(o, BudgetError)]
    assert (len(outcomes), len(refused), rig.server.connections) == (64, 54, 10)
    assert all("spending limit of" in e.user_message and "the whole site" in e.user_message for e in refused)


def test_a_failed_call_frees_its_hold(play, scenes, ledger):
    """A refused request costs nothing, and its reservation comes back whole."""
    rig = budgeted(play, scenes, ledger, "user/day=1", scenes.status(400))
    with pytest.raises(ProviderError):
        rig.complete(spender=DOCTOR)
    (left,) = rig.gateway.budget_left(DOCTOR)
    assert (left.used_usd, left.limit_usd) == (0, 1)


def test_a_call_is_counted_at_what_it_took(play, scenes, ledger):
    """After an answer the limit shows its charge: unknown input prices at the output price."""
    rig = budgeted(play, scenes, ledger, "user/day=1", scenes.GOOD)
    rig.complete(spender=DOCTOR)
    (left,) = rig.gateway.budget_left(DOCTOR)
    assert left.used_usd == Decimal(250) * Decimal("0.42") / 1_000_000


def test_a_stopped_call_is_counted(play, scenes, ledger):
    """Stop settles at the estimate of what was read and written."""
    rig = budgeted(play, scenes, ledger, "user/day=1", scenes.stream(scenes.event(content="x" * 420), hold=True))
    cancel = Cancel()
    with pytest.raises(Exception, match="Stopped"):
        rig.complete(spender=DOCTOR, cancel=cancel, on_text=lambda *_: cancel.cancel())
    (left,) = rig.gateway.budget_left(DOCTOR)
    assert left.used_usd > Decimal(100) * Decimal("0.42") / 1_000_000


def test_an_unforeseen_end_is_counted_whole(play, scenes, ledger):
    """When the caller's own code breaks the call, what it took is not known: the whole hold is spent."""
    rig = budgeted(play, scenes, ledger, "user/day=1", scenes.GOOD)

    def fail(*_):
        raise KeyError("page is gone")

    with pytest.raises(KeyError):
        rig.complete(spender=DOCTOR, on_text=fail)
    (left,) = rig.gateway.budget_left(DOCTOR)
    prompt = scenes.cleared().prompt
    assert left.used_usd == Decimal(worst_nano(prompt, rig.registry.find(prompt.target)[1])) / 10**9


def test_nobodys_call_is_refused_where_spending_is_limited(play, scenes, ledger):
    """A call without a spender would be outside every limit."""
    rig = budgeted(play, scenes, ledger, "site/day=1", scenes.GOOD)
    with pytest.raises(BudgetError, match="names nobody"):
        rig.complete()
    assert rig.server.connections == 0


def test_a_store_that_fails_makes_no_call(play, scenes, ledger, tmp_path):
    """When sums can't be kept no call is made, and the message says what to check."""
    rig = budgeted(play, scenes, ledger, "site/day=1", scenes.GOOD)
    ledger.close()
    (tmp_path / "budget.sqlite3").write_bytes(b"no database" * 1000)
    with pytest.raises(BudgetError, match="can't be written"):
        rig.complete(spender=DOCTOR)
    assert rig.server.connections == 0


def test_a_store_that_cannot_be_opened(tmp_path):
    """The start is refused in words."""
    with pytest.raises(ConfigError, match="spending limits"):
        open_ledger(tmp_path / "no" / "such" / "folder.sqlite3", clock=FixedClock())


def test_a_users_rate(play, scenes):
    """The third request in a minute waits; another user's and a study's do not, and nothing was sent for it."""
    rig = play(scenes.GOOD)
    rig.gateway._purse = Purse(scenes.RealClock(), rates=Rates("2/minute", "CASEGATE_USER_RATE"))
    rig.complete(spender=DOCTOR)
    rig.complete(spender=DOCTOR)
    with pytest.raises(BudgetError, match=r"2/minute\). Wait \d+ s"):
        rig.complete(spender=DOCTOR)
    rig.complete(spender=Spender("u-2", "clinician"))
    rig.complete(spender=replace(DOCTOR, study="pilot"))
    assert rig.server.connections == 4


def test_a_rate_that_makes_no_sense():
    """The message names the setting."""
    with pytest.raises(ConfigError, match="CASEGATE_USER_RATE"):
        Rates("often", "CASEGATE_USER_RATE")


def test_limits_without_a_store_are_our_own_mistake():
    """A gateway can't be built half limited."""
    with pytest.raises(ValueError, match="ledger"):
        Purse(FixedClock(), limits=parse_limits("site/day=1"))


def test_without_limits_no_store_is_touched(scenes):
    """A site without limits pays nothing for them."""
    gateway = Gateway(Registry.load(), {"holysheep": scenes.KEY}, clock=FixedClock(), sleep=lambda _: None, random=lambda: 0.0)
    assert gateway._purse.reserve(DOCTOR, "r", []) is None
    assert gateway.budget_left(DOCTOR) == ()
