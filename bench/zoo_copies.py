"""Networks packed into an L2 that is too small for them, executed with dead memory poisoned: whether packed and
unpacked agree bit for bit, at 1/2, 1/4 and 1/8 of what holds them. Copies are asynchronous transfers, run as copies
at their start and again as copies at their wait."""

from __future__ import annotations

import json
import re
import sys
import tempfile
from pathlib import Path

from zoo import Done, Network, arguments, command, first_line, networks, spread

SHARES = (2, 4, 8)
# Small enough to compile and run in about a minute each; of many kinds.
NAMES = (
    "k_mobilenet_v2_035_96",
    "k_ssdlite_mbv2_035_192",
    "kws_cnn_trad_fpool3",
    "kws_crnn",
    "kws_gru154",
    "m5_wave_8000",
    "mlperf_ad_autoencoder",
    "mlperf_ic_resnet8",
    "mlperf_kws_dscnn",
    "mlperf_vww_mobilenetv1_025_96",
    "mp_face_detection_short_range",
    "mp_iris_landmark",
    "mp_selfie_segmentation_landscape",
    "mww_alexa",
    "mww_hey_jarvis",
    "mww_hey_mycroft",
    "mww_okay_nabu",
    "micro_speech_tinyconv",
    "rnnoise_gru",
    "tcn_kws_res8_101x40.linalg",
)
Work = tuple[Network, int]


def main() -> int:
    parsed = arguments(__doc__).parse_args()
    found = [each for each in networks(parsed.zoo, parsed.only) if each.path.stem in NAMES]
    rows: dict[Work, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        peaks = dict(spread(lambda each: _plan(each, "--l2=1GB", Path(folder)), found, parsed.jobs))
        plans = {
            (network, share): _plan(network, _l2(peaks[network], share), Path(folder))
            for network in found
            for share in SHARES
        }
    work: list[Work] = [(network, share) for network in found for share in SHARES]
    wrong = 0
    for (network, share), done in spread(lambda each: _run(each, peaks), work, parsed.jobs):
        wrong += done.code != 0
        if done.code:
            print(f"{network.name} 1/{share}: {first_line(done)}", file=sys.stderr)
        told = re.search(r"(\d+) asynchronous", done.out)
        rows[network, share] = "failed" if done.code else f"equal, {told[1] if told else 0} transfers"
    print(f"{'network':<34} {'L2':>9} {'copies':>7} {'traffic':>10}  result")
    for network in found:
        for share in SHARES:
            plan = plans[network, share]
            copies, traffic = len(plan.get("copies", ())), plan.get("ddr", {}).get("traffic", "-")
            l2 = _l2(peaks[network], share).partition("=")[2]
            print(f"{network.name:<34} {l2:>9} {copies:>7} {traffic:>10}  {rows[network, share]}")
    moving = {network.name for (network, _), plan in plans.items() if plan.get("copies")}
    print(
        f"{len(work) - wrong} of {len(work)} runs equal; copies in the plans of {len(moving)} of {len(found)} networks"
    )
    return 1 if wrong else 0


def _l2(plan: dict, share: int) -> str:
    return f"--l2={max(64, plan['l2']['peak'] // share // 64 * 64)}"


def _plan(network: Network, l2: str, folder: Path) -> dict:
    file = folder / f"{network.name}{l2}.json"
    done = command("l2opt", "plan", str(network.path), l2, f"--json={file}", "--no-what-if")
    if done.code:
        print(f"{network.name} {l2}: {first_line(done)}", file=sys.stderr)
        return {}
    return json.loads(file.read_text())


def _run(work: Work, peaks: dict[Network, dict]) -> Done:
    network, share = work
    options = ("--check", "--fill-weights=1", "--dma=async", _l2(peaks[network], share))
    return command("l2opt", "run", str(network.path), *options)


if __name__ == "__main__":
    sys.exit(main())
