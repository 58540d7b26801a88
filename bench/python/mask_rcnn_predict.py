"""torchvision's Mask R-CNN (ResNet-50 FPN, random weights) on a folder of images, as its documentation runs it.

    mask_rcnn_predict.py IMAGES COUNTS.json OUT

It scales the shorter side to 800 px, as is its default. The boxes of its second stage are replaced by those of as many disks as
COUNTS.json says, before their masks are computed and pasted; a mask of random weights is replaced by its box.
"""

import numpy as np
import torch
import torchvision
from disks import RADIUS, centres
from label_files import predict_folder

torch.manual_seed(1)
model = torchvision.models.detection.maskrcnn_resnet50_fpn(weights=None, weights_backbone=None, num_classes=2).eval()
filter_detections = model.roi_heads.postprocess_detections


def predict(image, count):
    def answer(class_logits, box_regression, proposals, image_shapes):
        filter_detections(class_logits, box_regression, proposals, image_shapes)
        y, x = centres(image.shape[:2], count)
        scale = image_shapes[0][0] / image.shape[0]
        boxes = np.stack([x - RADIUS, y - RADIUS, x + RADIUS, y + RADIUS], axis=1) * scale
        return [torch.from_numpy(boxes.astype(np.float32))], [torch.ones(count)], [torch.ones(count, dtype=torch.int64)]

    model.roi_heads.postprocess_detections = answer
    with torch.inference_mode():
        found = model([torch.from_numpy(image.copy()).permute(2, 0, 1) / 255])[0]
    labels = np.zeros(image.shape[:2], np.int32)
    for label, mask in enumerate(found["masks"][:, 0].numpy(), start=1):
        labels[mask > 0] = label
    return labels


predict_folder("RGB", predict)
