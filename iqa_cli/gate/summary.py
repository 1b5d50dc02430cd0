"""The report for scripts: one JSON object, whose members are described in docs/ci.md and stay."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from iqa_cli.gate.account import Account
from iqa_cli.gate.alike import MODEL_FACTS
from iqa_cli.gate.drops import Against, Change
from iqa_cli.gate.verdict import Miss
from iqa_cli.records import Job, ModelInfo

SCHEMA = 1  # raised when a member is removed or changes its meaning
DECIMALS = 9  # of what is computed from scores, which have six
FACTS = ("weights", *MODEL_FACTS)


def summary(account: Account) -> str:
    """The document, numbers as JSON has them; a score that is infinite is the text "inf", as in CSV."""
    return json.dumps(_document(account), allow_nan=False, ensure_ascii=False, indent=1) + "\n"


def _document(account: Account) -> dict[str, Any]:
    verdict = account.verdict
    misses = [miss for model in verdict.models for miss in verdict.misses[model.name]]
    return {
        "iqa_summary": SCHEMA,
        "iqa": account.meta["iqa"],
        "passed": account.passed,
        "exit_code": int(account.exit_code),
        "rows": len(verdict.records),
        "seconds": round(account.seconds, 3),
        "device": account.meta.get("device"),
        "models": {model.name: _model(account, model) for model in verdict.models},
        "means": _rounded(account.means),
        "failed": [{**_job(record.job), "error": record.error} for record in verdict.failed],
        "below": [_miss(miss) for miss in misses],
        "baseline": _against(verdict.models, verdict.against),
    }


def _model(account: Account, model: ModelInfo) -> dict[str, Any]:
    described = account.meta["models"].get(model.name, {})
    return {
        "higher_is_better": model.higher_is_better,
        "threshold": None if model.threshold is None else _number(model.threshold),
        **{fact: described[fact] for fact in FACTS if fact in described},
    }


def _against(models: Sequence[ModelInfo], against: Against | None) -> dict[str, Any] | None:
    if against is None:
        return None
    drops = [drop for model in models for drop in against.drops.get(model.name, ())]
    return {
        "file": str(against.path),
        "dropped": [{**(_job(drop.job) if drop.job else {}), **_change(drop)} for drop in drops],
        "means": [{**_change(mean), "images": mean.images, "dropped": mean.dropped} for mean in against.means.values()],
        "new": [_job(job) for job in against.new],
        "gone": [_job(job) for job in against.gone],
        "unscored": [_job(job) for job in against.unscored],
        "renamed": [_job(job) for job in against.renamed],
        "compared": {model.name: against.compared.get(model.name, 0) for model in models},
        "not_compared": list(against.missing),
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "model": change.model.name,
        "before": _number(change.before),
        "after": _number(change.after),
        "loss": _number(change.loss),
        "allowed": _number(change.allowed),
    }


def _miss(miss: Miss) -> dict[str, Any]:
    told = {"model": miss.model.name, "score": _number(miss.score), "threshold": _number(miss.threshold)}
    return {**_job(miss.job), **told}


def _job(job: Job) -> dict[str, Any]:
    return {"image": job.image, "reference": job.reference}


def _number(score: float) -> float | str:
    return round(score, DECIMALS) if math.isfinite(score) else str(score)


def _rounded(value: Any) -> Any:
    """Without what adding floats leaves behind: 0.885774, not 0.8857740000000001."""
    if isinstance(value, Mapping):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return round(value, DECIMALS) if isinstance(value, float) else value
