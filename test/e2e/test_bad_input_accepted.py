"""Unusual inputs that are fine: they are planned, packed, certified, and run like the unpacked ones."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from l2opt.tools import main, opt

Command = Callable[..., str]
T = "tensor<4xf32>"
UNARY = f"({T}) -> {T}"
BINARY = f"({T}, {T}) -> {T}"
EXP = f"%0 = tosa.exp %x : {UNARY}"
RETURN = f"return %0 : {T}"
SHAPE = "%s = tosa.const_shape {values = dense<[2, 2]> : tensor<2xindex>} : () -> !tosa.shape<2>"


def function(*lines: str, arguments: str = f"%x: {T}", results: str = T) -> str:
    body = "".join(f"  {line}\n" for line in lines)
    return f"func.func @main({arguments}) -> ({results}) {{\n{body}}}\n"


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Command:
    """Runs a command that must succeed, in an empty folder; its stdout."""
    monkeypatch.chdir(tmp_path)

    def call(name: str, *argv: str) -> str:
        code = opt.main(argv) if name == "l2opt-opt" else main.main([name, *argv])
        out, err = capfd.readouterr()
        assert (code, err) == (0, "")
        return out

    return call


def plan(command: Command, text: str, *options: str) -> dict[str, Any]:
    """The plan of a network that has also been packed and certified; `m.mlir` and `packed.mlir` hold both."""
    Path("m.mlir").write_text(text)
    made: dict[str, Any] = json.loads(command("plan", "m.mlir", "--json=-", *options))
    packing = [each.replace("--l2=", "--pack-l2=") for each in options]
    packing += [] if any(each.startswith("--pack-l2") for each in packing) else ["--pack-l2=2MB"]
    command("l2opt-opt", "m.mlir", "-o", "packed.mlir", *packing)
    command("check", "packed.mlir")
    return made


def run(command: Command, text: str, *options: str) -> dict[str, Any]:
    """The plan, of a network that runs alike packed and unpacked."""
    made = plan(command, text, *options)
    options = options if any(each.startswith("--l2=") for each in options) else ("--l2=2MB", *options)
    assert "packed equals unpacked, bit for bit" in command("run", "m.mlir", "--check", *options)
    return made


def sizes(made: dict[str, Any]) -> list[int]:
    return [buffer["bytes"] for buffer in made["buffers"]]


def test_scalars(command: Command) -> None:
    body = "%0 = tosa.add %x, %y : (tensor<f32>, tensor<f32>) -> tensor<f32>"
    text = function(
        body, "return %0 : tensor<f32>", arguments="%x: tensor<f32>, %y: tensor<f32>", results="tensor<f32>"
    )
    assert sizes(run(command, text)) == [4, 4, 4]


def test_tensors_without_elements(command: Command) -> None:
    loops = 'indexing_maps = [affine_map<(a) -> (a)>], iterator_types = ["parallel"]'
    text = function(
        "%e = tensor.empty() : tensor<0xf32>",
        f"%1 = linalg.generic {{{loops}}} outs(%e : tensor<0xf32>) {{",
        "^bb0(%a: f32):",
        "  linalg.yield %a : f32",
        "} -> tensor<0xf32>",
        EXP,
        f"return %1, %z, %0 : tensor<0xf32>, tensor<0xf32>, {T}",
        arguments=f"%z: tensor<0xf32>, %x: {T}",
        results=f"tensor<0xf32>, tensor<0xf32>, {T}",
    )
    assert sorted(sizes(run(command, text))) == [0, 0, 16, 16]


@pytest.mark.parametrize(("element", "size"), [("i1", 1), ("i4", 1), ("i8", 1), ("i24", 4), ("i48", 8), ("index", 8)])
def test_elements_take_a_power_of_two_of_bytes(command: Command, element: str, size: int) -> None:
    t = f"tensor<5x{element}>"
    text = function(
        f"%0 = arith.addi %x, %x : {t}",
        f"%1 = arith.xori %0, %x : {t}",
        f"return %1 : {t}",
        arguments=f"%x: {t}",
        results=t,
    )
    assert set(sizes(plan(command, text, "--fuse=none"))) == {5 * size}


def test_comparisons_make_bits(command: Command) -> None:
    text = function(
        f"%0 = tosa.greater %x, %y : ({T}, {T}) -> tensor<4xi1>",
        f"%1 = tosa.select %0, %x, %y : (tensor<4xi1>, {T}, {T}) -> {T}",
        f"return %0, %1 : tensor<4xi1>, {T}",
        arguments=f"%x: {T}, %y: {T}",
        results=f"tensor<4xi1>, {T}",
    )
    assert sizes(plan(command, text)) == [16, 16, 4, 16]


NO_KERNELS = {
    "identity": function(f"return %x : {T}"),
    "arguments in another order, one twice": function(
        f"return %y, %x, %y : tensor<3xf32>, {T}, tensor<3xf32>",
        arguments=f"%x: {T}, %y: tensor<3xf32>",
        results=f"tensor<3xf32>, {T}, tensor<3xf32>",
    ),
    "a constant": function(f"%0 = arith.constant dense<[1.0, 2.0, 3.0, 4.0]> : {T}", RETURN),
    "a constant, and a view of it": function(
        f'%0 = "tosa.const"() {{values = dense<[1.0, 2.0, 3.0, 4.0]> : {T}}} : () -> {T}',
        SHAPE,
        f"%1 = tosa.reshape %0, %s : ({T}, !tosa.shape<2>) -> tensor<2x2xf32>",
        f"return %0, %1 : {T}, tensor<2x2xf32>",
        results=f"{T}, tensor<2x2xf32>",
    ),
    "what depends on constants alone": function(
        f'%c = "tosa.const"() {{values = dense<[1.0, 2.0, 3.0, 4.0]> : {T}}} : () -> {T}',
        f"%0 = tosa.exp %c : {UNARY}",
        RETURN,
    ),
    "a reshaped argument": function(
        SHAPE,
        f"%1 = tosa.reshape %x, %s : ({T}, !tosa.shape<2>) -> tensor<2x2xf32>",
        "return %1 : tensor<2x2xf32>",
        results="tensor<2x2xf32>",
    ),
    "nothing": "func.func @main() {\n  return\n}\n",
    "no results": f"func.func @main(%x: {T}) {{\n  %0 = tosa.exp %x : {UNARY}\n  return\n}}\n",
}
RESULTS = {
    "twice": function(EXP, f"return %0, %0 : {T}, {T}", results=f"{T}, {T}"),
    "read after it is made, with an argument": function(
        EXP,
        f"%1 = tosa.reduce_sum %0 {{axis = 0 : i32}} : ({T}) -> tensor<1xf32>",
        f"%2 = tosa.sub %0, %1 : ({T}, tensor<1xf32>) -> {T}",
        f"return %0, %x, %2 : {T}, {T}, {T}",
        results=f"{T}, {T}, {T}",
    ),
    "under two shapes": function(
        SHAPE,
        EXP,
        f"%1 = tosa.reshape %0, %s : ({T}, !tosa.shape<2>) -> tensor<2x2xf32>",
        f"return %1, %0, %1 : tensor<2x2xf32>, {T}, tensor<2x2xf32>",
        results=f"tensor<2x2xf32>, {T}, tensor<2x2xf32>",
    ),
    "with an argument that nothing reads": function(EXP, RETURN, arguments=f"%x: {T}, %unused: tensor<99xf32>"),
    "with attributes of the caller": function(
        EXP, RETURN, arguments=f'%x: {T} {{a.name = "in"}}', results=f'{T} {{a.name = "out"}}'
    ),
    "of a function with a strange name": function(EXP, RETURN).replace("@main", '@"ma in \u00e9"'),
}


@pytest.mark.parametrize("text", NO_KERNELS.values(), ids=NO_KERNELS)
def test_without_computation(command: Command, text: str) -> None:
    run(command, text)


@pytest.mark.parametrize("text", RESULTS.values(), ids=RESULTS)
def test_results(command: Command, text: str) -> None:
    run(command, text)


def test_what_nobody_needs_is_dropped(command: Command) -> None:
    made = run(command, function(EXP, f"%1 = tosa.log %x : {UNARY}", f"%2 = tosa.abs %1 : {UNARY}", RETURN))
    assert [kernel["ops"] for kernel in made["kernels"]] == [["tosa.exp"]]


def test_results_that_nobody_reads_still_need_memory(command: Command) -> None:
    text = function(f'%v, %i = "foo.topk"(%x) : ({T}) -> ({T}, tensor<4xi32>)', f"%0 = tosa.exp %v : {UNARY}", RETURN)
    made = plan(command, text)
    assert made["l2"]["peak"] >= 16 + 16 + 16


@pytest.mark.parametrize("capacity", ["0", "1", "15", "16", "4611686018427387904"])
def test_any_capacity(command: Command, capacity: str) -> None:
    made = run(command, function(EXP, RETURN), f"--l2={capacity}")
    assert made["l2"]["peak"] <= int(capacity)


def test_a_tensor_larger_than_l2_goes_to_ddr_and_the_output_says_so(command: Command) -> None:
    t = "tensor<1x2000xf32>"
    text = function(
        f"%0 = tosa.exp %x : ({t}) -> {t}",
        f"%1 = tosa.reduce_sum %0 {{axis = 1 : i32}} : ({t}) -> tensor<1x1xf32>",
        "return %1 : tensor<1x1xf32>",
        arguments=f"%x: {t}",
        results="tensor<1x1xf32>",
    )
    made = run(command, text, "--l2=4KB")
    large = [buffer for buffer in made["buffers"] if buffer["bytes"] == 8000]
    assert large
    assert all(place["memory"] == "DDR" for buffer in large for place in buffer["placements"])
    assert not made["fits"]
    assert "buffer 'b0' (7.8 KiB) stays in DDR: larger than L2" in command("plan", "m.mlir", "--l2=4KB")
    assert "fits = false" in Path("packed.mlir").read_text()


CALLEE = f"func.func private @f(%x: {T}) -> {T} {{\n  {EXP}\n  {RETURN}\n}}\n"
CALL = f"%1 = call @f(%x) : {UNARY}"


def test_calls_are_inlined(command: Command) -> None:
    made = run(command, CALLEE + function(CALL, f"%0 = call @f(%1) : {UNARY}", RETURN))
    assert [kernel["ops"] for kernel in made["kernels"]] == [["tosa.exp", "tosa.exp"]]


def test_calls_of_functions_without_a_body_are_kernels(command: Command) -> None:
    made = plan(command, f"func.func private @f({T}) -> {T}\n" + function(CALL, f"%0 = tosa.exp %1 : {UNARY}", RETURN))
    assert [kernel["ops"] for kernel in made["kernels"]] == [["func.call", "tosa.exp"]]


def test_names_of_kernels_are_new(command: Command) -> None:
    made = plan(command, f"func.func private @main_0_exp({T}) -> {T}\n" + function(EXP, RETURN))
    assert [kernel["name"] for kernel in made["kernels"]] == ["main_1_exp"]


def test_unknown_operations_are_kernels_that_keep_their_bodies(command: Command) -> None:
    region = f'({{\n^bb0(%a: {T}):\n  "foo.end"(%a, %x) : ({T}, {T}) -> ()\n}})'
    text = function(f'%1 = "foo.bar"(%x) {region} : {UNARY}', f"%0 = tosa.exp %1 : {UNARY}", RETURN)
    made = plan(command, text)
    assert [kernel["ops"] for kernel in made["kernels"]] == [["foo.bar", "tosa.exp"]]
    assert '"foo.bar"(' in Path("packed.mlir").read_text()


def test_operations_with_effects_keep_their_order(command: Command) -> None:
    """The large values make another order cheaper, where it is free."""
    big = "tensor<1000xf32>"
    text = function(
        f'%a = "foo.random"() : () -> {big}',
        f'%b = "foo.random"() : () -> {big}',
        f'"foo.print"(%x) : ({T}) -> ()',
        f'%c = "foo.fold"(%b) : ({big}) -> {T}',
        f'%d = "foo.fold"(%a) : ({big}) -> {T}',
        f"%0 = tosa.add %c, %d : {BINARY}",
        RETURN,
    )
    made = plan(command, text, "--order=memory")
    kernels = [kernel for kernel in made["kernels"] if kernel["ops"][0] in ("foo.random", "foo.print")]
    assert [kernel["id"] for kernel in kernels] == ["k0", "k1", "k2"]
    assert [kernel["id"] for kernel in made["kernels"]] != ["k0", "k1", "k2", "k3", "k4"]


@pytest.mark.parametrize("element", ["complex<f32>", "vector<3xf32>"])
def test_elements_of_several_numbers(command: Command, element: str) -> None:
    t = f"tensor<4x{element}>"
    text = function(f'%0 = "foo.op"(%x) : ({t}) -> {t}', f"return %0 : {t}", arguments=f"%x: {t}", results=t)
    assert sizes(plan(command, text)) == [4 * (8 if "complex" in element else 16)] * 2
