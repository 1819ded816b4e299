"""The project's policy pack in previews and deployments."""

from tests.unit.delivery_project import Project, project

__all__ = ["project"]


def test_a_project_without_a_pack_is_not_judged(project: Project) -> None:
    project.answers |= {"preview": (0, ""), "up": (0, "")}
    project.run("preview", "-s", "dev")
    project.run("deploy", "-s", "dev")
    assert [call for call in project.changing_calls if "policy" in call] == []


def test_the_pack_judges_what_changes_and_a_stack_has_levels_of_its_own(project: Project) -> None:
    project.answers |= dict.fromkeys(("preview", "up", "refresh", "destroy"), (0, ""))
    pack = project.folder / "policy"
    pack.mkdir()
    (pack / "PulumiPolicy.yaml").write_text("runtime: python\n")
    (project.folder / "stacks" / "policies.prod.json").write_text("{}")
    for verb in ("preview", "deploy", "drift", "destroy"):
        project.run(verb, "-s", "dev")
    preview, up, drift, destroy = project.changing_calls
    assert "--policy-pack=policy" in preview
    assert "--policy-pack=policy" in up
    assert "policies.prod.json" not in preview + up
    assert "policy" not in drift + destroy
    project.run("preview", "-s", "prod")
    assert project.changing_calls[-1].endswith("--policy-pack=policy --policy-pack-config=stacks/policies.prod.json")


def test_a_broken_rule_ends_with_its_message(project: Project) -> None:
    (project.folder / "policy").mkdir()
    (project.folder / "policy" / "PulumiPolicy.yaml").write_text("runtime: python\n")
    said = "[mandatory]  host-keys\nFix: set it\nerror: preview failed\n"
    project.answers["up"] = (255, said)
    done = project.run("deploy", "-s", "dev")
    assert done.returncode == 255
    assert said in done.stdout
