"""A certified memory planner for MLIR."""
