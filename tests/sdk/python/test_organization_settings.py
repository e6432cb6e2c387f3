"""Settings of the organisation and of its projects with the SDK: limits, alerts, certificates, what is
kept and which tools may be used, members and what they may do."""

import time
from pathlib import Path

import openai
import pytest

from test_organization import admin, ask  # noqa: F401  (a fixture)
from test_families import gone, ids

MONEY = {"currency": "USD", "interval": "month"}
MAIL = {"type": "email", "recipients": ["ada@example.com"]}


@pytest.fixture
def organization(admin):  # noqa: F811
    return admin.admin.organization


@pytest.fixture
def project(organization):
    return organization.projects.create(name="p")


@pytest.mark.parametrize("of_project", [False, True], ids=["organization", "project"])
def test_alerts_from_create_to_delete(organization, project, of_project):
    alerts = organization.projects.spend_alerts if of_project else organization.spend_alerts
    where = {"project_id": project.id} if of_project else {}
    within = [project.id] if of_project else []
    made = [alerts.create(*within, **MONEY, notification_channel=MAIL, threshold_amount=100 + number)
            for number in range(3)]
    assert ids(alerts.list(*within, limit=2, order="asc")) == ids(made)
    if not of_project:
        assert alerts.retrieve(made[0].id) == made[0]
    changed = alerts.update(made[0].id, **where, **MONEY, notification_channel=MAIL, threshold_amount=7)
    assert changed.threshold_amount == 7
    assert [alert.threshold_amount for alert in alerts.list(*within, order="asc")] == [7, 101, 102]
    assert alerts.delete(made[0].id, **where).deleted
    assert ids(alerts.list(*within, order="asc")) == ids(made[1:])
    gone(alerts.delete, made[0].id, **where)


@pytest.mark.parametrize("of_project", [False, True], ids=["organization", "project"])
def test_a_limit_is_set_changed_and_taken_away(organization, project, of_project):
    limit = organization.projects.spend_limit if of_project else organization.spend_limit
    within = [project.id] if of_project else []
    gone(limit.retrieve, *within)
    assert limit.update(*within, **MONEY, threshold_amount=500).threshold_amount == 500
    assert limit.update(*within, **MONEY, threshold_amount=600).threshold_amount == 600
    assert limit.retrieve(*within).threshold_amount == 600
    assert limit.delete(*within).deleted
    gone(limit.retrieve, *within)


def test_what_is_kept_and_which_tools_may_be_used(organization, project):
    kept = organization.data_retention.update(retention_type="zero_data_retention")
    assert organization.data_retention.retrieve() == kept
    assert organization.projects.data_retention.retrieve(project.id).type == "organization_default"
    own = organization.projects.data_retention.update(project.id, retention_type="none")
    assert organization.projects.data_retention.retrieve(project.id) == own
    tools = organization.projects.hosted_tool_permissions
    assert tools.retrieve(project.id).web_search.enabled
    assert not tools.update(project.id, web_search={"enabled": False}).web_search.enabled
    assert not tools.retrieve(project.id).web_search.enabled
    assert tools.retrieve(project.id).file_search.enabled


def test_a_project_may_lower_its_rates(organization, project):
    rates = organization.projects.rate_limits
    page = rates.list_rate_limits(project.id, limit=3)
    assert len(page.data) == 3 and page.has_more
    one = page.data[0]
    lowered = rates.update_rate_limit(one.id, project_id=project.id, max_requests_per_1_minute=1)
    assert lowered.max_requests_per_1_minute == 1
    found = {rate.id: rate for rate in rates.list_rate_limits(project.id, limit=100)}
    assert found[one.id].max_requests_per_1_minute == 1
    gone(rates.update_rate_limit, "rl-none", project_id=project.id, max_requests_per_1_minute=1)


def test_members_of_a_project_and_their_roles(organization, project):
    users, members = organization.users, organization.projects.users
    owner = users.list().data[0]
    assert users.retrieve(owner.id) == owner
    assert owner.id in ids(members.list(project.id))
    role = organization.projects.roles.create(project.id, role_name="Reader", permissions=["api.model.read"])
    assert organization.projects.roles.retrieve(role.id, project_id=project.id).name == "Reader"
    renamed = organization.projects.roles.update(role.id, project_id=project.id, role_name="Looker")
    assert renamed.name == "Looker"
    assert role.id in ids(organization.projects.roles.list(project.id, limit=1))
    given = members.roles
    given.create(owner.id, project_id=project.id, role_id=role.id)
    assert role.id in ids(given.list(owner.id, project_id=project.id))
    assert given.retrieve(role.id, project_id=project.id, user_id=owner.id).id == role.id
    assert given.delete(role.id, project_id=project.id, user_id=owner.id).deleted
    assert role.id not in ids(given.list(owner.id, project_id=project.id))
    assert organization.projects.roles.delete(role.id, project_id=project.id).deleted
    gone(members.retrieve, "user-none", project_id=project.id)
    gone(users.retrieve, "user-none")


def test_groups_of_a_project(organization, project):
    group = organization.groups.create(name="team")
    assert organization.groups.update(group.id, name="crew").name == "crew"
    role = organization.projects.roles.list(project.id).data[0]
    inside = organization.projects.groups
    assert inside.create(project.id, group_id=group.id, role=role.id).group_id == group.id
    assert [one.group_id for one in inside.list(project.id, limit=1)] == [group.id]
    assert inside.retrieve(group.id, project_id=project.id).group_name == "crew"
    assert inside.delete(group.id, project_id=project.id).deleted
    gone(inside.retrieve, group.id, project_id=project.id)
    assert organization.groups.delete(group.id).deleted
    gone(organization.groups.update, group.id, name="nobody")


@pytest.fixture
def certificate():
    return (Path(__file__).parents[3] / "crates/resources/tests/objects/certificate.pem").read_text()


def test_certificates_from_create_to_delete(organization, project, certificate):
    certificates = organization.certificates
    made = certificates.create(certificate=certificate, name="ours")
    assert ids(certificates.list(limit=1)) == [made.id]
    assert certificates.retrieve(made.id, include=["content"]).certificate_details.content == certificate
    assert certificates.update(made.id, name="theirs").name == "theirs"
    assert [one.active for one in certificates.activate(certificate_ids=[made.id])] == [True]
    within = organization.projects.certificates
    assert [one.active for one in within.activate(project.id, certificate_ids=[made.id])] == [True]
    assert ids(within.list(project.id)) == [made.id]
    assert [one.active for one in within.deactivate(project.id, certificate_ids=[made.id])] == [False]
    with pytest.raises(openai.BadRequestError):
        certificates.delete(made.id)
    assert [one.active for one in certificates.deactivate(certificate_ids=[made.id])] == [False]
    assert certificates.delete(made.id).id == made.id
    gone(certificates.retrieve, made.id)


@pytest.mark.parametrize(
    "name",
    ["audio_speeches", "audio_transcriptions", "code_interpreter_sessions", "completions", "embeddings",
     "file_search_calls", "images", "moderations", "vector_stores", "web_search_calls"],
)
def test_a_report_counts_its_own(admin, organization, name):  # noqa: F811
    admin.embeddings.create(model="text-embedding-3-small", input="x")
    admin.moderations.create(model="omni-moderation-latest", input="x")
    admin.chat.completions.create(model="gpt-4o", messages=ask())
    admin.images.generate(model="gpt-image-1", prompt="x", quality="low")
    admin.audio.speech.create(model="tts-1", voice="alloy", input="Hello.")
    report = getattr(organization.usage, name)
    buckets = report(start_time=int(time.time()) - 86_400, bucket_width="1d", limit=2).data
    served = [result for bucket in buckets for result in bucket.results]
    counted = sum(getattr(result, "num_model_requests", 0) or 0 for result in served)
    assert counted == (1 if name in ("audio_speeches", "completions", "embeddings", "images", "moderations") else 0)
