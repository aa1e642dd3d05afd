#!/usr/bin/env python3
"""Pictures of a report in a real headless Chromium, at phone and desktop width.

Usage: report_pictures.py PAGE.html OUT_FOLDER NAME [HEIGHT]

Writes NAME-phone.png and NAME-desktop.png of the page's first HEIGHT pixels (1500). Fails if the page
logs an error, asks for anything, scrolls sideways, or has a chart that the keyboard does not reach, in
light or dark, on screen or in print. Standard library only.
"""

import base64
import json
import pathlib
import sys
import tempfile

from page_pictures import Browser

SHOTS = [("phone", 390, "light", "screen"), ("desktop", 1200, "light", "screen"),
         (None, 1200, "dark", "screen"), (None, 794, "light", "print")]

# An arrow key on each chart in turn: how many show the numbers of a point.
REACHED = """[...document.querySelectorAll('canvas')].filter(canvas => {
  canvas.focus();
  canvas.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true }));
  return document.activeElement === canvas
    && Chart.getChart(canvas).tooltip.getActiveElements().length > 0; }).length"""


def shoot(page, out, name, height):
    url = page.as_uri()
    with tempfile.TemporaryDirectory() as profile:
        browser = Browser(profile)
        try:
            target = browser.call("Target.createTarget", url="about:blank")["targetId"]
            browser.session = browser.call(
                "Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Network", "Log"):
                browser.call(domain + ".enable")
            for part, width, scheme, media in SHOTS:
                what = f"{width} pixels, {scheme}, {media}"
                browser.call("Emulation.setDeviceMetricsOverride", width=width, height=height,
                             deviceScaleFactor=1, mobile=width < 500)
                browser.call("Emulation.setEmulatedMedia", media=media,
                             features=[{"name": "prefers-color-scheme", "value": scheme}])
                browser.call("Page.navigate", url=url)
                browser.value("""new Promise(d => { const l = () => document.readyState === 'complete'
                    && document.querySelector('footer') ? d(1) : setTimeout(l, 50); l(); })""")
                wide = browser.value("document.documentElement.scrollWidth - innerWidth")
                assert wide <= 0, f"{what}: scrolls sideways by {wide}"
                if part:
                    shot = browser.call("Page.captureScreenshot", format="png")["data"]
                    (out / f"{name}-{part}.png").write_bytes(base64.b64decode(shot))
                charts = browser.value("document.querySelectorAll('canvas').length")
                reached = browser.value(REACHED)
                assert charts > 0 and reached == charts, f"{what}: keys reach {reached} of {charts}"
        finally:
            browser.process.kill()
            browser.process.wait()
        for event in browser.events:
            method, told = event.get("method"), event.get("params", {})
            assert method != "Runtime.exceptionThrown", told
            assert not (method == "Log.entryAdded" and told["entry"]["level"] == "error"), told
            if method == "Network.requestWillBeSent":
                asked = told["request"]["url"]
                assert asked.startswith((url, "data:")), f"asks for {asked}"
    print(json.dumps({"pictures": [name + "-" + part for part, *_ in SHOTS if part]}))


if __name__ == "__main__":
    shoot(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]), sys.argv[3],
          int(sys.argv[4]) if len(sys.argv) > 4 else 1500)
