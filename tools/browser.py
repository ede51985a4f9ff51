"""The browser that prints the book, and in which its pages are tried."""

import os
import shutil
from contextlib import suppress

from playwright.sync_api import Error as PlaywrightError

# What opens beneath the address, where nobody types: as long as it takes to start a tab.
UNSEEN = ["WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup"]
# Of several lists a browser takes the last: these are Playwright's.
DISABLED = [
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades"),
    *("HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding"),
    *("ThirdPartyStoragePartitioning", "AvoidCorsURLLoaderRestartOnRedirect"),
    *("TcpPortRandomizationWin", "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled"),
    *("PreconnectToSearch", "msForceBrowserSignIn", "msEdgeUpdateLaunchServicesPreferredVersion"),
]
FLAGS = [
    f"--disable-features={','.join(DISABLED + UNSEEN)}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]


def launch(playwright, *flags):
    """$CHROMIUM, the system's Chromium, Chrome where it is installed, or Playwright's own.

    It is cut off from the network. Without any of these, None.
    """
    names = (os.environ.get("CHROMIUM", ""), "chromium", "chromium-browser")
    found = [{"executable_path": path} for path in map(shutil.which, names) if path]
    for place in (*found, {"channel": "chrome"}, {}):
        with suppress(PlaywrightError):
            return playwright.chromium.launch(**place, args=[*FLAGS, *flags])
    return None
