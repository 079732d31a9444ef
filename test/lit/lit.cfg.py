"""lit's configuration: tools come from the environment that runs lit, not from PATH."""

import importlib.util
import os
import sys
import sysconfig

import lit.formats

config.name = "l2opt"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir"]
config.excludes = ["Inputs"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = lit_config.params.get("exec_root", config.test_source_root)


def package_bin(package):
    """The folder of tools inside an installed package, such as FileCheck in `llvm` and mlir-opt in `mlir`."""
    return os.path.join(importlib.util.find_spec(package).submodule_search_locations[0], "bin")


tools = [sysconfig.get_path("scripts"), package_bin("llvm"), package_bin("mlir")]
config.environment["PATH"] = os.pathsep.join([*tools, config.environment["PATH"]])
config.substitutions.append(("%python", sys.executable))
config.substitutions.append(("%models", os.path.join(os.path.dirname(config.test_source_root), "models")))
