import json

from snakemake.exceptions import WorkflowError


def ensembles(wildcards):
    """What is compared, if every image has networks that kept its fold for validation."""
    with open(TRAIN["split"]) as split:
        folds = list(range(json.load(split)["folds"]))
    if sorted(TRAIN["folds"]) != folds:
        raise WorkflowError(f"train.folds is {TRAIN['folds']}, but to evaluate all images it must be {folds}, all folds of the split.")
    return expand(f"{OUT}/ensembles/{{setting}}-seed{{seed}}.tuned", setting=SETTINGS, seed=TRAIN["seeds"])


rule crossvalidate:
    input:
        f"{OUT}/evaluation/report.html",


# All ensembles in one table, with intervals: each image is predicted by the networks that kept its fold for validation.
rule evaluate:
    input:
        ensembles,
    output:
        json=f"{OUT}/evaluation/scores.json",
        csv=f"{OUT}/evaluation/scores.csv",
        html=f"{OUT}/evaluation/report.html",
    params:
        models=expand(f"{OUT}/models/{{setting}}-seed{{seed}}", setting=SETTINGS, seed=TRAIN["seeds"]),
        data=TRAIN["data"],
        split=TRAIN["split"],
    resources:
        mem_mb=TRAIN["memory_mb"],
        runtime=TRAIN["minutes"],
    shell:
        "{NUCLEATE} eval {params.models:q} --out-of-fold --data {params.data:q} --split {params.split:q}"
        " --html {output.html:q} --csv {output.csv:q} --json > {output.json:q}"
        # With --json errors stand there, too, and Snakemake deletes the outputs of jobs that fail.
        " || {{ status=$?; cat {output.json:q} >&2; exit $status; }}"
