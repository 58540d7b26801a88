rule predict:
    input:
        f"{OUT}/nuclei/complete",


rule plan:
    output:
        f"{OUT}/plan.json",
    params:
        images=PREDICT["images"],
        regions=f"--region-size {PREDICT['region_size']}" if PREDICT["region_size"] else "",
        shards=PREDICT["shards"],
        options=PREDICT["plan_options"],
    shell:
        "{NUCLEATE} shard plan {params.images:q} --shards {params.shards} {params.regions} {params.options} --out {output:q}"


# What the shard has finished stays if it fails, and is skipped when it runs again: only done.json is an output.
rule predict_shard:
    input:
        f"{OUT}/plan.json",
    output:
        f"{OUT}/nuclei/shards/{{shard}}/done.json",
    params:
        model=f"--model {PREDICT['model']}" if PREDICT["model"] else "",
        formats=",".join(PREDICT["formats"]),
        options=PREDICT["options"],
        out=f"{OUT}/nuclei",
    retries: 2
    threads: PREDICT["threads"]
    resources:
        mem_mb=lambda wildcards, attempt: PREDICT["memory_mb"] * attempt,
        runtime=PREDICT["minutes"],
    shell:
        "{NUCLEATE} predict --plan {input:q} --shard {wildcards.shard} --allow-failed {params.model}"
        " --out {params.out:q} --format {params.formats} {params.options}"


rule merge:
    input:
        plan=f"{OUT}/plan.json",
        shards=expand(f"{OUT}/nuclei/shards/{{shard}}/done.json", shard=range(PREDICT["shards"])),
    output:
        f"{OUT}/nuclei/manifest.json",
        f"{OUT}/nuclei/failures.csv",
    params:
        out=f"{OUT}/nuclei",
    resources:
        mem_mb=PREDICT["merge_memory_mb"],
    shell:
        "{NUCLEATE} shard merge --plan {input.plan:q} --out {params.out:q} --allow-missing"


# The merge keeps its outputs if images are missing; whether that is well is decided here.
rule complete:
    input:
        f"{OUT}/nuclei/failures.csv",
    output:
        touch(f"{OUT}/nuclei/complete"),
    params:
        allow="true" if PREDICT["allow_missing"] else "false",
    shell:
        "[ $(wc -l < {input:q}) -le 1 ] || {params.allow} || {{ echo 'images have no results:'; cat {input:q}; exit 42; }}"
