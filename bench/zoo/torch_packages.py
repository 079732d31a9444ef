"""Networks of torchvision, timm and segmentation_models_pytorch, without trained weights."""

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


ENTRIES = (
    _torchvision("classification", "mnasnet0_5"),
    _torchvision("classification", "shufflenet_v2_x0_5"),
    _torchvision("classification", "googlenet", aux_logits=False, init_weights=True),
    _torchvision("classification", "regnet_y_800mf"),
    _torchvision("segmentation", "lraspp_mobilenet_v3_large", 256),
    _timm("lcnet_050"),
    _timm("mixnet_s"),
    _timm("repvgg_a0"),
    _timm("ese_vovnet19b_slim"),
    _timm("dla46_c"),
    _timm("poolformerv2_s12"),
    _timm("resmlp_12_224"),
    _timm("xcit_nano_12_p16_224"),
    _timm("efficientvit_b0"),
    _timm("hrnet_w18_small"),
    _segmentation("FPN", "mobilenet_v2", 256),
    _segmentation("UnetPlusPlus", "mobilenet_v2", 256),
)
