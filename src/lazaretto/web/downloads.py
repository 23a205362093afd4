"""What can be taken away of a finished job: scenario, report, figures, data."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import yaml
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from lazaretto.console.several import PAGE
from lazaretto.studies import find_runs
from lazaretto.web.answers import job_of, room_of
from lazaretto.web.guarding import REPORT

FILES = {
    "report.html": "text/html",
    PAGE: "text/html",
    "trajectories.nc": "application/x-netcdf",
    "scenario.yaml": "text/yaml",
    "manifest.json": "application/json",
}
"""Files of a run folder that are given out, by name; no other name leads anywhere."""

FIGURES = "figures.zip"


def downloads() -> list[Route]:
    """Return the routes."""
    return [
        Route("/jobs/{job}/files/{name}", give),
        Route("/folders/{name}/report.html", give_report),
    ]


async def give(request: Request) -> Response:
    """Give a file of a job."""
    job, name = job_of(request), request.path_params["name"]
    if job is None or (name not in FILES and name != FIGURES):
        raise HTTPException(404, "There is no such file.")
    if name == "scenario.yaml":
        text = yaml.safe_dump(job.parts[0].scenario, sort_keys=False, allow_unicode=True)
        return Response(text, headers=_taken_away(name), media_type="text/yaml")
    if not job.run:
        raise HTTPException(404, "The run is not finished, or did not finish.")
    folder = Path(job.run)
    if name == FIGURES:
        content = await run_in_threadpool(_zipped, folder / "figures")
        return Response(content, headers=_taken_away(name), media_type="application/zip")
    path = folder / name
    if name == PAGE:
        path = room_of(request).queue.page(job).with_suffix(".html")
    if not path.is_file():
        raise HTTPException(404, "The file is no longer there.")
    page = FILES[name] == "text/html"
    headers = {"content-security-policy": REPORT} if page else _taken_away(name)
    if page and request.query_params.get("keep"):
        headers |= _taken_away(name)
    return FileResponse(path, headers=headers, media_type=FILES[name])


async def give_report(request: Request) -> Response:
    """Give the report of a finished run of the command line, by the name of its folder."""
    found = await run_in_threadpool(find_runs, room_of(request).folder)
    paths = {Path(each["path"]).name: Path(each["path"]) for each in found}
    path = paths.get(request.path_params["name"])
    if path is None or not (path / "report.html").is_file():
        raise HTTPException(404, "There is no such report.")
    headers = {"content-security-policy": REPORT}
    return FileResponse(path / "report.html", headers=headers, media_type="text/html")


def _taken_away(name: str) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{name}"'}


def _zipped(folder: Path) -> bytes:
    """Return the figures of a run folder as one archive."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.glob("*")):
            if path.is_file():
                archive.write(path, path.name)
    return held.getvalue()
