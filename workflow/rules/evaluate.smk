rule crossvalidate:
    input:
        f"{OUT}/evaluation/report.html",


# All ensembles in one table, with intervals: each image is predicted by the networks that kept its fold for validation.
rule evaluate:
    input:
        expand(f"{OUT}/ensembles/{{setting}}-seed{{seed}}.tuned", setting=SETTINGS, seed=TRAIN["seeds"]),
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
