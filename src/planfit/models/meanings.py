"""What hyperparameters mean, for people; several families share them under one name, so that they stand here once."""

from __future__ import annotations

from typing import Final

MEANINGS: Final[dict[str, str]] = {
    "C": "Inverse strength of the L2 penalty, of a classification.",
    "alpha": "Strength of the L2 penalty, of a regression.",
    "bagging_fraction": "Share of the rows that a tree is grown on.",
    "batch": "Rows that one step of training looks at.",
    "border_count": "Bins that a number is cut into.",
    "cat_l2": "L2 penalty on splits by category.",
    "cat_smooth": "How far the means of categories with few rows are drawn together.",
    "colsample_bylevel": "Share of the columns that each level of a tree may split on.",
    "colsample_bynode": "Share of the columns that each split may look at.",
    "depth": "Levels of a tree.",
    "mlp.depth": "Hidden layers.",
    "distance": "How far two rows are from each other: sums of differences, or the straight line.",
    "dropout": "Share of the units that are silenced at each step of training.",
    "embedding": "Learned numbers that stand for a level of a category.",
    "extra_trees": "Random thresholds: less variance on small tables, and cheaper.",
    "feature_fraction": "Share of the columns that a tree may split on.",
    "grow_policy": "Whether a tree grows level by level or where the loss falls most.",
    "l2_leaf_reg": "L2 penalty on the values of leaves.",
    "l2_regularization": "L2 penalty on the values of leaves.",
    "lambda_l1": "L1 penalty on the values of leaves.",
    "lambda_l2": "L2 penalty on the values of leaves.",
    "leaf_estimation_iterations": "Steps by which the values of leaves are found; CatBoost chooses by the loss.",
    "learning_rate": "How much of each tree's correction is taken; smaller needs more rounds.",
    "mlp.learning_rate": "Size of the steps of training at its height; it rises and falls within a cycle.",
    "max_bin": "Bins that a number is cut into.",
    "max_bins": "Bins that a number is cut into.",
    "max_cat_to_onehot": "Categories of at most so many levels are split one level from the rest.",
    "max_ctr_complexity": "Categories that one statistic combines: 1 looks at each alone, 2 also at pairs.",
    "max_depth": "Levels of a tree at the most.",
    "max_features": "Columns that each split may look at: their square root, or a share of them.",
    "max_iter": "Steps of the solver at the most.",
    "max_leaf_nodes": "Leaves of a tree at the most.",
    "max_leaves": "Leaves of a tree at the most; 0 sets no limit.",
    "max_samples": "Share of the rows that a tree is grown on.",
    "min_child_weight": "Second derivatives of the loss that a leaf must hold at the least.",
    "min_data_in_leaf": "Rows that a leaf holds at the least.",
    "min_data_per_group": "Rows that a level of a category must have to be split on.",
    "min_samples_leaf": "Rows that a leaf holds at the least.",
    "min_sum_hessian_in_leaf": "Second derivatives of the loss that a leaf must hold at the least.",
    "n_estimators": "Trees.",
    "n_neighbors": "Training rows that a prediction rests on.",
    "num_leaves": "Leaves of a tree at the most.",
    "one_hot_max_size": "Categories of at most so many levels are split one level from the rest.",
    "patience": "Rounds without improvement of the validation loss before training ends.",
    "mlp.patience": "Epochs without improvement of the validation loss before training ends.",
    "random_strength": "Random noise on the score of splits, against overfitting.",
    "reg_alpha": "L1 penalty on the values of leaves.",
    "reg_lambda": "L2 penalty on the values of leaves.",
    "rounds": "Trees at the most, for many classes one each a round; a validation part ends it earlier.",
    "mlp.rounds": "Passes over the training rows at the most; a validation part ends it earlier.",
    "subsample": "Share of the rows that a tree is grown on.",
    "weight_decay": "How strongly weights are drawn to zero.",
    "weights": "Whether near neighbours count more, or all the same.",
    "width": "Units of a hidden layer.",
}
"""By name; ``family.name`` where it means something else in one family."""
LEFT_OPEN: Final[dict[str, str]] = {
    "C": "chosen on the training rows",
    "alpha": "chosen on the training rows",
    "max_samples": "as many rows as there are",
}
"""What holds where a hyperparameter is not given and has no number of its own; else it is the library's choice."""


def meaning(family: str, name: str) -> str:
    """Return what a hyperparameter means; empty where nobody has said it.

    >>> meaning("mlp", "depth")
    'Hidden layers.'
    """
    return MEANINGS.get(f"{family}.{name}", MEANINGS.get(name, ""))


def left_open(name: str) -> str:
    """Return what holds where a hyperparameter without a default is not given.

    >>> left_open("leaf_estimation_iterations")
    "the library's"
    """
    return LEFT_OPEN.get(name, "the library's")
