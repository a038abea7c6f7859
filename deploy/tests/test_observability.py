"""Alerts and dashboard speak of figures that exist."""

import json
import re
from pathlib import Path

import yaml

from aktenlauf.contracts.site import SERVICES
from aktenlauf.kit import telemetry

FOLDER = Path(__file__).parent.parent / "observability"
ALERTS, DASHBOARD = FOLDER / "alerts.yml", FOLDER / "grafana/dashboards/aktenlauf.json"
ENDINGS = re.compile(r"(_seconds(_bucket|_count|_sum)|_total)$")


def used(text: str) -> set[str]:
    """The names of our figures in a file, as the code makes them."""
    return {ENDINGS.sub("", name) for name in re.findall(r"\baktenlauf_[a-z_]+\b", text)}


def made() -> set[str]:
    return set(re.findall(r'"(aktenlauf_[a-z_]+)"', Path(telemetry.__file__).read_text("utf-8")))


def test_alerts_and_dashboard_use_figures_that_are_measured_and_leave_out_none() -> None:
    expressions = [rule["expr"] for group in yaml.safe_load(ALERTS.read_text())["groups"] for rule in group["rules"]]
    assert used(" ".join(expressions)) <= made()
    shown = " ".join(
        target["expr"] for panel in json.loads(DASHBOARD.read_text())["panels"] for target in panel["targets"]
    )
    assert used(shown) == made()


def test_every_alert_says_what_it_means_and_what_to_do() -> None:
    for group in yaml.safe_load(ALERTS.read_text())["groups"]:
        for rule in group["rules"]:
            assert rule["annotations"].keys() == {"summary", "action"}, rule["alert"]
            assert rule["labels"]["severity"] in ("page", "ticket"), rule["alert"]


def test_prometheus_asks_every_replica_of_every_service() -> None:
    jobs = yaml.safe_load((FOLDER / "prometheus.yml").read_text())["scrape_configs"]
    [ours] = [job for job in jobs if job["job_name"] == "aktenlauf"]
    assert sorted(ours["dns_sd_configs"][0]["names"]) == sorted(SERVICES)


def test_a_service_of_which_nothing_runs_raises_an_alarm_and_is_counted() -> None:
    """It has no address then, and so no figure."""
    [group] = yaml.safe_load(ALERTS.read_text())["groups"]
    [rule] = [rule for rule in group["rules"] if rule["alert"] == "NobodyServes"]
    panels = json.loads(DASHBOARD.read_text())["panels"]
    [away] = [panel["targets"][0]["expr"] for panel in panels if panel["title"] == "Processes away"]
    for expression in (rule["expr"], away):
        assert sorted(re.findall(r'"process", "([a-z-]+)"', expression)) == sorted(SERVICES)


def test_the_dashboard_reads_the_source_that_is_provisioned() -> None:
    source = yaml.safe_load((FOLDER / "grafana/provisioning/datasources/prometheus.yaml").read_text())["datasources"][0]
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert {panel["datasource"]["uid"] for panel in panels} == {source["uid"]}
