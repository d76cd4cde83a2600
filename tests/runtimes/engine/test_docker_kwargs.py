"""What is said to Docker, whole."""

from dataclasses import replace

from runtimes.engine.base import Formation, JobSpec, Limits
from runtimes.engine.docker_kwargs import container_kwargs, instance_kwargs

BUILD = JobSpec(
    name="build-7",
    image="slipway/debian-12:build",
    command=("/usr/local/lib/slipway/build",),
    env={"STACK": "heroku-22"},
    labels={"slipway.build": "7"},
    network="builds",
    limits=Limits(memory=2048, cpus=1.5, pids=512),
    volumes={"cache-app-debian-12": "/tmp", "store": "/slipway/store"},
    read_only=frozenset({"store"}),
    workdir="/slipway",
)
WEB = Formation(
    name="app-production-v3-web",
    process="web",
    image="slipway/slug:abc",
    command="gunicorn wsgi -b :$PORT",
    indexes=(1, 2),
    env={"COLOR": "red", "DYNO": "mine"},
    labels={"slipway.app": "app", "slipway.kind": "mine"},
    network="apps",
    limits=Limits(memory=256, cpus=0.5, pids=128),
    port=5000,
    stop_signal="SIGINT",
)


def test_a_builder_has_no_privileges_no_host_mount_and_limits() -> None:
    assert container_kwargs(BUILD, "slipway") == {
        "name": "slipway-build-7",
        "config": {
            "Image": "slipway/debian-12:build",
            "Entrypoint": [],
            "Cmd": ["/usr/local/lib/slipway/build"],
            "Env": ["STACK=heroku-22"],
            "User": "1000:1000",
            "WorkingDir": "/slipway",
            "Labels": {"slipway.build": "7", "slipway.installation": "slipway", "slipway.kind": "job"},
            "HostConfig": {
                "Privileged": False,
                "CapDrop": ["ALL"],
                "SecurityOpt": ["no-new-privileges"],
                "Memory": 2_147_483_648,
                "MemorySwap": 2_147_483_648,
                "CpuPeriod": 100_000,
                "CpuQuota": 150_000,
                "PidsLimit": 512,
                "NetworkMode": "slipway-builds",
                "Init": True,
                "CapAdd": [],
                "Binds": ["slipway-cache-app-debian-12:/tmp", "slipway-store:/slipway/store:ro"],
                "LogConfig": {"Type": "none", "Config": {}},
            },
        },
    }


def test_an_instance_of_a_slug_runs_our_entry_without_any_capability() -> None:
    assert instance_kwargs(WEB, 2, "slipway") == {
        "name": "slipway-app-production-v3-web.2",
        "config": {
            "Image": "slipway/slug:abc",
            "Entrypoint": ["/usr/local/bin/slipway-run"],
            "Cmd": ["gunicorn wsgi -b :$PORT"],
            "User": "1000:1000",
            "Env": ["COLOR=red", "DYNO=web.2", "PORT=5000"],
            "StopSignal": "SIGINT",
            "Labels": {
                "slipway.app": "app",
                "slipway.installation": "slipway",
                "slipway.kind": "instance",
                "slipway.formation": "app-production-v3-web",
                "slipway.process": "web",
                "slipway.index": "2",
            },
            "HostConfig": {
                "Privileged": False,
                "CapDrop": ["ALL"],
                "CapAdd": [],
                "SecurityOpt": ["no-new-privileges"],
                "Memory": 268_435_456,
                "MemorySwap": 268_435_456,
                "CpuPeriod": 100_000,
                "CpuQuota": 50_000,
                "PidsLimit": 128,
                "NetworkMode": "slipway-apps",
                "Init": True,
                "LogConfig": {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "2"}},
                "RestartPolicy": {"Name": "no"},
            },
        },
    }


def test_an_instance_of_an_image_keeps_its_entrypoint_and_user_and_what_it_needs_to_step_down() -> None:
    image = replace(WEB, entrypoint=False, command="", port=None, network="")
    config = instance_kwargs(image, 1, "slipway")["config"]
    assert {key: config.get(key) for key in ("Entrypoint", "User", "Cmd", "Env")} == {
        "Entrypoint": None,
        "User": None,
        "Cmd": None,
        "Env": ["COLOR=red", "DYNO=web.1"],
    }
    assert {key: config["HostConfig"][key] for key in ("CapDrop", "CapAdd", "SecurityOpt", "Init", "NetworkMode")} == {
        "CapDrop": ["ALL"],
        "CapAdd": ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"],
        "SecurityOpt": ["no-new-privileges"],
        "Init": False,
        "NetworkMode": "none",
    }


def test_a_command_of_an_image_runs_in_its_own_shell_under_an_init() -> None:
    config = instance_kwargs(replace(WEB, entrypoint=False, command="serve -b :$PORT"), 1, "slipway")["config"]
    assert (config["Entrypoint"], config["Cmd"]) == (["/bin/sh", "-c"], ["serve -b :$PORT"])
    assert (config.get("User"), config["HostConfig"]["Init"]) == (None, True)


def test_a_job_of_a_foreign_image_may_do_what_its_instances_may() -> None:
    config = container_kwargs(replace(BUILD, user="", workdir="", foreign=True), "slipway")["config"]
    assert "SETUID" in config["HostConfig"]["CapAdd"]
    assert (config["User"], config["WorkingDir"]) == ("", "")
