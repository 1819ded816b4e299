"""What the language host runs besides programs: policy packs and plugins that are Python projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.engine.bare_pack import VIRTUALENV, add_pack, bare_pack

if TYPE_CHECKING:
    from tests.engine.conftest import EngineProject

# What it reports is what it was given.
_BARE_PACK = bare_pack(
    "bare",
    "told",
    'f"FACTS {(pulumi.get_project(), pulumi.get_stack(), pulumi.runtime.is_dry_run(), '
    "pulumi.Config('probe').get('size'), os.getcwd())}\"",
)


def test_a_policy_pack_knows_project_stack_preview_and_configuration(engine_project: EngineProject) -> None:
    pack = add_pack(engine_project, "bare", _BARE_PACK)
    engine_project.config("size", "large")
    engine_project.program("import pulumi")

    preview = engine_project.preview("--policy-pack", str(pack))
    up = engine_project.up("--policy-pack", str(pack))

    assert f"FACTS ('probe', 'test', True, 'large', '{pack}')" in preview.output
    assert f"FACTS ('probe', 'test', False, 'large', '{pack}')" in up.output
    assert "a word of the pack" in up.output


def test_a_policy_pack_that_fails_at_start_is_shown(engine_project: EngineProject) -> None:
    pack = add_pack(engine_project, "broken", "raise RuntimeError('no such rule')\n")
    engine_project.program("import pulumi")

    done = engine_project.preview("--policy-pack", str(pack), check=False)

    assert done.exit_code != 0
    assert "no such rule" in done.output


def test_a_pack_on_the_policy_sdk_stops_what_it_forbids(engine_project: EngineProject) -> None:
    pack = add_pack(
        engine_project,
        "rules",
        """
        import pulumi
        from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy

        def forbid(args, report_violation):
            if args.resource_type == "probe:index:Thing":
                report_violation(f"no things in {pulumi.get_project()}/{pulumi.get_stack()}")

        rule = ResourceValidationPolicy("no-things", "There shall be no things.", forbid)
        PolicyPack("rules", [rule], EnforcementLevel.MANDATORY)
        """,
    )
    engine_project.program("""
        import pulumi

        pulumi.ComponentResource("probe:index:Thing", "thing")
    """)

    done = engine_project.up("--policy-pack", str(pack), check=False)

    assert done.exit_code != 0
    assert "no things in probe/test" in done.output


def test_a_component_plugin_in_python_runs_from_its_folder(engine_project: EngineProject) -> None:
    engine_project.file(
        "greeter/PulumiPlugin.yaml",
        f"runtime: {{name: python, options: {{toolchain: pip, virtualenv: {VIRTUALENV}}}}}\n",
    )
    engine_project.file(
        "greeter/__main__.py",
        """
        from greeting import Greeting
        from pulumi.provider.experimental import component_provider_host

        component_provider_host(name="greeter", components=[Greeting])
        """,
    )
    engine_project.file(
        "greeter/greeting.py",
        """
        from typing import TypedDict

        import pulumi

        class GreetingArgs(TypedDict):
            whom: pulumi.Input[str]

        class Greeting(pulumi.ComponentResource):
            text: pulumi.Output[str]

            def __init__(self, name: str, args: GreetingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
                super().__init__("greeter:index:Greeting", name, dict(args), opts)
                self.text = pulumi.Output.concat("hello, ", args["whom"])
                self.register_outputs({"text": self.text})
        """,
    )
    yaml = engine_project.folder / "Pulumi.yaml"
    yaml.write_text(yaml.read_text() + "plugins: {providers: [{name: greeter, path: greeter}]}\n")
    engine_project.program("""
        import pulumi

        class Greeting(pulumi.ComponentResource):
            text: pulumi.Output[str]

            def __init__(self, name):
                super().__init__("greeter:index:Greeting", name, {"whom": "node-1", "text": None}, remote=True)

        pulumi.export("text", Greeting("g").text)
    """)

    engine_project.up()

    assert engine_project.outputs() == {"text": "hello, node-1"}
