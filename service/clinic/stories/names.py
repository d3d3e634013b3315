"""Name the strategies, for those who choose one and read no cats."""

STRATEGY_NAMES = (
    *("naive", "identity_map", "lazy", "selectin", "subquery", "joined"),
    *("batched", "distinct", "exists", "in_subquery", "core"),
)
