"""Inputs that cannot be planned: each command says what is wrong and where, exits with 1, and writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from l2opt.tools import main, opt

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """Runs a command in an empty folder: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def call(name: str, *argv: str) -> tuple[int, str, str]:
        try:
            code = opt.main(argv) if name == "l2opt-opt" else main.main([name, *argv])
        except SystemExit as end:
            code = int(end.code or 0)
        return code, *capfd.readouterr()

    return call


def function(*lines: str, arguments: str = "%x: tensor<4xf32>", results: str = "tensor<4xf32>") -> str:
    body = "".join(f"  {line}\n" for line in lines)
    return f"func.func @main({arguments}) -> ({results}) {{\n{body}}}\n"


STATIC = "want a static shape, got"
TENSORS = "want values that are tensors of static shape, got"
RETURN = "return %x : tensor<4xf32>"
LOOP = """%c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0 = scf.for %i = %c0 to %c1 step %c1 iter_args(%a = %x) -> (tensor<4xf32>) {"""
CALLER = function("%0 = call @f(%x) : (tensor<4xf32>) -> tensor<4xf32>", "return %0 : tensor<4xf32>")
F = "func.func private @f(%x: tensor<4xf32>) -> tensor<4xf32>"
OTHER = "func.func @other(%x: tensor<4xf32>) -> tensor<4xf32> {\n  return %x : tensor<4xf32>\n}\n"

REFUSED = {
    "syntax": (function("return 1"), "m.mlir:2:9: error: expected operation name in quotes"),
    "use before definition": (function("return %y : tensor<4xf32>"), "m.mlir:2:10: error: use of undeclared SSA value"),
    "dynamic argument": (
        function("return %x : tensor<?xf32>", arguments="%x: tensor<?xf32>", results="tensor<?xf32>"),
        f"m.mlir:1:17: error: {STATIC} tensor<?xf32>",
    ),
    "dynamic value": (
        function("%0 = tensor.cast %x : tensor<4xf32> to tensor<?xf32>", RETURN),
        f"m.mlir:2:8: error: {STATIC} tensor<?xf32>",
    ),
    "unranked argument": (
        function("return %x : tensor<*xf32>", arguments="%x: tensor<*xf32>", results="tensor<*xf32>"),
        f"m.mlir:1:17: error: {TENSORS} tensor<*xf32>",
    ),
    "unranked value": (
        function("%0 = tensor.cast %x : tensor<4xf32> to tensor<*xf32>", RETURN),
        f"m.mlir:2:8: error: {TENSORS} tensor<*xf32>",
    ),
    "scalar argument": (
        function(RETURN, arguments="%x: tensor<4xf32>, %s: i1"),
        f"m.mlir:1:36: error: {TENSORS} i1",
    ),
    "scalar result": (
        function("%0 = arith.constant 1.0 : f32", "return %0 : f32", results="f32"),
        f"m.mlir:3:3: error: {TENSORS} f32",
    ),
    "unknown type": (
        function('%0 = "foo.op"(%x) : (tensor<4xf32>) -> !foo.bar', RETURN),
        f"m.mlir:2:8: error: {TENSORS} !foo.bar",
    ),
    "unknown element type": (
        function("return %x : tensor<4x!foo.b>", arguments="%x: tensor<4x!foo.b>", results="tensor<4x!foo.b>"),
        "m.mlir:1:17: error: element type of tensor<4x!foo.b>: want elements of a fixed size",
    ),
    "more than 2^62 bytes": (
        function('%0 = "foo.up"(%x) : (tensor<4xf32>) -> tensor<4194304x4194304x4194304xf32>', RETURN),
        "error: tensor<4194304x4194304x4194304xf32> takes 295147905179352825856 bytes; want at most 2^62",
    ),
    "memref among tensors": (
        function("%m = memref.alloc() : memref<4xf32>", RETURN),
        "m.mlir:2:8: error: '@main' mixes tensors and memrefs: want all of one kind",
    ),
    "memref argument": (
        function(RETURN, arguments="%x: tensor<4xf32>, %m: memref<4xf32>"),
        "m.mlir:1:36: error: '@main' mixes tensors and memrefs: want all of one kind",
    ),
    "no body": (f"{F}\n", "m.mlir:1:1: error: '@f' has no body: want a function with one to plan"),
    "no function": ("module {}\n", "m.mlir:1:1: error: no function to plan: want a func.func with a body"),
    "only a comment": ("// nothing\n", "m.mlir: error: no function to plan: want a func.func with a body"),
    "several functions": (
        OTHER + OTHER.replace("other", "another"),
        "m.mlir:4:1: error: several functions could be planned: @other, @another; choose with --function=NAME",
    ),
    "blocks": (
        function("cf.br ^a", "^a:", RETURN),
        "m.mlir:1:1: error: '@main' has 2 blocks: want one, with scf for control flow",
    ),
    "foreign terminator": (
        function('"foo.end"(%x) : (tensor<4xf32>) -> ()'),
        "m.mlir:2:3: error: want the body to end in func.return, got 'foo.end'",
    ),
    "recursion": (
        CALLER.replace("@f", "@main"),
        "m.mlir:2:8: error: recursive call @main -> @main: want calls that end, to plan their memory",
    ),
    "recursion through another": (
        CALLER + CALLER.replace("@f", "@g").replace("@main", "@f").replace("@g", "@main"),
        "m.mlir:6:8: error: recursive call @main -> @f -> @main",
    ),
    "recursion below": (
        CALLER + CALLER.replace("@main", "@f"),
        "m.mlir:6:8: error: recursive call @main -> @f -> @f",
    ),
    "recursion in a region": (
        function(
            LOOP,
            "  %1 = func.call @main(%a) : (tensor<4xf32>) -> tensor<4xf32>",
            "  scf.yield %1 : tensor<4xf32>",
            "}",
            "return %0 : tensor<4xf32>",
        ),
        "m.mlir:5:10: error: recursive call @main -> @main",
    ),
    "state that is not declared": (
        function("%0 = tosa.variable_read @s : tensor<4xf32>", "return %0 : tensor<4xf32>"),
        "m.mlir:2:8: error: 'tosa.variable_read' op 's' has not been declared",
    ),
    "state in a region": (
        "tosa.variable @s = dense<0.0> : tensor<4xf32>\n"
        + function(
            LOOP,
            "  %1 = tosa.variable_read @s : tensor<4xf32>",
            "  scf.yield %1 : tensor<4xf32>",
            "}",
            "return %0 : tensor<4xf32>",
        ),
        "m.mlir:6:10: error: 'tosa.variable_read' inside a region",
    ),
}
COMMANDS = {
    "plan": ("plan", "m.mlir", "--l2=2MB", "--json=out"),
    "l2opt-opt": ("l2opt-opt", "m.mlir", "--pack-l2=2MB", "-o", "out"),
    "run": ("run", "m.mlir", "--l2=2MB", "--check"),
}


@pytest.mark.parametrize("argv", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED)
def test_refused_where_it_is(command: Command, text: str, message: str, argv: tuple[str, ...]) -> None:
    Path("m.mlir").write_text(text)
    code, out, err = command(*argv)
    assert (code, out) == (1, "")
    assert message in err.splitlines()[0]
    assert not Path("out").exists()


@pytest.mark.parametrize("argv", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("zz", "m.mlir: error: no function '@zz'; functions with a body: @main, @other"),
        ("f", "m.mlir:7:1: error: '@f' has no body: want a function with one to plan"),
    ],
)
def test_a_function_that_cannot_be_chosen(command: Command, name: str, message: str, argv: tuple[str, ...]) -> None:
    Path("m.mlir").write_text(function(RETURN) + OTHER + F)
    code, out, err = command(*argv, f"--function={name}")
    assert (code, out, err) == (1, "", f"{message}\n")
    assert not Path("out").exists()


@pytest.mark.parametrize("argv", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("data", [b"", b" \n\n"], ids=["empty", "blank"])
def test_an_empty_file(command: Command, data: bytes, argv: tuple[str, ...]) -> None:
    Path("m.mlir").write_bytes(data)
    code, out, err = command(*argv)
    assert (code, out) == (1, "")
    assert err.endswith("error: m.mlir: want an MLIR module, got an empty file\n")
    assert not Path("out").exists()


@pytest.mark.parametrize("argv", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.9, 0.999])
def test_bytecode_that_was_cut_off(command: Command, share: float, argv: tuple[str, ...]) -> None:
    Path("m.mlir").write_text(function(RETURN) + OTHER)
    assert command("l2opt-opt", "m.mlir", "--emit-bytecode", "-o", "m.mlir")[0] == 0
    data = Path("m.mlir").read_bytes()
    Path("m.mlir").write_bytes(data[: int(share * len(data))])
    code, out, err = command(*argv)
    assert (code, out) == (1, "")
    assert err.startswith("m.mlir: error: ")
    assert not Path("out").exists()


@pytest.mark.parametrize("argv", [COMMANDS["plan"], COMMANDS["l2opt-opt"]], ids=["plan", "l2opt-opt"])
def test_a_network_that_is_packed_already(command: Command, argv: tuple[str, ...]) -> None:
    Path("m.mlir").write_text(function(RETURN))
    assert command("l2opt-opt", "m.mlir", "--pack-l2=2MB", "-o", "m.mlir")[0] == 0
    code, out, err = command(*argv)
    assert (code, out) == (1, "")
    assert "error: '@main' is planned already" in err
    assert not Path("out").exists()


@pytest.mark.parametrize("argv", [COMMANDS["plan"], COMMANDS["l2opt-opt"]], ids=["plan", "l2opt-opt"])
@pytest.mark.parametrize("target", ["missing/out", "folder"])
def test_an_output_that_cannot_be_written(command: Command, target: str, argv: tuple[str, ...]) -> None:
    Path("folder").mkdir()
    Path("m.mlir").write_text(function(RETURN))
    code, out, err = command(*(word.replace("out", target) if word.endswith("out") else word for word in argv))
    assert (code, out) == (1, "")
    assert f"error: {target}: cannot write: " in err
    assert sorted(each.name for each in Path().iterdir()) == ["folder", "m.mlir"]
    assert not list(Path("folder").iterdir())


USAGE = {
    "--l2=9223372036854775808": "want at most 2^62 bytes",
    "--l2=-1": "want a number of bytes",
    "--l2=": "want a number of bytes",
    "--l2=1.5": "want a whole number of bytes",
    "--alignment=3": "want a power of two, got 3",
    "--alignment=0": "want a power of two, got 0",
    "--ddr-space=unit": "want an attribute such as 1",
    "--fuse=all": "want none|activation|elementwise, got 'all'",
    "--timeout=0": "want seconds > 0",
    "--timeout=nan": "want NUMBER",
}


@pytest.mark.parametrize("argv", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize(("option", "message"), USAGE.items(), ids=USAGE)
def test_options_that_make_no_sense(command: Command, option: str, message: str, argv: tuple[str, ...]) -> None:
    Path("m.mlir").write_text(
        function("%0 = tosa.exp %x : (tensor<4xf32>) -> tensor<4xf32>", "return %0 : tensor<4xf32>")
    )
    given = option.replace("--l2=", "--pack-l2=") if argv[0] == "l2opt-opt" else option
    code, out, err = command(*(word for word in argv if "l2=" not in word), given, *_l2(argv, option))
    assert (code, out) == (2, "")
    assert f"error: option {option[2:].partition('=')[0]}: " in err
    assert message in err
    assert not Path("out").exists()


def _l2(argv: tuple[str, ...], option: str) -> list[str]:
    """The capacity, where `option` does not give it."""
    return [] if option.startswith("--l2=") else [word for word in argv if "l2=" in word]


@pytest.mark.parametrize("argv", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("capacity", ["0", "8"])
def test_too_little_l2_where_nothing_may_leave_it(command: Command, capacity: str, argv: tuple[str, ...]) -> None:
    Path("m.mlir").write_text(
        function("%0 = tosa.exp %x : (tensor<4xf32>) -> tensor<4xf32>", "return %0 : tensor<4xf32>")
    )
    code, out, err = command(*(word.replace("2MB", capacity) for word in argv), "--spill=never")
    assert (code, out) == (3, "")
    assert f"L2 needs 16 B, {16 - int(capacity)} B more than its capacity of {capacity} B" in err
    assert not Path("out").exists()
