#!/bin/bash
# A model whose networks have not seen cluster c (experiments/kept/without-c), and how fast it learns c: half of the 19 mosaics of c
# teach, the other half judges. Two hours on one core with bfloat16 instructions, and a quarter of an hour for each seed at the end.
#
#     experiments/plans/cluster-c.sh FOLDER DSB JOINED C VGG16
#
# FOLDER for runs; DSB: stage1_train_fixed.zip; JOINED: the folder of experiments/add-tissue.ts; C: the challenge's images of cluster c,
# one folder each; VGG16: vgg16_imagenet_notop_f16.h5.
set -eu
folder=$1 dsb=$2 joined=$3 c=$4 vgg=$5
common="--set data.validationFold=2 --set precision=bfloat16 --set loader.workers=1 --no-progress"
alone="--data $dsb --set data.split=configs/splits/dsb2018-clusters.json $common"
tissue="--data $joined/data.prepared --set data.split=$joined/dsb2018-clusters.json $common"
# shellcheck disable=SC2086 # one word an argument
train() { node bin/nucleate.js train $1 $2 --run-dir "$folder/$3" "${@:4}"; }
detector="detector --config configs/detector/small-stains.yaml"
segmenter="segmenter --config configs/segmenter/stains.yaml"
train "$detector" "$alone" c-d --set loader.zoom=1.5 --set schedule.learningRate=0.001 --set schedule.warmupSteps=150 \
  --set schedule.steps=1700 --set budget.steps=1700 --set validation.everySteps=1700 --set scoring.images=34
train "$detector" "$tissue" c-d2 --init-from "$folder/c-d" --set schedule.learningRate=0.001 --set schedule.warmupSteps=300 \
  --set schedule.steps=5000 --set budget.steps=5000 --set validation.everySteps=2500 --set scoring.images=34
train "$detector" "$tissue" c-d3 --init-from "$folder/c-d2" --set model.normalization=frozen --set schedule.learningRate=0.0004 \
  --set schedule.warmupSteps=100 --set schedule.steps=1000 --set budget.steps=1000 --set validation.everySteps=1000 --set scoring.images=34
BATCHES=12 npx tsx experiments/imagenet-init.ts configs/segmenter/stains.yaml "$vgg" "$dsb" "$folder/vgg-c.safetensors" \
  data.split=configs/splits/dsb2018-clusters.json data.validationFold=2 loader.cropSize=64 model.boxFalloff=8
train "$segmenter" "$alone" c-s --set loader.cropSize=64 --set model.boxFalloff=8 --init-from "$folder/vgg-c.safetensors" --allow-partial \
  --set schedule.warmupSteps=60 --set schedule.steps=500 --set budget.steps=500 --set validation.everySteps=500 --set scoring.maxNuclei=1000
train "$segmenter" "$tissue" c-s2 --init-from "$folder/c-s" --set schedule.learningRate=0.0015 --set schedule.warmupSteps=60 \
  --set schedule.steps=1500 --set budget.steps=1500 --set validation.everySteps=750 --set scoring.maxNuclei=1000
node bin/nucleate.js model pack "$folder/c-d3" "$folder/c-s2" --portable --settings-of models/nucleate-stains --out "$folder/without-c"
npx tsx experiments/finetune-simulation.ts "$folder/c.json" --model "$folder/without-c" --data "$c" --nuclei 200 --seeds 1,2,3 --steps 400 \
  --learn '^(01d44a26f668|0bf33d3db428|0d3640c1f1b8|2246874c8b5b|2255d5aba044|2e2d29fc4444|3934a094e853|3bfa8b3b01fd|4ae4f936a9ad|4ca5081854df|4d4f254f3b8b|52a6b8ae4c8e|5c6eb9a47852|5ef4442e5b8b|65c8527c16a0|6ab24e7e1f6c|6c67b78e8164|6d327ab4f0e3|708eb41a3fc8|709e094e3962|7798ca1ddb31|853a4c67900c|9fb32aba1c2f|a31deaf0ac27|a7f6194ddbea|ad473063dab4|ae570a676961|af576e8ec3a8|be771d6831e3|bf4a61bb8158|c0152b1a260e|c1afe66cd139|cbca32daaae3|cbff60361ded|e49fc2b4f1f3|f7e5dcfc9c93|f952cc653760)' \
  --judge '^(0e21d7b3eea8|136000dc18fa|13f2bec0a24c|1e488c42eb1a|24a20f2a529c|2dd3356f2dcf|33a5b0ff232b|3b0709483b1e|40946065f7e4|442c4eb01856|45f059cf21d8|4cbd6c37f3a5|4d14a3629b6a|4e23ecf65040|57bd029b19c1|589f86dee5b4|673baf65ae5c|6b0ac2ab04c0|815524d88283|87ea72894f65|8e507d58f4c2|8f27ebc74164|953211bcc019|a08166d91d2c|a5fe0b7412dd|a7f767ca9770|a90401357d50|abd8dde78f8d|b0e35e06b85d|b909aa8f6f4b|ebc18868864a)'
