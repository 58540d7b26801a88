"""torchvision's Mask R-CNN (ResNet-50 FPN, random weights) on images of the sizes that bench/predict.ts asks for.

For each line `{"width", "height", "count", "minSize"}` on standard input it predicts an image of random pixels with
`count` detections kept, masks pasted at the image's resolution, and prints `{"wall", "cpu"}` in ms. `minSize` is the side
that torchvision scales the shorter side to; 0 leaves the image as it is.
"""

import json
import sys
import time

import torch
import torchvision

torch.manual_seed(1)
# Random weights score everything alike: nothing is dropped but what is beyond the count.
model = torchvision.models.detection.maskrcnn_resnet50_fpn(
    weights=None, weights_backbone=None, num_classes=2, box_score_thresh=0.0, box_nms_thresh=1.0
).eval()
print(json.dumps({"version": f"PyTorch {torch.__version__}, torchvision {torchvision.__version__}"}), flush=True)

for line in sys.stdin:
    request = json.loads(line)
    width, height = request["width"], request["height"]
    model.transform.min_size = (request["minSize"] or min(width, height),)
    model.transform.max_size = 1333 if request["minSize"] else max(width, height)
    model.roi_heads.detections_per_img = request["count"]
    image = torch.rand(3, height, width)
    start, busy = time.perf_counter(), time.process_time()
    with torch.inference_mode():
        found = model([image])[0]
    times = {"wall": (time.perf_counter() - start) * 1000, "cpu": (time.process_time() - busy) * 1000}
    print(json.dumps({**times, "count": len(found["scores"])}), flush=True)
