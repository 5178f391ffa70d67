"""Each check says what went wrong, or would, without it."""

import ast
import re

from tests.architecture.sources import ROOT, calls, place, sources, tree_of


def test_only_the_database_module_commits() -> None:
    """An operation that commits tears a change and its event apart: after a crash one of them is missing."""
    found = [
        place(path, call)
        for path in sources("services", "shared")
        if path != ROOT / "shared" / "database.py"
        for call, name in calls(path)
        if name.endswith((".commit", "session.rollback"))
    ]
    assert found == []


def test_business_code_asks_the_business_clock() -> None:
    """A deadline computed from the machine's time is wrong in every skipped run, and in every test of a year."""
    clocks = re.compile(r"(^|\.)(datetime\.now|datetime\.utcnow|date\.today|time\.time)$")
    found = [
        place(path, call) for path in sources("services") for call, name in calls(path) if clocks.search(name)
    ]
    assert found == []


def test_services_count_days_by_the_calendar_of_the_organisation() -> None:
    """A holiday of another country, or midnight elsewhere, makes a deadline that is wrong for one organisation only."""
    fixed = {"BRUSSELS", "BELGIUM", "ZoneInfo"}
    services = ROOT / "services"
    # What an organisation has that chose nothing is said where it is entered; a Belgian bank's day is the bank's.
    others = (
        services / "intake" / "schemas" / "register.py",
        services / "training" / "statements" / "camt.py",
    )
    found = [
        place(path, node)
        for path in sources("services")
        if path not in others
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Name) and node.id in fixed
    ]
    assert found == []


def test_rows_of_a_case_are_locked_behind_the_case() -> None:
    """Who locks such a row and then its case waits for who has the case and wants the row, and they for them.

    In intake the case is a row of its own, which everything begins with; training has no cases.
    """
    found = [
        place(path, call)
        for path in sources("services")
        if path.relative_to(ROOT / "services").parts[0] in ("network", "scheduling", "plans")
        for call, name in calls(path)
        if name.endswith("with_for_update")
    ]
    assert found == []


def test_only_permissions_decide_who_may_do_what() -> None:
    """A rule that a route or a query has of its own is found by nobody who reads the rules, and differs from them."""
    decides = re.compile(r"(^|\.)(allow|serving|access_of|relations|principal\.has)$")
    shows = {"is_of_tenant", "under_twelve"}
    found = [
        place(path, node)
        for path in sources("services")
        if "permissions" not in (path.stem, path.parent.name)
        for node in ast.walk(tree_of(path))
        if (isinstance(node, ast.Call) and decides.search(ast.unparse(node.func)))
        or (
            isinstance(node, ast.Attribute)
            and (node.attr in shows or ast.unparse(node) == "principal.decides_for")
        )
    ]
    assert found == []


def test_logs_have_fixed_texts() -> None:
    """A text put together from values cannot be searched for, and is how a name gets into a log."""
    levels = {"debug", "info", "warning", "error", "exception", "critical"}
    found = [
        place(path, call)
        for path in sources("services", "shared")
        for call, name in calls(path)
        if name.startswith("log.")
        and name.removeprefix("log.") in levels
        and not (call.args and isinstance(call.args[0], ast.Constant))
    ]
    assert found == []


def test_workflows_read_no_clock_and_no_random_number_of_their_own() -> None:
    """What differs between a run and its replay breaks the workflow for good."""
    forbidden = re.compile(r"^(datetime\.|date\.|time\.|random\.|uuid|os\.)")
    found = [
        place(path, call)
        for path in sources("services")
        if "workflows" in (path.stem, path.parent.name)
        for call, name in calls(path)
        if forbidden.match(name)
    ]
    assert found == []


def test_nothing_is_left_undone() -> None:
    """What says that it is not finished is found by whoever needs it first."""
    unfinished = re.compile(r"\b(TODO|FIXME|XXX)\b|NotImplementedError")
    this = ROOT / "tests" / "architecture" / "test_code_rules.py"
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources("services", "shared", "deploy", "tests")
        if path != this
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if unfinished.search(line)
    ]
    assert found == []


def test_tests_do_not_sleep() -> None:
    """A sleep is too long on a fast machine and too short on a slow one: wait for the thing itself."""
    helper = ROOT / "tests" / "support" / "eventually.py"
    found = [
        place(path, call)
        for path in sources("tests")
        if path != helper and "sleep" in path.read_text(encoding="utf-8")
        for call, name in calls(path)
        if name in ("asyncio.sleep", "time.sleep")
    ]
    assert found == []


def test_every_module_says_what_belongs_in_it() -> None:
    """Without it the next thing is put into the first file that is open."""
    found = [
        str(path.relative_to(ROOT))
        for path in sources("services", "shared", "deploy")
        if path.read_text(encoding="utf-8").strip() and ast.get_docstring(tree_of(path)) is None
    ]
    assert found == []


def test_files_stay_readable() -> None:
    """Past some 300 lines a file is a drawer, and a package of the same name has labels: at 400 there is no excuse."""
    most = 400
    found = {
        str(path.relative_to(ROOT)): lines
        for path in sources("services", "shared", "deploy")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > most
    }
    assert found == {}
