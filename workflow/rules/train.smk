import csv
import itertools

SETTINGS = {}
if TRAIN["data"]:
    with open(TRAIN["sweep"], newline="") as table:
        for row in csv.DictReader(table, delimiter="\t"):
            SETTINGS[row["setting"]] = row


wildcard_constraints:
    setting=r"[\w.-]+",
    task="detector|segmenter",
    fold=r"\d+",
    seed=r"\d+",
    shard=r"\d+",


def overrides(wildcards):
    """`--set a=b --set c=d` of a cell of the sweep table, which separates settings by blanks."""
    cell = SETTINGS[wildcards.setting][wildcards.task] or ""
    return " ".join(f"--set {one}" for one in cell.split())


# The folder of the run is no output: Snakemake deletes the outputs of jobs that fail, and before they run again.
rule train:
    output:
        f"{OUT}/trained/{{setting}}/{{task}}-fold{{fold}}-seed{{seed}}.json",
    params:
        run=f"{OUT}/runs/{{setting}}/{{task}}-fold{{fold}}-seed{{seed}}",
        config=lambda wildcards: TRAIN[wildcards.task],
        script=workflow.source_path("../scripts/train.sh"),
        overrides=overrides,
        options=TRAIN["options"],
        data=TRAIN["data"],
        split=TRAIN["split"],
    retries: 3
    threads: TRAIN["threads"]
    resources:
        mem_mb=lambda wildcards, attempt: TRAIN["memory_mb"] * attempt,
        runtime=TRAIN["minutes"],
        gpu=TRAIN["gpus"],
    shell:
        "NUCLEATE={NUCLEATE:q} bash {params.script:q} {params.run:q} {output:q} {wildcards.task} {params.config:q}"
        " --data {params.data:q} --set data.split={params.split:q} --fold {wildcards.fold} --set seed={wildcards.seed}"
        " {params.overrides} {params.options}"


def trained(task):
    return lambda wildcards: [
        f"{OUT}/trained/{wildcards.setting}/{task}-fold{fold}-seed{wildcards.seed}.json"
        for fold in TRAIN["folds"]
    ]


# One detector and one segmenter of each fold; thresholds are chosen on images that each has not seen.
rule ensemble:
    input:
        trained("detector"),
        trained("segmenter"),
    output:
        touch(f"{OUT}/ensembles/{{setting}}-seed{{seed}}.tuned"),
    params:
        model=f"{OUT}/models/{{setting}}-seed{{seed}}",
        first=lambda wildcards: " ".join(
            f"{OUT}/runs/{wildcards.setting}/{task}-fold{TRAIN['folds'][0]}-seed{wildcards.seed}"
            for task in ("detector", "segmenter")
        ),
        more=lambda wildcards: " ".join(
            f"--more {OUT}/runs/{wildcards.setting}/{task}-fold{fold}-seed{wildcards.seed}"
            for fold in TRAIN["folds"][1:]
            for task in ("detector", "segmenter")
        ),
    resources:
        mem_mb=TRAIN["memory_mb"],
        runtime=TRAIN["minutes"],
    shell:
        "rm -rf {params.model:q} && mkdir -p $(dirname {params.model:q}) &&"
        " {NUCLEATE} model pack {params.first} {params.more} --out {params.model:q} &&"
        " {NUCLEATE} tune {params.model:q}"
