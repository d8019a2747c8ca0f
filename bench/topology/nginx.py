"""nginx with the configuration that production has, on ports of this machine."""

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from agentsite.local.children import Child, spawn
from agentsite.local.ports import LOOPBACK
from bench.measure import ROOT

TEMPLATE = ROOT / "deploy" / "nginx" / "site.conf.template"
PROGRAM = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
# What the image of nginx has around the site.
AROUND = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def write(folder: Path, *, port: int, web: Sequence[int], live: Sequence[int]) -> Path:
    """The configuration for these ports; returns its main file."""
    site = {
        "LISTEN": f"{LOOPBACK}:{port}",
        "WEB_SERVERS": _servers(web),
        "LIVE_SERVERS": _servers(live),
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "site.conf").write_text(filled(site))
    main = folder / "nginx.conf"
    main.write_text(AROUND.format(folder=folder))
    return main


def filled(variables: Mapping[str, str]) -> str:
    """The template with its variables, as `envsubst` of nginx's image fills them in."""
    text = TEMPLATE.read_text()
    for name, value in variables.items():
        text = text.replace(f"${{{name}}}", value)
    return text


def check(main: Path) -> str:
    """What `nginx -t` says against it; empty when all is well."""
    done = subprocess.run(_command(main, "-t"), capture_output=True, text=True, check=False)
    return done.stderr if done.returncode else ""


def start(main: Path) -> Child:
    """nginx, which ends with us."""
    return spawn(_command(main), output=subprocess.DEVNULL)


def _command(main: Path, *options: str) -> list[str]:
    if PROGRAM is None:
        raise FileNotFoundError("nginx is not installed")
    return [PROGRAM, "-c", str(main), "-e", str(main.with_name("nginx.log")), *options]


def _servers(ports: Sequence[int]) -> str:
    return " ".join(f"server {LOOPBACK}:{port} max_fails=0;" for port in ports)
