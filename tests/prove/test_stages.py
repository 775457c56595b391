"""What of a proof is still to be run, by what its report has already."""

from pathlib import Path

from tests.chaos.scenarios import ACTS
from tests.prove.rows import Row, is_bad, read
from tests.prove.running import BROKEN, run
from tests.prove.stages import CHUNK, STAGES, Command, Size

SIZE = Size(worlds=2 * CHUNK + 500, runs=3, resend_runs=1, seed=10)


def _parts(stage: str, rows: list[Row]) -> list[str]:
    return [" ".join(command.parts) for command in STAGES[stage](rows, SIZE, "r.jsonl")]


def test_worlds_are_simulated_by_the_thousand_and_none_of_them_twice() -> None:
    """The last command has the rest; those of a line that is there are left out, whatever they showed."""
    done: list[Row] = [{"form": "simulation", "first": CHUNK, "failed": {"1": ["bad"]}}]

    assert _parts("simulate", done) == [
        f"tests.simulation.run --json --first 0 --seeds {CHUNK}",
        f"tests.simulation.run --json --first {2 * CHUNK} --seeds 500",
    ]


def test_runs_of_kills_go_on_with_the_next_seed_of_their_policy() -> None:
    """Runs that are there count, whatever their seeds."""
    done: list[Row] = [
        {"form": "kills", "seed": 11, "policy": "park"},
        {"form": "kills", "seed": 10, "policy": "resend"},
    ]
    parts = _parts("kills-park", done)

    assert [part.split()[3] for part in parts] == ["10", "12"]
    assert _parts("kills-resend", done) == []


def test_only_acts_that_were_neither_played_nor_left_out_are_played() -> None:
    """In one command, since they share their brokers."""
    done: list[Row] = [{"form": act} for act in ACTS if act != "freezes"]

    assert _parts("chaos", done) == ["tests.chaos --only freezes --seed 10 --report r.jsonl"]
    assert _parts("chaos", [*done, {"form": "freezes"}]) == []


def test_a_stage_that_has_its_line_is_not_repeated() -> None:
    """Mutants, model and fuzz bring all their lines at once."""
    stages = ("mutants", "model", "fuzz")
    done: list[Row] = [{"form": stage} for stage in stages]

    assert [_parts(stage, done) for stage in stages] == [[], [], []]
    assert all(len(_parts(stage, [])) == 1 for stage in stages)


def test_a_command_that_failed_with_a_result_has_brought_it(tmp_path: Path) -> None:
    """The result says what failed; what people are told goes to the log."""
    report, log, said = tmp_path / "r.jsonl", tmp_path / "r.log", list[str]()
    command = Command(("tests.core.model_check", "--nothing"), 1, lambda output: [{"form": "x", "told": output}])
    code = run(command, report, log, lambda _, what: said.append(what))

    assert code == 0
    assert [row["form"] for row in read(report)] == ["x"]
    assert "python -m tests.core.model_check --full" in log.read_text()
    assert said


def test_a_command_that_brings_no_line_has_failed(tmp_path: Path) -> None:
    """Even if it says that all is well."""
    report = tmp_path / "r.jsonl"
    code = run(Command(("platform",), 1), report, tmp_path / "r.log", lambda *_: None)

    assert code == BROKEN
    assert read(report) == []


def test_what_makes_a_proof_fail() -> None:
    """A broken promise, a violation, a mutant that no test missed; nothing else."""
    bad: list[Row] = [{"complaints": ["x"]}, {"failed": {"7": ["x"]}}, {"not_killed": ["x"]}, {"violation": "x"}]
    good: list[Row] = [{"complaints": [], "failed": {}}, {"violation": None}, {"form": "stage", "exit": 0}]

    assert [is_bad(row) for row in bad + good] == [True] * 4 + [False] * 3
