"""`l2opt-opt`: exit codes, messages, and that a failure writes nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from l2opt.errors import DeadlinePassed, Infeasible, L2OptError
from l2opt.mlir import ir
from l2opt.passes.base import Pass, option
from l2opt.passes.diagnostics import LocatedError, located
from l2opt.passes.registry import PASSES
from l2opt.tools import opt

GOOD = "func.func @f(%arg0: i32) -> i32 {\n  return %arg0 : i32\n}\n"
Opt = Callable[..., "Done"]


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Fail(Pass):
    """Fails as told."""

    name: ClassVar[str] = "test-fail"
    how: str = option("", help="in what way")

    def run(self, module: ir.Module) -> None:
        function = module.body.operations[0]
        if self.how == "located":
            raise LocatedError(function, "this is bad", [(module.operation, "in this module")])
        if self.how == "infeasible":
            with located(function):
                raise Infeasible("needs 5 B; L2 has 4 B")
        if self.how == "deadline":
            raise DeadlinePassed("too late")
        if self.how == "plain":
            raise L2OptError("no place known")
        if self.how == "interrupt":
            raise KeyboardInterrupt
        if self.how == "broken":
            function.operation.attributes["function_type"] = ir.TypeAttr.get(ir.FunctionType.get([], []))
            return
        raise ZeroDivisionError("a bug")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Opt:
    """Runs the command in an empty folder that holds only what `files` say."""
    monkeypatch.setitem(PASSES, "test-fail", f"{__name__}:Fail")
    monkeypatch.chdir(tmp_path)

    def call(*argv: str, **files: str | bytes) -> Done:
        for name, content in files.items():
            Path(name).write_bytes(content.encode() if isinstance(content, str) else content)
        try:
            code = opt.main(list(argv))
        except SystemExit as end:
            code = int(end.code or 0)
        return Done(code, *capfd.readouterr())

    return call


BAD_INPUTS = {
    "syntax": (b"func.func @f() {\n  return 1\n}\n", "m:2:9: error: expected operation name in quotes\n"),
    "blank": (b" \n\n", "l2opt-opt: error: m: want an MLIR module, got an empty file\n"),
    "invalid": (b"func.func @f() -> i32 {\n  return\n}\n", "m:2:3: error: 'func.return' op has 0 operands, but"),
    "binary": (bytes(range(256)), "m:1:2: error: "),
    "bytecode": (b"ML\xefR\rMLIR22.1.8\0", "m: error: missing data for top-level section: "),
    "not UTF-8": (
        b'func.func @"\xff"() -> i32 { return }',
        "m:1:27: error: the message quotes bytes that are not UTF-8",
    ),
}


@pytest.mark.parametrize("name", BAD_INPUTS)
def test_bad_input_is_located_and_nothing_is_written(run: Opt, name: str) -> None:
    content, message = BAD_INPUTS[name]
    done = run("m", "-o", "out", "--pass-pipeline=builtin.module(cse)", m=content)
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(message)
    assert os.listdir() == ["m"]


def test_missing_input(run: Opt) -> None:
    assert run("absent") == Done(1, "", "l2opt-opt: error: absent: cannot read: No such file or directory\n")


def test_unwritable_output(run: Opt) -> None:
    done = run("m", "-o", "no/out", m=GOOD)
    assert done == Done(1, "", "l2opt-opt: error: no/out: cannot write: No such file or directory\n")
    assert os.listdir() == ["m"]


@pytest.mark.parametrize(
    ("how", "code", "message"),
    [
        ("located", 1, "m:1:1: error: this is bad\nm: note: in this module\n"),
        ("infeasible", 3, "m:1:1: error: needs 5 B; L2 has 4 B\n"),
        ("deadline", 4, "m: error: too late\n"),
        ("plain", 1, "m: error: no place known\n"),
        ("broken", 1, "m:1:1: error: 'func.func' op entry block must have 0 arguments to match function signature\n"),
        ("interrupt", 130, ""),
    ],
)
def test_failing_pass(run: Opt, how: str, code: int, message: str) -> None:
    Path("out").write_text("kept")
    done = run("m", "-o", "out", f"--test-fail=how={how}", m=GOOD)
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith(message)
    assert Path("out").read_text() == "kept"
    assert sorted(os.listdir()) == ["m", "out"]


def test_a_bug_is_a_traceback(run: Opt) -> None:
    with pytest.raises(ZeroDivisionError, match="a bug"):
        run("m", "--pass-pipeline=builtin.module(cse,test-fail,func.func(cse))", m=GOOD)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--pass-pipeline=cse"], "pass pipeline: want builtin.module(...), got 'cse'"),
        (["--pass-pipeline=builtin.module(nope)"], "pass pipeline: 'nope' does not refer to a registered pass"),
        (["--pass-pipeline=builtin.module(cse{x=1})"], "pass pipeline: no such option x; failed to add `cse`"),
        (["--pass-pipeline=builtin.module(func.func(test-fail))"], "pass test-fail: works on a whole module"),
        (["--pass-pipeline=builtin.module(test-fail(cse))"], "pass test-fail: takes options in braces"),
        (["--test-fail=when=now"], "pass test-fail: no option 'when'; it takes how"),
        (["--test-fail", "--pass-pipeline=builtin.module()"], "want one of --pack-l2, --pass-pipeline or flags"),
        (["--mlir-print-ir-after=cse"], "IR printing: pass 'cse' is not in the pipeline"),
        (["--help-pass=nope"], "--help-pass: want one of l2-rewrite-partial, "),
        (["--emit-bytecode", "--split-input-file"], "want one of --emit-bytecode or --split-input-file, got both"),
    ],
)
def test_usage_errors_name_the_fault(run: Opt, argv: list[str], message: str) -> None:
    done = run("m", "-o", "out", *argv, m=GOOD)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"l2opt-opt: error: {message}")
    assert done.err.endswith("l2opt-opt --help says what is accepted\n")
    assert os.listdir() == ["m"]


@pytest.mark.parametrize("argv", [["--pack"], ["m", "n"], ["--order=program"], ["-oout"], ["-o"], ["--l2-nope"]])
def test_command_lines_that_argparse_refuses(run: Opt, argv: list[str]) -> None:
    done = run(*argv, m=GOOD)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("usage: l2opt-opt ")
    assert "l2opt-opt: error: " in done.err


def test_warnings_do_not_fail(run: Opt) -> None:
    done = run("m", "--verify-diagnostics", m="// expected-warning {{x}}\n" + GOOD)
    assert done == Done(1, "", 'm:1: error: expected warning "x" was not produced\n')


def test_help_lists_every_option_of_every_pass(run: Opt) -> None:
    done = run("--help")
    assert (done.code, done.err) == (0, "")
    for name in PASSES:
        assert f"\n  --{name}[='OPTION=VALUE ...']\n" in done.out
    assert "\n        how=TEXT  in what way" in done.out


def test_manual_of_a_pass(run: Opt) -> None:
    assert run("--help-pass=test-fail") == Done(0, "test-fail: Fails as told.\n", "")


def test_an_interrupt_is_quiet() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import os, signal, sys\nfrom l2opt.tools import exits\n"
         "signal.signal(signal.SIGINT, signal.default_int_handler)\n"  # a background shell has it ignored
         "sys.exit(exits.guarded('x', lambda: os.kill(os.getpid(), signal.SIGINT) or 0))"],
        capture_output=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_a_reader_that_goes_away_is_quiet(tmp_path: Path) -> None:
    model = tmp_path / "m.mlir"
    model.write_text("".join(f"func.func private @f{k}()\n" for k in range(20000)))  # more than a pipe holds
    command = [sys.executable, "-c", "import sys; from l2opt.tools.opt import main; sys.exit(main())", str(model)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 141
