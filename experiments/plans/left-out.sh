#!/bin/bash
# A model whose networks have not seen one cluster of the challenge, with tissue: an hour on one core with bfloat16 instructions.
#
#     experiments/plans/left-out.sh FOLDER DSB JOINED VGG16 FOLD [STEPS]
#
# FOLDER for runs and the model; DSB: stage1_train_fixed.zip; JOINED: the folder of experiments/add-tissue.ts; VGG16:
# vgg16_imagenet_notop_f16.h5; FOLD of configs/splits/dsb2018-clusters.json: 0 is f, 1 a, 2 c; STEPS: of the detector
# at its last zoom (3000).
set -eu
folder=$1 dsb=$2 joined=$3 vgg=$4 fold=$5 steps=${6:-3000}
common="--data $joined/data.prepared --set data.split=$joined/dsb2018-clusters.json --set data.validationFold=$fold --set precision=bfloat16 --set loader.workers=1 --no-progress"
# Goes on where it was interrupted.
train() {
  local name=$1 task=$2
  shift 2
  if ls "$folder/$name/checkpoints"/step-* >/dev/null 2>&1; then set -- --resume "$folder/$name"; else
    # shellcheck disable=SC2086 # one word an argument
    set -- --run-dir "$folder/$name" $common "$@"
  fi
  node bin/nucleate.js train "$task" "$@"
}
detector="--config configs/detector/small-stains.yaml"
# shellcheck disable=SC2086 # one word an argument
{
  train d detector $detector --set loader.zoom=1.5 --set schedule.learningRate=0.001 --set schedule.warmupSteps=150 \
    --set schedule.steps=1700 --set budget.steps=1700 --set validation.everySteps=1700 --set scoring.images=34
  train d2 detector $detector --init-from "$folder/d" --set schedule.learningRate=0.001 --set schedule.warmupSteps=300 \
    --set schedule.steps="$steps" --set budget.steps="$steps" --set validation.everySteps=1500 --set scoring.images=34
  train d3 detector $detector --init-from "$folder/d2" --set model.normalization=frozen --set schedule.learningRate=0.0004 \
    --set schedule.warmupSteps=100 --set schedule.steps=600 --set budget.steps=600 --set validation.everySteps=600 --set scoring.images=34
}
[ -e "$folder/vgg.safetensors" ] || BATCHES=12 TF_ENABLE_ONEDNN_OPTS=1 npx tsx experiments/imagenet-init.ts configs/segmenter/stains.yaml "$vgg" "$dsb" \
  "$folder/vgg.safetensors" data.split=configs/splits/dsb2018-clusters.json "data.validationFold=$fold"
train s segmenter --config configs/segmenter/stains.yaml --init-from "$folder/vgg.safetensors" --allow-partial --set schedule.learningRate=0.0015 \
  --set schedule.warmupSteps=60 --set schedule.steps=1500 --set budget.steps=1500 --set validation.everySteps=750 --set scoring.maxNuclei=1000
[ -d "$folder/model" ] || node bin/nucleate.js model pack "$folder/d3" "$folder/s" --portable --settings-of models/nucleate-stains --out "$folder/model"
