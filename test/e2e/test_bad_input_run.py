"""Unusual inputs that run: element types, control flow, several functions, state; and clear errors where none can."""

from __future__ import annotations

from pathlib import Path

import pytest

from l2opt.tools.main import main

T = "tensor<4xf32>"
UNARY = f"({T}) -> {T}"
BINARY = f"({T}, {T}) -> {T}"
EXP = f"%0 = tosa.exp %x : {UNARY}"
RETURN = f"return %0 : {T}"
BOUNDS = "\n  ".join(f"%c{k} = arith.constant {k} : index" for k in (0, 1, 3))


def function(*lines: str, arguments: str = f"%x: {T}", results: str = T) -> str:
    body = "".join(f"  {line}\n" for line in lines)
    return f"func.func @main({arguments}) -> ({results}) {{\n{body}}}\n"


def elementwise(element: str) -> str:
    t = f"tensor<5x{element}>"
    body = f"%0 = arith.addi %x, %x : {t}", f"%1 = arith.xori %0, %x : {t}", f"return %1 : {t}"
    return function(*body, arguments=f"%x: {t}", results=t)


def floats(element: str) -> str:
    t = f"tensor<5x{element}>"
    body = f"%0 = arith.addf %x, %x : {t}", f"%1 = arith.mulf %0, %x : {t}", f"return %1 : {t}"
    return function(*body, arguments=f"%x: {t}", results=t)


OTHER = function(EXP, RETURN).replace("@main", "@other")
RUNS = {
    **{element: elementwise(element) for element in ("i1", "i4", "i8", "i24", "i48", "index")},
    "comparison": function(
        f"%0 = tosa.greater %x, %y : ({T}, {T}) -> tensor<4xi1>",
        f"%1 = tosa.select %0, %x, %y : (tensor<4xi1>, {T}, {T}) -> {T}",
        f"return %0, %1 : tensor<4xi1>, {T}",
        arguments=f"%x: {T}, %y: {T}",
        results=f"tensor<4xi1>, {T}",
    ),
    **{element: floats(element) for element in ("f16", "bf16", "f64")},
    "swapped in nested loops": function(
        BOUNDS,
        f"%r:2 = scf.for %i = %c0 to %c3 step %c1 iter_args(%a = %x, %b = %y) -> ({T}, {T}) {{",
        f"  %k = scf.for %j = %c0 to %c3 step %c1 iter_args(%d = %a) -> {T} {{",
        "    %same = arith.cmpi eq, %i, %j : index",
        f"    %e = scf.if %same -> {T} {{",
        f"      %0 = tosa.sub %d, %b : {BINARY}",
        f"      scf.yield %0 : {T}",
        "    } else {",
        f"      scf.yield %d : {T}",
        "    }",
        f"    scf.yield %e : {T}",
        "  }",
        f"  scf.yield %b, %k : {T}, {T}",
        "}",
        f"return %r#0, %r#1 : {T}, {T}",
        arguments=f"%x: {T}, %y: {T}",
        results=f"{T}, {T}",
    ),
    "several functions": OTHER + function(EXP, RETURN),
    "a name in use": f"func.func private @main_0_exp({T}) -> {T}\n" + function(EXP, RETURN),
    "a call of a public function": OTHER + function(f"%0 = call @other(%x) : {UNARY}", RETURN),
    "a call in a region": OTHER
    + function(
        BOUNDS,
        f"%0 = scf.for %i = %c0 to %c3 step %c1 iter_args(%a = %x) -> ({T}) {{",
        f"  %1 = func.call @other(%a) : {UNARY}",
        f"  scf.yield %1 : {T}",
        "}",
        RETURN,
    ),
    "scf.for": function(
        BOUNDS,
        f"%k = tosa.exp %x : {UNARY}",
        f"%0 = scf.for %i = %c0 to %c3 step %c1 iter_args(%a = %x) -> ({T}) {{",
        f"  %1 = tosa.add %a, %k : {BINARY}",
        f"  scf.yield %1 : {T}",
        "}",
        RETURN,
    ),
    "scf.if": function(
        BOUNDS,
        "%half = arith.constant 0.5 : f32",
        f"%e = tensor.extract %x[%c0] : {T}",
        "%c = arith.cmpf ogt, %e, %half : f32",
        f"%0 = scf.if %c -> ({T}) {{",
        f"  %1 = tosa.exp %x : {UNARY}",
        f"  scf.yield %1 : {T}",
        "} else {",
        f"  scf.yield %x : {T}",
        "}",
        RETURN,
    ),
    "scf.while": function(
        BOUNDS,
        "%limit = arith.constant 100.0 : f32",
        f"%0 = scf.while (%a = %x) : ({T}) -> {T} {{",
        f"  %e = tensor.extract %a[%c0] : {T}",
        "  %m = math.absf %e : f32",
        "  %c = arith.cmpf olt, %m, %limit : f32",
        f"  scf.condition(%c) %a : {T}",
        "} do {",
        f"^bb0(%b: {T}):",
        f"  %p = tosa.add %b, %b : {BINARY}",
        f"  scf.yield %p : {T}",
        "}",
        RETURN,
    ),
    "tosa.while_loop": function(
        *(
            f'%{name} = "tosa.const"() {{values = dense<{k}> : tensor<i32>}} : () -> tensor<i32>'
            for k, name in ((0, "i0"), (1, "one"), (3, "n"))
        ),
        f"%k = tosa.exp %x : {UNARY}",
        f"%1:2 = tosa.while_loop (%i = %i0, %a = %x) : (tensor<i32>, {T}) -> (tensor<i32>, {T}) {{",
        "  %c = tosa.greater %n, %i : (tensor<i32>, tensor<i32>) -> tensor<i1>",
        "  tosa.yield %c : tensor<i1>",
        "} do {",
        f"^bb0(%i: tensor<i32>, %a: {T}):",
        "  %j = tosa.add %i, %one : (tensor<i32>, tensor<i32>) -> tensor<i32>",
        f"  %b = tosa.add %a, %k : {BINARY}",
        f"  tosa.yield %j, %b : tensor<i32>, {T}",
        "}",
        f"return %1#1 : {T}",
    ),
    "tosa.cond_if": function(
        f"%0 = tosa.cond_if %c : tensor<i1> -> {T} {{",
        f"  %1 = tosa.exp %x : {UNARY}",
        f"  tosa.yield %1 : {T}",
        "} else {",
        f"  %1 = tosa.abs %x : {UNARY}",
        f"  tosa.yield %1 : {T}",
        "}",
        RETURN,
        arguments=f"%x: {T}, %c: tensor<i1>",
    ),
}


@pytest.mark.parametrize("capacity", ["2MB", "16", "0"])
@pytest.mark.parametrize("text", RUNS.values(), ids=RUNS)
def test_runs_alike(capfd: pytest.CaptureFixture[str], tmp_path: Path, text: str, capacity: str) -> None:
    (tmp_path / "m.mlir").write_text(text)
    code = main(["run", str(tmp_path / "m.mlir"), "--check", f"--l2={capacity}"])
    out, err = capfd.readouterr()
    assert (code, err) == (0, "")
    assert "packed equals unpacked, bit for bit" in out


STATE = f"""tosa.variable @s = dense<[1.0, 2.0, 3.0, 4.0]> : {T}
func.func @main(%x: {T}) -> {T} {{
  %0 = tosa.variable_read @s : {T}
  %1 = tosa.add %0, %x : {BINARY}
  tosa.variable_write @s, %1 : {T}
  return %1 : {T}
}}
"""
STATES = {
    "new value returned": STATE,
    "old value returned": STATE.replace("return %1", "return %0"),
    "never read": STATE.replace(f"%0 = tosa.variable_read @s : {T}", "").replace("%0, %x", "%x, %x"),
    "no initial value": STATE.replace(f"= dense<[1.0, 2.0, 3.0, 4.0]> : {T}", f": {T}"),
}


@pytest.mark.parametrize("options", [(), ("--l2=16",), ("--l2=0",)], ids=["fits", "spills", "no L2"])
@pytest.mark.parametrize("arena", ["argument", "alloc"])
@pytest.mark.parametrize("text", STATES.values(), ids=STATES)
def test_state(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, text: str, arena: str, options: tuple[str, ...]
) -> None:
    (tmp_path / "m.mlir").write_text(text)
    options = options or ("--l2=2MB",)
    code = main(["run", str(tmp_path / "m.mlir"), "--check", "--runs=3", f"--arena={arena}", *options])
    out, err = capfd.readouterr()
    assert (code, err) == (0, "")
    assert "packed equals unpacked, bit for bit" in out


CONV = """func.func @main(%x: tensor<1x4x4x8xf32>) -> tensor<1x4x4x8xf32> {
  %z = "tosa.const"() {values = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %w = "tosa.const"() {values = dense_resource<__elided__> : tensor<8x1x1x8xf32>} : () -> tensor<8x1x1x8xf32>
  %b = "tosa.const"() {values = dense_resource<__elided__> : tensor<8xf32>} : () -> tensor<8xf32>
  %0 = tosa.conv2d %x, %w, %b, %z, %z {acc_type = f32, pad = array<i64: 0, 0, 0, 0>, stride = array<i64: 1, 1>,
    dilation = array<i64: 1, 1>} : (tensor<1x4x4x8xf32>, tensor<8x1x1x8xf32>, tensor<8xf32>, tensor<1xf32>,
    tensor<1xf32>) -> tensor<1x4x4x8xf32>
  return %0 : tensor<1x4x4x8xf32>
}
"""


def test_elided_weights_are_filled_only_when_asked(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    model = tmp_path / "m.mlir"
    model.write_text(CONV)
    code = main(["run", str(model), "--check", "--l2=2MB"])
    out, err = capfd.readouterr()
    assert (code, out) == (1, "")
    assert err.startswith(f"{model}:3:8: error: 2 constants have no data, this one first: give --fill-weights=SEED")
    assert main(["run", str(model), "--check", "--l2=2MB", "--fill-weights=1"]) == 0
    assert "packed equals unpacked, bit for bit" in capfd.readouterr().out


CANNOT = {
    "an operation nobody knows": (function(f'%0 = "foo.bar"(%x) : {UNARY}', RETURN), "'foo.bar'"),
    "a function without a body": (
        f"func.func private @f({T}) -> {T}\n" + function(f"%0 = call @f(%x) : {UNARY}", RETURN),
        "@f",
    ),
    "an encoding": (
        function(
            "%0 = math.exp %x : tensor<4xf32, 1>",
            "return %0 : tensor<4xf32, 1>",
            arguments="%x: tensor<4xf32, 1>",
            results="tensor<4xf32, 1>",
        ),
        "m.mlir:2:8: error: cannot be lowered to run here",
    ),
    "a strided argument": (
        "func.func @main(%x: memref<4xf32, strided<[2]>>, %o: memref<4xf32>) {\n"
        "  memref.copy %x, %o : memref<4xf32, strided<[2]>> to memref<4xf32>\n  return\n}\n",
        "argument 0 of '@main' is memref<4xf32, strided<[2]>>: want contiguous memrefs",
    ),
    "a scalar argument": (
        "func.func @main(%x: f32, %o: memref<4xf32>) {\n"
        "  linalg.fill ins(%x : f32) outs(%o : memref<4xf32>)\n  return\n}\n",
        "argument 0 of '@main' is f32: want tensors or memrefs to run",
    ),
    "hidden state": (
        f"ml_program.global private mutable @g(dense<0.0> : {T}) : {T}\n"
        + function(f"%1 = ml_program.global_load @g : {T}", f"%0 = tosa.add %x, %1 : {BINARY}", RETURN),
        "ml_program.global",
    ),
}


@pytest.mark.parametrize(("text", "named"), CANNOT.values(), ids=CANNOT)
def test_what_cannot_run_is_named(capfd: pytest.CaptureFixture[str], tmp_path: Path, text: str, named: str) -> None:
    """One error, at the operation."""
    model = tmp_path / "m.mlir"
    model.write_text(text)
    code = main(["run", str(model), "--check", "--l2=2MB"])
    out, err = capfd.readouterr()
    assert (code, out) == (1, "")
    assert err.count("error: ") == 1
    assert err.startswith(f"{model}:")
    assert named in err


def test_arenas_that_this_machine_does_not_have(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    t = "tensor<1125899906842624xf32>"
    model = tmp_path / "m.mlir"
    text = function(f"%0 = tosa.exp %x : ({t}) -> {t}", f"return %0 : {t}", arguments=f"%x: {t}", results=t)
    model.write_text(text)
    code = main(["run", str(model), "--check", "--l2=2MB"])
    out, err = capfd.readouterr()
    assert (code, out) == (1, "")
    assert err.count("error: ") == 1
