"""Let wapiti look for holes in the demo as a participant, a guide and a coordinator: `make scan`.

The demo runs in a temporary folder, without limits of requests, for they would answer in place of the pages.
Modules that need a server on the internet, or lists from there, are left out. What was found is printed by
module; the whole reports are in instance/scan. SCAN_SECONDS says how long a module may attack, WHO names
those who visit.
"""

import json
import os
import re
import subprocess
import tempfile
import time
from collections import Counter
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

from marchapp.demo.load import DEMO_PASSWORD
from tools.served import HOST, LOG, ROOT, private_link, served_demo

WAPITI = ROOT / ".venv-scan" / "bin" / "wapiti"
REPORTS = ROOT / "instance" / "scan"
MODULES = (
    "backup,cookieflags,crlf,csp,csrf,exec,file,htaccess,http_headers,ldap,methods,permanentxss,redirect,"
    "shellshock,sql,timesql,upload,xss"
)
CRAWL_S = 90
SECONDS = os.environ.get("SCAN_SECONDS", "30")  # for each module
VISITORS = {
    "participant": None,
    "guide": "guide1@example.org",
    "coordinator": "coordinator@example.org",
}


def main() -> int:
    REPORTS.mkdir(parents=True, exist_ok=True)
    chosen = os.environ.get("WHO", "").split() or list(VISITORS)
    found: Counter[tuple[str, str, str, str]] = Counter()
    for who in chosen:
        with tempfile.TemporaryDirectory() as folder:
            with served_demo(folder, private_link) as (address, link):
                started = time.monotonic()
                report = _scan(who, address, link, Path(folder))
                seconds = round(time.monotonic() - started)
            _keep_errors(Path(folder) / LOG)
            pages = report["infos"]["crawled_pages_nbr"]
            print(f"{who}: {pages} pages, {seconds} s", flush=True)
            found += _findings(who, report)
    _print(found)
    return 0


def _keep_errors(log: Path) -> None:
    """Keep the log of the server: what failed there is a finding, too."""
    lines = log.read_text(errors="replace")
    with (REPORTS / "server.log").open("a") as kept:
        kept.write(lines)
    print(f"    {lines.count('Traceback')} errors in the log of the server", flush=True)


def _scan(who: str, address: str, link: str, folder: Path) -> dict[str, dict[str, object]]:
    report, cookies = REPORTS / f"{who}.json", folder / "cookies.json"
    email = VISITORS[who]
    if email:
        cookies.write_text(json.dumps(_signed_in(address, email)))
    start = f"{address}/" if email else f"{address}{link}"
    command = [
        *(str(WAPITI), "--url", start, "--scope", "folder"),
        *(("--cookie", str(cookies), "--drop-set-cookie") if email else ()),
        *("--exclude", f"{address}/sign-out*", "--exclude", f"{address}/static/*", "--remove", "lang"),
        *("--skip", "csrf_token", "--module", MODULES, "--depth", "6", "--max-links-per-page", "60"),
        *("--max-files-per-dir", "25", "--max-scan-time", str(CRAWL_S), "--max-attack-time", SECONDS),
        *("--timeout", "10", "--tasks", "4", "--flush-session", "--no-bugreport", "--verbose", "0"),
        *("--store-session", str(folder / "session"), "--store-config", str(folder / "config")),
        *("--format", "json", "--output", str(report)),
    ]
    with (REPORTS / f"{who}.log").open("w") as log:
        subprocess.run(command, check=True, stdout=log, stderr=log)
    return dict(json.loads(report.read_text()))


def _signed_in(address: str, email: str) -> dict[str, object]:
    """Sign in as a browser does, and return the cookies as wapiti reads them."""
    jar = CookieJar()
    opener = build_opener(HTTPCookieProcessor(jar))
    page = opener.open(f"{address}/sign-in", timeout=20).read().decode()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    form = {"email": email, "password": DEMO_PASSWORD, "csrf_token": token[1] if token else ""}
    answer = opener.open(f"{address}/sign-in", urlencode(form).encode(), timeout=20)
    if "/sign-in" in answer.url:
        raise SystemExit(f"{email} could not sign in")
    return {
        HOST: {
            cookie.path: {
                cookie.name: {
                    "value": cookie.value,
                    "expires": None,
                    "secure": False,
                    "port": None,
                    "version": 0,
                }
            }
            for cookie in jar
        }
    }


def _findings(who: str, report: dict[str, dict[str, object]]) -> Counter[tuple[str, str, str, str]]:
    found: Counter[tuple[str, str, str, str]] = Counter()
    for kind in ("vulnerabilities", "anomalies", "additionals"):
        for category, items in report.get(kind, {}).items():
            for item in items:  # type: ignore[attr-defined]
                found[str(item.get("module")), kind, category, who] += 1
    return found


def _print(found: Counter[tuple[str, str, str, str]]) -> None:
    print(f"{'module':14} {'kind':16} {'what':40} {'as':12} number")
    for (module, kind, category, who), number in sorted(found.items()):
        print(f"{module:14} {kind:16} {category[:40]:40} {who:12} {number}")
    if not found:
        print("nothing")


if __name__ == "__main__":
    raise SystemExit(main())
