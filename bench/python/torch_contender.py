"""PyTorch: timm's Inception-ResNetV2 to the end of block17, torchvision's VGG16; SGD with momentum."""

import timm
import torch
import torchvision

from protocol import serve


class ToBlock17(torch.nn.Module):
    STAGES = (
        "conv2d_1a conv2d_2a conv2d_2b maxpool_3a conv2d_3b conv2d_4a maxpool_5a mixed_5b repeat mixed_6a repeat_1"
    ).split()

    def __init__(self):
        super().__init__()
        whole = timm.create_model("inception_resnet_v2", pretrained=False)
        self.stages = torch.nn.Sequential(*(getattr(whole, name) for name in self.STAGES))

    def forward(self, images):
        return self.stages(images)


def make_step(workload):
    torch.manual_seed(1)
    if workload["network"] == "vgg16":
        model = torchvision.models.vgg16(weights=None).features
    else:
        model = ToBlock17()
    if workload["norm"] == "frozen" or workload["task"] == "forward":
        model.eval()
    images = torch.rand(workload["batch"], 3, workload["size"], workload["size"]) * 2 - 1
    if workload["task"] == "forward":

        def predict():
            with torch.inference_mode():
                return model(images)[0, 0, 0, 0].item()

        return predict
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-4, momentum=0.9)

    def train():
        optimizer.zero_grad(set_to_none=True)
        loss = model(images).square().mean()
        loss.backward()
        optimizer.step()
        return loss.item()

    return train


serve(make_step, f"PyTorch {torch.__version__}")
