"""Networks of torchvision, timm, segmentation_models_pytorch and pytorchcv, without trained weights."""

from __future__ import annotations

from typing import Any

from entries import Entry

__all__ = ["ENTRIES"]


def _torchvision(family: str, kind: str, side: int = 224, **options: Any) -> Entry:
    def make() -> Any:
        from torch_setup import torchvision

        models = torchvision().models
        made = models.segmentation if family == "segmentation" else models
        extra = {"weights_backbone": None} if family == "segmentation" else {}
        return getattr(made, kind)(weights=None, **extra, **options)

    return Entry(f"tv_{kind}_{side}", family, "torchvision", (1, 3, side, side), make)


def _timm(kind: str, side: int = 224, **options: Any) -> Entry:
    def make() -> Any:
        from torch_setup import torchvision

        torchvision()
        import timm

        return timm.create_model(kind, pretrained=False, exportable=True, **options)

    return Entry(f"timm_{kind}_{side}", "classification", "timm", (1, 3, side, side), make)


def _segmentation(kind: str, encoder: str, side: int, **options: Any) -> Entry:
    def make() -> Any:
        from torch_setup import torchvision

        torchvision()
        import segmentation_models_pytorch as smp

        return getattr(smp, kind)(encoder, encoder_weights=None, classes=2, **options)

    name = f"smp_{kind}_{encoder}_{side}".lower()
    return Entry(name, "segmentation", "segmentation-models-pytorch", (1, 3, side, side), make)


def _pytorchcv(family: str, kind: str, side: int = 224, **options: Any) -> Entry:
    def make() -> Any:
        from pytorchcv.model_provider import get_model

        return get_model(kind, pretrained=False, **options)

    return Entry(f"pcv_{kind}_{side}", family, "pytorchcv", (1, 3, side, side), make)


ENTRIES = (
    _torchvision("classification", "mnasnet0_5"),
    _torchvision("classification", "shufflenet_v2_x0_5"),
    _torchvision("classification", "googlenet", aux_logits=False, init_weights=True),
    _torchvision("classification", "regnet_y_800mf"),
    _torchvision("classification", "densenet161"),
    _torchvision("classification", "efficientnet_b0"),
    _torchvision("classification", "swin_t"),
    _torchvision("segmentation", "lraspp_mobilenet_v3_large", 256),
    _torchvision("segmentation", "fcn_resnet50", 256),
    _timm("lcnet_050"),
    _timm("mixnet_s"),
    _timm("spnasnet_100"),
    _timm("hardcorenas_a"),
    _timm("repvgg_a0"),
    _timm("cspdarknet53", 256),
    _timm("ese_vovnet19b_slim"),
    _timm("hrnet_w18_small_v2"),
    _timm("dla46_c"),
    _timm("convmixer_768_32", 224),
    _timm("poolformerv2_s12"),
    _timm("levit_128s"),
    _timm("mobilevitv2_050", 256),
    _timm("resmlp_12_224"),
    _timm("xcit_nano_12_p16_224"),
    _timm("efficientvit_b0"),
    _timm("fastvit_t8", 256),
    _segmentation("FPN", "mobilenet_v2", 256),
    _segmentation("DeepLabV3Plus", "resnet18", 256),
    _segmentation("PAN", "resnet18", 256),
    _segmentation("MAnet", "mobilenet_v2", 256),
    _segmentation("Unet", "timm-mobilenetv3_small_100", 224),
    _pytorchcv("classification", "darts"),
    _pytorchcv("classification", "pnasnet5large", 331),
    _pytorchcv("classification", "igcv3_w1"),
    _pytorchcv("classification", "shufflenet_g3_w1"),
    _pytorchcv("landmark", "lwopenpose2d_mobilenet_cmupan_coco", 256),
    _pytorchcv("landmark", "alphapose_fastseresnet101b_coco", 256),
)
