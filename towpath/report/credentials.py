"""Passwords, tokens and certificates that change, and until when the ones before are good."""

from collections.abc import Sequence

from towpath.report.section import Code, Entry, Section, counted
from towpath.report.step import Step, is_known, word

_LEAF = "LocallySignedCert"
_CERTIFICATES = ("SelfSignedCert", _LEAF)
_MADE_ANEW = ("replace", "create", "delete")


def credential_sections(steps: Sequence[Step]) -> list[Section]:
    """Return what rotates, and the generated values behind it."""
    changes = [step for step in steps if step.is_change]
    rotations = [entry for step in changes if step.is_of("accounts", "AccountRotation") for entry in _rotation(step)]
    logins = [_login(step) for step in changes if step.is_of("external", "ExternalLogin")]
    issued = [step for step in changes if is_certificate(step)]
    stays = not any(_is_ca(step) for step in issued)
    certificates = [_certificate(step, stays=stays) for step in issued]
    values: list[Entry] = [
        (Code(step.name), f" ({step.kind}): {step.op}")
        for step in changes
        if step.type.startswith(("random:", "tls:")) and not is_certificate(step) and step.op in _MADE_ANEW
    ]
    values += [_schedule(step) for step in changes if step.is_of("accounts", "AccountRotation") and not _rotation(step)]
    return [
        Section("Credentials", [*rotations, *logins]),
        Section("Certificates", certificates),
        Section("Generated keys and passwords", values, folded=True),
    ]


def is_certificate(step: Step) -> bool:
    """Whether another certificate is issued, or one goes."""
    return step.is_change and step.kind in _CERTIFICATES and step.is_in("Certificates")


def credentials_in_words(steps: Sequence[Step]) -> list[str]:
    """Say in a few words what rotates, comes and goes, and which certificates are issued."""
    changes = [step for step in steps if step.is_change]
    accounts = [step for step in changes if step.is_of("accounts", "AccountRotation")]
    tokens = sum(step.op == "update" for step in changes if step.is_of("external", "ExternalLogin"))
    numbers = (
        (
            sum(step.op == "update" and bool(_rotation(step)) for step in accounts),
            "password rotates",
            "passwords rotate",
        ),
        (sum(step.op == "create" for step in accounts), "new account", ""),
        (sum(step.op == "delete" for step in accounts), "account goes", "accounts go"),
        (tokens, "token is renewed", "tokens are renewed"),
    )
    said = [counted(number, one, many) for number, one, many in numbers if number]
    return [*said, *certificates_in_words(steps)]


def accounts_change(steps: Sequence[Step]) -> bool:
    """Whether the registry's accounts come, go or rotate."""
    return any(step.is_change and bool(_rotation(step)) for step in steps if step.is_of("accounts", "AccountRotation"))


def certificates_in_words(steps: Sequence[Step]) -> list[str]:
    """Say how many are issued, if any."""
    issued = sum(is_certificate(step) and step.op != "delete" for step in steps)
    return [counted(issued, "certificate is issued", "certificates are issued")] if issued else []


def rotation_in_words(step: Step) -> list[str]:
    """Say in a few words what becomes of an account, if anything."""
    account, before, after = _account(step), word(step.old.get("number")), word(step.new.get("number"))
    said = {"create": f"{account} is new", "delete": f"{account} goes"}.get(step.op)
    return [said] if said else [f"{account}: password {before} → {after}"] if _rotation(step) else []


def _rotation(step: Step) -> list[Entry]:
    account = _account(step)
    if step.op == "delete":
        return [(account, ": the account goes; its passwords end with this up")]
    if step.op == "create":
        return [(account, ": a new account")]
    before, after = word(step.old.get("number")), word(step.new.get("number"))
    if before == after:
        return []
    return [(account, f": password {before} → {after}; the one before ", _end(step))]


def _schedule(step: Step) -> Entry:
    day = word(step.new.get("next_on"))
    return (_account(step), f": when it rotates changes: {f'from {day} on' if day else 'by hand'}")


def _account(step: Step) -> Code:
    return Code(step.said("account") or step.name)


def _end(step: Step) -> str:
    if step.after("wish").get("keep_previous") is False:
        return "is withdrawn at the end of this up"
    day = word(step.new.get("next_on"))
    return f"stays good until the next rotation, {f'from {day} on' if day else 'which is by hand'}"


def _login(step: Step) -> Entry:
    host = Code(step.said("host") or step.name)
    if step.op != "update":
        return (host, f": its login: {step.op}")
    expires = step.old.get("expires")
    end = f"ends {word(expires)}" if expires and is_known(expires) else "ends when its registry says so"
    return (host, f": another token; the one before {end}")


def _is_ca(step: Step) -> bool:
    return bool(step.new.get("isCaCertificate") or step.old.get("isCaCertificate"))


def _certificate(step: Step, *, stays: bool) -> Entry:
    what = "CA" if _is_ca(step) else "certificate"
    name, hours = Code(step.name), word(step.new.get("validityPeriodHours"))
    span = f", for {float(hours) / 24:g} days" if hours.replace(".", "", 1).isdigit() else ""
    if step.op == "create":
        return (name, f": a new {what}{span}")
    end = step.old.get("validityEndTime")
    old = (
        f"the one before is good until {word(end)}"
        if end and is_known(end)
        else "until when the one before is good is not known"
    )
    if step.op == "delete":
        return (name, f": the {what} goes; {old}")
    trusted = "; by the same CA, so that clients need nothing" if stays and step.kind == _LEAF else ""
    return (name, f": another {what}{span}; {old}{trusted}")
