#!/bin/bash
# Five detectors, one for each fold left out, as an ensemble against one of them.
#
#     experiments/plans/five-folds.sh FOLDER DSB TNBC
#
# FOLDER for runs; DSB: stage1_train_fixed.zip; TNBC: tnbc-dev as pairs. Forty minutes on one core.
set -eu
folder=$1 dsb=$2 tnbc=$3
twin=experiments/nucleate-small-twin
train() { node bin/nucleate.js train "$1" --config "$2" --data "$dsb" --set data.split=configs/splits/dsb2018.json --set precision=float32 --set loader.workers=1 --no-progress "${@:3}"; }
more=()
for fold in 0 1 2 3 4; do
  train detector configs/detector/small-stains.yaml --set data.validationFold=$fold --set seed=$((fold + 1)) --init-from $twin/detector.safetensors \
    --set model.normalization=frozen --set schedule.learningRate=0.001 --set schedule.warmupSteps=50 --set schedule.steps=150 \
    --set budget.steps=150 --set validation.everySteps=150 --set scoring.images=12 --run-dir "$folder/fold-$fold"
  if [ $fold != 0 ]; then more+=(--more "$folder/fold-$fold"); fi
done
# The twin's segmenter as a run: two steps that change nothing to speak of.
train segmenter configs/segmenter/stains.yaml --set loader.cropSize=64 --set model.boxFalloff=8 --set data.validationFold=0 --init-from $twin/segmenter.safetensors --set schedule.warmupSteps=1 \
  --set schedule.learningRate=1e-9 --set schedule.steps=2 --set budget.steps=2 --set validation.everySteps=2 --set scoring.maxNuclei=20 --run-dir "$folder/seg"
node bin/nucleate.js model pack "$folder/fold-0" "$folder/seg" --settings-of $twin --out "$folder/one"
node bin/nucleate.js model pack "$folder/fold-0" "$folder/seg" "${more[@]}" --settings-of $twin --out "$folder/five"
npx tsx experiments/generalise.ts "$folder/ensemble.json" one="$folder/one@$tnbc" five="$folder/five@$tnbc"
