"""The outcomes of a comparison as a Markdown table."""

from collections.abc import Sequence

from evaluation.codesearch.encoder_comparison import Outcome, paired_p_value


def as_markdown(outcomes: Sequence[Outcome], baseline: Outcome) -> str:
    """A Markdown table: a row a task, a column a model; MRR ± its spread over seeds, (MAM), p-value."""
    lines = [
        "| MRR (MAM) | " + " | ".join(outcome.name for outcome in outcomes) + " |",
        "| --- |" + " --- |" * len(outcomes),
    ]
    for task in baseline.ranks:
        cells = [_cell(outcome, baseline, task) for outcome in outcomes]
        lines.append(f"| {task} | " + " | ".join(cells) + " |")
    lines.append(
        "| parameters | " + " | ".join(f"{outcome.parameters / 1e6:.1f} M" for outcome in outcomes) + " |"
    )
    lines.append(
        "| functions a second | "
        + " | ".join(f"{outcome.functions_a_second:,.0f}" for outcome in outcomes)
        + " |"
    )
    return "\n".join(lines) + "\n"


def _cell(outcome: Outcome, baseline: Outcome, task: str) -> str:
    spread = f" ± {outcome.spread[task]:.3f}" if outcome.spread[task] else ""
    cell = f"{outcome.mrr(task):.3f}{spread} ({outcome.margins[task]:.3f})"
    if outcome is baseline:
        return cell
    return f"{cell}, p = {paired_p_value(outcome.ranks[task], baseline.ranks[task]):.3f}"
